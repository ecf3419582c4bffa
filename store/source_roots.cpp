// realpath, one component held back.
#include "store/source_roots.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "store/base/error.h"
#include "store/base/text.h"
#include "store/format/manifest_key.h"

namespace vault {

namespace {

std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    if (!real) throw system_error("cannot resolve " + escaped(path), errno);
    return real.get();
}

std::string target_of(const std::string& path) {
    std::string target(PATH_MAX, 0);
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    target.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return target;
}

std::string resolve(const std::string& typed) {
    if (typed.empty()) throw Error(ErrorKind::Usage, "an empty PATH");
    if (typed.back() == '/') return real_path(typed);
    const std::size_t slash = typed.rfind('/');
    const std::string name = slash == std::string::npos ? typed : typed.substr(slash + 1);
    if (name == "." || name == "..") return real_path(typed);
    struct stat found {};
    if (::lstat(typed.c_str(), &found) != 0) throw system_error("cannot find " + escaped(typed), errno);
    if (S_ISLNK(found.st_mode))
        throw Error(ErrorKind::Usage, escaped(typed) + " is a symlink to " + escaped(target_of(typed)) +
                                          ": name that, or end the PATH in / to follow it");
    const std::string folder = real_path(slash == std::string::npos ? "." : slash == 0 ? "/" : typed.substr(0, slash));
    return folder == "/" ? "/" + name : folder + "/" + name;
}

}  // namespace

std::string SourceRoot::recorded_path() const {
    std::string path;
    for (const std::string& component : recorded) path += "/" + component;
    return path.empty() ? "/" : path;
}

std::vector<SourceRoot> resolve_source_roots(const std::vector<std::string>& paths,
                                             const std::optional<std::string>& recorded_as) {
    if (paths.empty()) throw Error(ErrorKind::Usage, "no PATH to take a snapshot of");
    if (recorded_as && paths.size() != 1) throw Error(ErrorKind::Usage, "--as takes exactly one PATH");
    if (recorded_as && !recorded_as->starts_with('/')) throw Error(ErrorKind::Usage, "--as takes an absolute path");
    std::vector<SourceRoot> roots;
    for (const std::string& path : paths) {
        SourceRoot root;
        root.actual = resolve(path);
        root.recorded = components_of_path(recorded_as ? *recorded_as : root.actual);
        struct stat found {};
        if (root.recorded.empty() && ::stat(root.actual.c_str(), &found) == 0 && !S_ISDIR(found.st_mode))
            throw Error(ErrorKind::Usage, escaped(path) + " is no folder: --as / would record it as the root");
        roots.push_back(std::move(root));
    }
    const auto by_path = [](const SourceRoot& a, const SourceRoot& b) { return a.recorded_path() < b.recorded_path(); };
    std::sort(roots.begin(), roots.end(), by_path);
    roots.erase(std::unique(roots.begin(), roots.end(),
                            [](const SourceRoot& a, const SourceRoot& b) { return a.recorded == b.recorded; }),
                roots.end());
    return roots;
}

}  // namespace vault
