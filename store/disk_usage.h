// What the entries of a snapshot take, by the sums that its manifest keeps: two seeks, whatever lies below.
#pragma once

#include <functional>
#include <string>

#include "store/tree_reader.h"

namespace vault {

// The entry at `path` and all below it. Hard links count fully each, as with `du -l`. Throws NotFound, Usage.
Totals disk_usage(const ManifestReader& manifest, const std::string& path);

// The same for `path` and each directory at most `depth` levels below it; a directory comes after those below it, as du
// prints them. Beside the sums it reads the entries of the directories above `depth`.
void disk_usage_by_folder(const ManifestReader& manifest, const std::string& path, unsigned depth,
                          const std::function<void(const std::string& path, const Totals&)>& each);

}  // namespace vault
