// What glibc is told of it.
#include "cli/memory_reuse.h"

#include <malloc.h>

#include "store/format/limits.h"

namespace vault {

void keep_freed_memory() {
    // Advice: what is refused stays as it was.
    ::mallopt(M_MMAP_THRESHOLD, 4 * kMiB);
    ::mallopt(M_TRIM_THRESHOLD, 16 * kMiB);
    ::mallopt(M_TOP_PAD, kMiB);
}

}  // namespace vault
