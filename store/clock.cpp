// CLOCK_REALTIME.
#include "store/clock.h"

#include <ctime>
#include <limits>

namespace vault {

Time now() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return {time.tv_sec, static_cast<std::uint32_t>(time.tv_nsec)};
}

std::int64_t nanoseconds_between(const Time& a, const Time& b) {
    constexpr std::int64_t kSecondsMax = std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
    std::int64_t seconds = 0;
    if (__builtin_sub_overflow(b.seconds, a.seconds, &seconds) || seconds > kSecondsMax || seconds < -kSecondsMax)
        return b.seconds > a.seconds ? std::numeric_limits<std::int64_t>::max()
                                     : std::numeric_limits<std::int64_t>::min();
    return seconds * 1'000'000'000 + (std::int64_t{b.nanoseconds} - std::int64_t{a.nanoseconds});
}

}  // namespace vault
