// What a simulation decides in the machine's place: the time of day (store/clock.h) and what statx says of its sources.
// A test that uses it is linked with --wrap of both (tests/CMakeLists.txt), so that the program needs no switch for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace vault {

// While it lives now() is this many nanoseconds since 1970. One at a time; `nanoseconds` outlives it.
class GovernedClock {
  public:
    explicit GovernedClock(const std::atomic<std::int64_t>& nanoseconds);
    ~GovernedClock();
    GovernedClock(const GovernedClock&) = delete;
    GovernedClock& operator=(const GovernedClock&) = delete;
};

// From now on the tree at `top`, which never changes again, has the same inode numbers and times in every process, all
// of them old: inodes go by path below `top` and content, so that what two such trees share looks like one file.
void govern_source(const std::string& top);

}  // namespace vault
