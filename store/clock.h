// The time of day as records keep it.
#pragma once

#include "store/format/cursor.h"

namespace vault {

Time now();

// Nanoseconds from a to b; negative if b is earlier. Saturates at the range of i64.
std::int64_t nanoseconds_between(const Time& a, const Time& b);

}  // namespace vault
