// Tells ThreadSanitizer what oneTBB orders. Debian's library is not instrumented: without this every hand-over between
// two stages is reported as a race, and to suppress those reports would hide the races of the stages themselves.
#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace vault {

// First in the body of every filter and task, and in a block of its own before and after each call that runs a pipeline
// or waits for tasks. What a body did before its end is then known to precede what later bodies do; two bodies that run
// at the same time stay unordered, and their races are found. Costs nothing in other builds. Tokens are to be raw
// pointers: TBB passes those inside the library, and all else through objects that its headers make.
class StageFence {
  public:
    StageFence(const StageFence&) = delete;
    StageFence& operator=(const StageFence&) = delete;
#if defined(__SANITIZE_THREAD__)
    // One address for all: it must be known without reading the body's own captures, which the fence is to publish.
    StageFence() { __tsan_acquire(&address_); }
    ~StageFence() { __tsan_release(&address_); }

  private:
    static inline char address_ = 0;
#else
    StageFence() {}
    ~StageFence() {}
#endif
};

}  // namespace vault
