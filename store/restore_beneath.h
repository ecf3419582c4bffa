// Directories below one root that no link, whoever plants it and when, leads out of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/base/unique_fd.h"

namespace vault {

enum class Resolve {
    ByKernel,     // openat2 with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS
    ByComponent,  // one openat with O_NOFOLLOW a component: for kernels without openat2 (before 5.6) and filters of it
};

// ByKernel where this system has openat2.
Resolve best_resolve();

// Opens directories by path and keeps the ones used last. Not thread-safe; each thread has its own.
class Beneath {
  public:
    // `root_fd` is an open directory that outlives this object.
    Beneath(int root_fd, std::size_t open_max, Resolve resolve = best_resolve());

    // An O_PATH descriptor of the directory at `path`: relative to the root, without empty components, "" is the root.
    // Valid until the next call. Throws the Error of errno; a symlink on the way, or at its end, is Denied.
    int directory(const std::string& path);

    // Must follow the renaming or removal of a directory that may be kept open here.
    void forget_all() { open_.clear(); }

  private:
    struct Open {
        std::string path;
        UniqueFd fd;
        std::uint64_t used = 0;
    };

    int root_fd_;
    std::size_t open_max_;
    Resolve resolve_;
    std::vector<Open> open_;
    std::uint64_t clock_ = 0;
};

}  // namespace vault
