// Names in a directory of the restore's target: what stands there, and how a new entry comes to its name.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vault {

// All names but `.` and `..`, unsorted. `fd` is an open directory, not O_PATH; its position is not used.
std::vector<std::string> directory_names(int fd, const std::string& what);

// What a temporary beside `name` is called: the same in every run, so that a killed run's is taken over by the next.
std::string temporary_name(const std::string& name);

// The type bits (S_IFMT) of what stands under `name`, links not followed; nothing where there is nothing.
std::optional<unsigned> type_at(int directory_fd, const std::string& name);

// Removes `name` if it is there and not a directory.
void remove_entry(int directory_fd, const std::string& name);

// Renames `temporary` to `name` in the same directory, over an entry of any type but a directory; a directory is
// removed first if it is empty. Throws Exists where it is not, else the Error of errno.
void put_in_place(int directory_fd, const std::string& temporary, const std::string& name);

}  // namespace vault
