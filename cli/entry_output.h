// An entry of a snapshot as people and programs see it.
#pragma once

#include "cli/json_output.h"
#include "store/list_entries.h"

namespace vault {

std::string_view type_name(EntryType type);  // restic's: "file", "dir", "symlink", "chardev", "dev", "fifo", "socket"
std::string mode_text(const Entry& entry);   // "drwxr-xr-x", as ls(1) prints it

// A line of ls -l that ends with `name`, which is shown as it is. Fixed columns, so that the first line can be printed
// before the last entry is read.
std::string long_line(const Output& output, const PlacedEntry& placed, const std::string& name);

// The fields that ls shows. Without a message_type.
Json entry_object(const PlacedEntry& placed);

}  // namespace vault
