// What vault knows of a file beyond what a file system shows, as extended attributes user.vault.*: answered when asked
// for by name, never listed, so that copies do not carry them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fuse/catalogue.h"
#include "fuse/live_chunks.h"
#include "fuse/snapshot_tree.h"

namespace vault {

// user.vault.snapshot (id), .series, .time, .path, .chunks and .holes (regular files: how many), .class (regular files
// cut into chunks), .inode and .btime (of the source). Nothing for any other name, or
// where the entry has no such thing.
std::optional<std::string> diagnostic(std::string_view name, const MountedSnapshot& shown, const RankedEntry& ranked,
                                      LiveChunks& chunks);

}  // namespace vault
