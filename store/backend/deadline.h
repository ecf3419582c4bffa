// A decorator for readers that must never wait for ever: every call comes back within a deadline, and writing is
// refused.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "store/backend/backend.h"

namespace vault {

// Thread-safe. Calls run on threads of their own; one that does not come back in time is left to itself (its result is
// dropped whenever it comes) and throws Io here. While one is overdue the others get `kOverdueWait` only, so that a
// store that hangs is met with quick errors; when it comes back all is as before. Calls that write throw ReadOnly.
class DeadlineBackend : public Backend {
  public:
    using Duration = std::chrono::milliseconds;
    static constexpr Duration kOverdueWait{1'000};
    static constexpr std::size_t kThreadsMax = 32;  // calls beyond that wait for their turn, within their deadline

    DeadlineBackend(std::shared_ptr<Backend> beneath, Duration deadline);
    // Does not wait for calls that hang: they keep what they use alive.
    ~DeadlineBackend() override;

    // From now on, and for those who wait already, every call throws Io at once.
    void give_up();

    Bytes get(const std::string& name, std::optional<ByteRange> range = std::nullopt) override;
    std::vector<ObjectInfo> list(const std::string& prefix) override;
    std::string location() const override { return location_; }

    void put_new(const std::string& name, ByteView contents) override;
    std::unique_ptr<ObjectWriter> begin_object(const std::string& session) override;
    void remove(const std::string& name) override;
    void sync() override;

  private:
    struct Callers;
    template <class Result>
    Result within_deadline(const std::string& what, std::function<Result(Backend&)> call);
    [[noreturn]] void refuse_writing() const;

    const std::shared_ptr<Backend> beneath_;
    const std::string location_;
    const Duration deadline_;
    const std::shared_ptr<Callers> callers_;
};

}  // namespace vault
