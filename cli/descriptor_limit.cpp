// RLIMIT_NOFILE.
#include "cli/descriptor_limit.h"

#include <sys/resource.h>

namespace vault {

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);  // refused: what runs out then is an error of its own, with its name
}

}  // namespace vault
