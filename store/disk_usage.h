// What the entries of a snapshot take, by the sums that its manifest keeps: two seeks, whatever lies below.
#pragma once

#include <functional>
#include <string>

#include "store/tree_reader.h"

namespace vault {

// What cannot be told where nodes of the manifest are lost. Sums reach past them as long as no end of the range summed
// lies in one: the nodes above know.
struct UsageTrouble {
    std::function<void(const LostNode&)> lost;  // folders in it are left out, though not of the sums above them
    std::function<void(const std::string& path, const Error&)> unknown;  // this folder's sum
};

// Sums over the entry at `path` and all below it, and the same for each directory at most `depth` levels below it; a
// directory comes after those below it, as du prints them. Hard links count fully each, as with `du -l`. Beside the
// sums it reads the entries of the directories above `depth`. Throws NotFound, Usage, and what reading throws where
// `path` itself cannot be summed up.
void disk_usage_by_folder(const ManifestReader& manifest, const std::string& path, unsigned depth,
                          const std::function<void(const std::string& path, const Totals&)>& each,
                          const UsageTrouble& trouble);

}  // namespace vault
