// The backend that does not wait for ever, over one that hangs when it is told to.
#include <catch2/catch.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/backend/deadline.h"
#include "store/base/error.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/memory_backend.h"

using namespace vault;
using namespace std::chrono_literals;

namespace {

const std::string kName = "packs/aa/" + std::string(64, 'a');

// A MemoryBackend whose reads wait while the gate is closed.
class HangingBackend : public MemoryBackend {
  public:
    Bytes get(const std::string& name, std::optional<ByteRange> range = std::nullopt) override {
        std::unique_lock lock(mutex_);
        ++inside_;
        changed_.wait(lock, [&] { return open_; });
        --inside_;
        lock.unlock();
        return MemoryBackend::get(name, range);
    }
    void set_open(bool open) {
        const std::lock_guard lock(mutex_);
        open_ = open;
        changed_.notify_all();
    }
    int inside() {
        const std::lock_guard lock(mutex_);
        return inside_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = true;
    int inside_ = 0;
};

struct Fixture {
    std::shared_ptr<HangingBackend> hanging = std::make_shared<HangingBackend>();
    std::unique_ptr<DeadlineBackend> backend;
    explicit Fixture(DeadlineBackend::Duration deadline) {
        hanging->put_new(kName, as_bytes("contents"));
        backend = std::make_unique<DeadlineBackend>(hanging, deadline);
    }
    ~Fixture() { hanging->set_open(true); }
};

// How long it took to throw Io.
std::chrono::milliseconds time_to_fail(DeadlineBackend& backend) {
    const auto start = std::chrono::steady_clock::now();
    try {
        backend.get(kName);
        FAIL("it answered");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Io);
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

TEST_CASE("answers and failures of the backend beneath go through", "[backend]") {
    Fixture fixture(10s);
    CHECK(as_text(fixture.backend->get(kName)) == "contents");
    CHECK(as_text(fixture.backend->get(kName, ByteRange{2, 3})) == "nte");
    CHECK(fixture.backend->list("packs/").size() == 1);
    try {
        fixture.backend->get("packs/bb/" + std::string(64, 'b'));
        FAIL("there is no such object");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::NotFound);
    }
}

TEST_CASE("a call that hangs is Io in time, others are quicker while it hangs, and later all is well", "[backend]") {
    Fixture fixture(1'500ms);
    fixture.hanging->set_open(false);
    const auto first = time_to_fail(*fixture.backend);
    CHECK(first >= 1'500ms);
    CHECK(first < 5s);
    const auto second = time_to_fail(*fixture.backend);
    CHECK(second >= 1'000ms);
    CHECK(second < 1'500ms);
    fixture.hanging->set_open(true);
    while (fixture.hanging->inside() > 0) std::this_thread::sleep_for(1ms);
    CHECK(as_text(fixture.backend->get(kName)) == "contents");
}

TEST_CASE("giving up ends the waiting of all at once", "[backend]") {
    Fixture fixture(60s);
    fixture.hanging->set_open(false);
    std::thread quitter([&] {
        while (fixture.hanging->inside() == 0) std::this_thread::sleep_for(1ms);
        fixture.backend->give_up();
    });
    CHECK(time_to_fail(*fixture.backend) < 10s);
    quitter.join();
    CHECK(time_to_fail(*fixture.backend) < 1s);
}

TEST_CASE("a call that hangs outlives the backend that it was made through", "[backend]") {
    Fixture fixture(50ms);
    fixture.hanging->set_open(false);
    time_to_fail(*fixture.backend);
    fixture.backend.reset();
    CHECK(fixture.hanging->inside() == 1);
    fixture.hanging->set_open(true);
    while (fixture.hanging->inside() > 0) std::this_thread::sleep_for(1ms);
}

TEST_CASE("more callers than threads are all served", "[backend]") {
    Fixture fixture(30s);
    std::atomic<int> right = 0;
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i < 2 * DeadlineBackend::kThreadsMax; ++i)
        callers.emplace_back([&] {
            for (int turn = 0; turn < 20; ++turn) right += as_text(fixture.backend->get(kName)) == "contents";
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(right == 2 * DeadlineBackend::kThreadsMax * 20);
}

TEST_CASE("nothing is written through it", "[backend]") {
    Fixture fixture(10s);
    const std::string name = "packs/cc/" + std::string(64, 'c');
    const auto refused = [](auto call) {
        try {
            call();
        } catch (const Error& error) {
            return error.kind() == ErrorKind::ReadOnly;
        }
        return false;
    };
    CHECK(refused([&] { fixture.backend->put_new(name, as_bytes("x")); }));
    CHECK(refused([&] { fixture.backend->begin_object(std::string(32, '0')); }));
    CHECK(refused([&] { fixture.backend->remove(kName); }));
    CHECK(refused([&] { fixture.backend->sync(); }));
    CHECK(fixture.hanging->names() == std::vector<std::string>{kName});
}
