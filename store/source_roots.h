// The PATHs of a snapshot run: where they are, and where they are recorded.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vault {

struct SourceRoot {
    std::vector<std::string> recorded;  // components of the absolute path in the snapshot
    std::string actual;                 // absolute path on this system, without symlinks
    std::string recorded_path() const;
};

// Resolves what the user typed: relative to the working directory, symlinks on the way resolved once. A PATH that is a
// symlink is Usage, naming its target, unless it ends in '/'. With `recorded_as` there is exactly one PATH (else
// Usage), recorded there. Ascending by recorded path, each once. Throws NotFound for a PATH that does not exist.
std::vector<SourceRoot> resolve_source_roots(const std::vector<std::string>& paths,
                                             const std::optional<std::string>& recorded_as);

}  // namespace vault
