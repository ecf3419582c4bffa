// What glibc is told of it.
#include "cli/memory_reuse.h"

#include <malloc.h>

namespace vault {

namespace {

constexpr int kMiB = 1 << 20;

}  // namespace

void keep_freed_memory() {
    ::mallopt(M_MMAP_THRESHOLD, 4 * kMiB);
    ::mallopt(M_TRIM_THRESHOLD, 64 * kMiB);
    ::mallopt(M_TOP_PAD, kMiB);
}

}  // namespace vault
