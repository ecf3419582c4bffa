// The loop that answers the kernel, on a real mount of a file system of our own whose answers can be held back.
#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

#include "fuse/mount_loop.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <future>
#include <random>
#include <string>

#include "store/base/error.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
using namespace std::chrono_literals;

namespace {

// What an attribute's name asks for: "user.now.X" is answered with X at once, "user.held.X" when release() was called,
// "user.after.N.X" after N microseconds. All are small questions to the loop.
struct Answers {
    std::mutex mutex;
    std::condition_variable changed;
    bool released = false;
    std::atomic<int> held = 0;

    void release() {
        const std::lock_guard lock(mutex);
        released = true;
        changed.notify_all();
    }
};

struct stat attributes_of(fuse_ino_t inode) {
    struct stat made {};
    made.st_ino = inode;
    made.st_mode = S_IFDIR | 0755;
    made.st_nlink = 2;
    return made;
}

void getattr(fuse_req_t request, fuse_ino_t inode, fuse_file_info*) {
    const struct stat made = attributes_of(inode);
    fuse_reply_attr(request, &made, 0);
}

void getxattr(fuse_req_t request, fuse_ino_t, const char* name, std::size_t size) {
    Answers& answers = *static_cast<Answers*>(fuse_req_userdata(request));
    const std::string asked = name;
    const std::string value = asked.substr(asked.rfind('.') + 1);
    if (asked.rfind("user.held.", 0) == 0) {
        std::unique_lock lock(answers.mutex);
        ++answers.held;
        answers.changed.wait(lock, [&] { return answers.released; });
    } else if (asked.rfind("user.after.", 0) == 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(std::atoi(asked.c_str() + std::strlen("user.after."))));
    }
    if (size == 0) {
        fuse_reply_xattr(request, value.size());
    } else {
        fuse_reply_buf(request, value.data(), std::min(size, value.size()));
    }
}

fuse_lowlevel_ops operations() {
    fuse_lowlevel_ops made{};
    made.getattr = getattr;
    made.getxattr = getxattr;
    return made;
}

// Mounted and served from construction to destruction. `loop` is null where mounting is refused, and WARN has said so.
struct Served {
    Answers answers;
    TemporaryFolder folder;
    fuse_session* session = nullptr;
    std::unique_ptr<MountLoop> loop;
    std::thread thread;

    Served() {
        fuse_args arguments = FUSE_ARGS_INIT(0, nullptr);
        fuse_opt_add_arg(&arguments, "test");
        static const fuse_lowlevel_ops table = operations();
        session = ::fuse_session_new(&arguments, &table, sizeof table, &answers);
        ::fuse_opt_free_args(&arguments);
        REQUIRE(session != nullptr);
        if (::fuse_session_mount(session, folder.path().c_str()) != 0) {
            WARN("skipped: mounting is refused here");
            return;
        }
        loop = std::make_unique<MountLoop>(session);
        thread = std::thread([this] { loop->run(); });
    }
    ~Served() {
        end();
        ::fuse_session_destroy(session);
    }
    void end() {
        answers.release();
        if (!thread.joinable()) return;
        loop->stop();
        thread.join();
        ::fuse_session_unmount(session);
    }
    // The answer; empty where there is none.
    std::string ask(const std::string& name) const {
        char value[256];
        const ssize_t size = ::getxattr(folder.path().c_str(), name.c_str(), value, sizeof value);
        return size < 0 ? std::string() : std::string(value, static_cast<std::size_t>(size));
    }
    std::future<std::string> ask_apart(const std::string& name) const {
        return std::async(std::launch::async, [this, name] { return ask(name); });
    }
    void wait_until_held(int count) const {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (answers.held < count && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
        REQUIRE(answers.held == count);
    }
};

}  // namespace

TEST_CASE("whoever does not answer holds nobody else up", "[mount_loop]") {
    Served served;
    if (!served.loop) return;
    std::vector<std::future<std::string>> held;
    // One thread is left to answer.
    for (std::size_t i = 0; i + 1 < MountLoop::kThreadsMax; ++i) {
        held.push_back(served.ask_apart("user.held." + std::to_string(i)));
        served.wait_until_held(static_cast<int>(i) + 1);
        auto other = served.ask_apart("user.now.here");
        const bool answered = other.wait_for(20s) == std::future_status::ready;
        if (!answered) served.answers.release();  // or the test would hang, not fail
        REQUIRE(answered);
        REQUIRE(other.get() == "here");
    }
    for (auto& waiting : held) REQUIRE(waiting.wait_for(0s) == std::future_status::timeout);
    served.answers.release();
    for (std::size_t i = 0; i < held.size(); ++i) CHECK(held[i].get() == std::to_string(i));
}

TEST_CASE("many who ask at once all get their own answers, fast and slow", "[mount_loop]") {
    Served served;
    if (!served.loop) return;
    constexpr int kAskers = 8, kQuestions = 1'500;
    std::vector<std::future<int>> wrong;
    for (int asker = 0; asker < kAskers; ++asker)
        wrong.push_back(std::async(std::launch::async, [&served, asker] {
            std::mt19937 random(static_cast<unsigned>(asker));
            int count = 0;
            for (int i = 0; i < kQuestions; ++i) {
                const std::string value = std::to_string(asker) + "-" + std::to_string(i);
                // Around the tick at which the lead is taken away, now and then.
                const bool slow = random() % 16 == 0;
                const std::string delay = std::to_string(1'000 + random() % 4'000);
                count += served.ask((slow ? "user.after." + delay + "." : "user.now.") + value) == value ? 0 : 1;
            }
            return count;
        }));
    for (auto& asker : wrong) CHECK(asker.get() == 0);
}

TEST_CASE("the loop ends while it sleeps, and waits for what is in work", "[mount_loop]") {
    Served served;
    if (!served.loop) return;
    SECTION("asleep") {
        REQUIRE(served.ask("user.now.here") == "here");
        std::this_thread::sleep_for(MountLoop::kTick * (MountLoop::kIdleTicks + 10));  // nobody is watched any more
        REQUIRE(served.ask("user.now.again") == "again");
    }
    SECTION("with a question that is not answered yet") {
        auto held = served.ask_apart("user.held.late");
        served.wait_until_held(1);
        served.loop->stop();
        std::thread releaser([&] {
            std::this_thread::sleep_for(50ms);
            served.answers.release();
        });
        served.thread.join();
        releaser.join();
        CHECK(held.get() == "late");
        ::fuse_session_unmount(served.session);
    }
    served.end();
    SUCCEED("it ended");
}
