// By identity, since a path may lead there in more than one way.
#include "store/own_folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <optional>

#include "store/base/text.h"
#include "store/base/unique_fd.h"

namespace vault {

namespace {

constexpr std::size_t kRuleBytesMax = 4'096;  // as in the commit record

std::vector<std::string> own_paths(const Repository& repository) {
    return {repository.backend().location(), repository.cache_folder().string()};
}

// Where it really is; nothing where it is not.
std::optional<std::string> real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    return real ? std::optional<std::string>(real.get()) : std::nullopt;
}

std::string quoted(const std::string& path) {
    std::string out;
    for (const char c : path) {
        if (c == '\\' || c == '*' || c == '?' || c == '[') out += '\\';
        out += c;
    }
    return out;
}

}  // namespace

std::vector<FolderIdentity> own_folders(const std::string& location, const std::filesystem::path& cache) {
    std::vector<FolderIdentity> folders;
    for (const std::string& path : {location, cache.string()}) {
        struct ::stat found {};
        if (::stat(path.c_str(), &found) == 0) folders.push_back({found.st_dev, found.st_ino});
    }
    return folders;
}

std::vector<std::string> rules_for_own_folders(const Repository& repository, const std::vector<SourceRoot>& roots) {
    std::vector<std::string> rules;
    for (const std::string& path : own_paths(repository)) {
        const std::optional<std::string> real = real_path(path);
        if (!real) continue;
        for (const SourceRoot& root : roots) {
            const std::string above = root.actual == "/" ? "" : root.actual;
            if (*real != root.actual && !real->starts_with(above + "/")) continue;
            const std::string recorded = root.recorded_path() == "/" ? "" : root.recorded_path();
            std::string rule = quoted(recorded + (*real == root.actual ? "" : real->substr(above.size())) + "/") + "*";
            if (rule.size() <= kRuleBytesMax && rule.find('\n') == std::string::npos) rules.push_back(std::move(rule));
        }
    }
    return rules;
}

void refuse_place_in(const std::vector<FolderIdentity>& folders, const std::string& path) {
    std::string nearest = path;
    UniqueFd at;
    while (!(at = UniqueFd(::open(nearest.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)))) {
        const std::size_t slash = nearest.find_last_of('/');
        if (nearest == "/" || nearest == ".") return;  // whoever goes there will be told
        nearest = slash == std::string::npos ? "." : slash == 0 ? "/" : nearest.substr(0, slash);
    }
    for (FolderIdentity last;;) {
        struct ::stat found {};
        if (::fstat(at.get(), &found) != 0) throw system_error("cannot look above " + escaped(path), errno);
        const FolderIdentity here{found.st_dev, found.st_ino};
        if (here == last) return;  // the root is its own parent
        if (std::find(folders.begin(), folders.end(), here) != folders.end())
            throw Error(ErrorKind::Usage, escaped(path) + " lies in the repository or in its cache");
        last = here;
        UniqueFd above(::openat(at.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!above) throw system_error("cannot look above " + escaped(path), errno);
        at = std::move(above);
    }
}

}  // namespace vault
