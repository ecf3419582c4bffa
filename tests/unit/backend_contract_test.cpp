// What store/backend/backend.h promises, for every backend there is: each test runs once for each of them.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "store/backend/local_probe.h"
#include "store/base/error.h"
#include "store/base/text.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/memory_backend.h"
#include "tests/support/object_store_backend.h"
#include "tests/support/temporary_folder.h"

namespace vault {
namespace {

enum class Kind { Local, Memory, ObjectStore, FaultyWithoutFaults };

// A backend of one kind, empty, with what it needs.
class Store {
  public:
    explicit Store(Kind kind) {
        switch (kind) {
            case Kind::Local: own_ = init_local(folder_.path() + "/repository"); break;
            case Kind::Memory: own_ = std::make_unique<MemoryBackend>(); break;
            case Kind::ObjectStore: own_ = std::make_unique<ObjectStoreBackend>(); break;
            case Kind::FaultyWithoutFaults:
                beneath_ = std::make_unique<MemoryBackend>();
                own_ = std::make_unique<FaultyBackend>(*beneath_);
                break;
        }
    }
    Backend& operator*() { return *own_; }
    Backend* operator->() { return own_.get(); }

  private:
    TemporaryFolder folder_;
    std::unique_ptr<Backend> beneath_;
    std::unique_ptr<Backend> own_;
};

// Names the kind in the messages of what fails.
#define FOR_EVERY_BACKEND(store)                                                                         \
    const auto kind = GENERATE(Kind::Local, Kind::Memory, Kind::ObjectStore, Kind::FaultyWithoutFaults); \
    CAPTURE(static_cast<int>(kind));                                                                     \
    Store store(kind)

std::string id_of(unsigned number, std::size_t digits) {
    std::string text = to_hex(Bytes{static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
    return text + std::string(digits - text.size(), 'a');
}

std::string pack_name(unsigned number) {
    const std::string id = id_of(number, 64);
    return "packs/" + id.substr(0, 2) + '/' + id;
}

std::string session(unsigned number) { return id_of(number, 32); }

Bytes random_bytes(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Bytes bytes(size);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

std::optional<ErrorKind> kind_thrown(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.kind();
    }
    return std::nullopt;
}

std::vector<std::string> listed(Backend& backend, const std::string& prefix) {
    std::vector<std::string> names;
    for (const ObjectInfo& object : backend.list(prefix)) names.push_back(object.name);
    return names;
}

TEST_CASE("what was put is read back whole, by range and with its size in a listing", "[backend]") {
    FOR_EVERY_BACKEND(store);
    const Bytes contents = random_bytes(100'000, 1);
    const std::string name = pack_name(0x3f01);
    store->put_new(name, contents);

    CHECK(equal(store->get(name), contents));
    for (const ByteRange range :
         {ByteRange{0, 1}, ByteRange{99'999, 1}, ByteRange{4'095, 8'194}, ByteRange{0, 100'000}}) {
        CAPTURE(range.offset, range.size);
        CHECK(equal(store->get(name, range), ByteView(contents).subspan(range.offset, range.size)));
    }
    const std::vector<ObjectInfo> objects = store->list("packs/");
    REQUIRE(objects.size() == 1);
    CHECK(objects[0].name == name);
    CHECK(objects[0].size == contents.size());
    CHECK(objects[0].modified_ns > 1'000'000'000'000'000'000);  // a real time, not seconds or zero
}

TEST_CASE("a name that is taken refuses a second object and keeps the first", "[backend]") {
    FOR_EVERY_BACKEND(store);
    const std::string name = "snapshots/" + session(1);
    store->put_new(name, as_bytes("first"));

    CHECK(kind_thrown([&] { store->put_new(name, as_bytes("second")); }) == ErrorKind::Exists);
    CHECK(kind_thrown([&] { store->put_new(name, as_bytes("first")); }) == ErrorKind::Exists);
    auto writer = store->begin_object(session(2));
    writer->append(as_bytes("third"));
    CHECK(kind_thrown([&] { writer->publish(name); }) == ErrorKind::Exists);
    writer.reset();

    CHECK(as_text(store->get(name)) == "first");
    CHECK(listed(*store, "") == std::vector<std::string>{name});
}

TEST_CASE("of many threads that put one name exactly one wins, and its bytes are read", "[backend]") {
    FOR_EVERY_BACKEND(store);
    constexpr unsigned kThreads = 8;
    constexpr unsigned kRounds = 10;
    for (unsigned round = 0; round < kRounds; ++round) {
        const std::string name = "snapshots/" + session(round);
        std::atomic<unsigned> ready = 0, won = 0, refused = 0;
        std::atomic<int> winner = -1;
        {
            std::vector<std::jthread> threads;
            for (unsigned thread = 0; thread < kThreads; ++thread)
                threads.emplace_back([&, thread] {
                    const Bytes mine(1'000 + thread, static_cast<std::uint8_t>(thread));
                    for (++ready; ready < kThreads;) std::this_thread::yield();
                    const auto thrown = kind_thrown([&] {
                        if (thread % 2 == 0) return store->put_new(name, mine);
                        auto writer = store->begin_object(session(1'000 + thread));
                        writer->append(mine);
                        writer->publish(name);
                    });
                    if (!thrown) winner = static_cast<int>(thread), ++won;
                    if (thrown == ErrorKind::Exists) ++refused;
                });
        }
        CHECK(won == 1);
        CHECK(refused == kThreads - 1);
        const Bytes contents = store->get(name);
        CHECK(equal(contents, Bytes(1'000 + static_cast<unsigned>(winner), static_cast<std::uint8_t>(winner.load()))));
    }
    CHECK(store->list("tmp/").empty());
}

TEST_CASE("an absent object is NotFound, whole and by range, and its removal is no error", "[backend]") {
    FOR_EVERY_BACKEND(store);
    const std::string name = pack_name(7);
    CHECK(kind_thrown([&] { store->get(name); }) == ErrorKind::NotFound);
    CHECK(kind_thrown([&] { store->get(name, ByteRange{0, 0}); }) == ErrorKind::NotFound);
    CHECK_NOTHROW(store->remove(name));
    CHECK_NOTHROW(store->sync());
}

TEST_CASE("a removed object is gone from reads, also of ranges, and from listings; its name is free", "[backend]") {
    FOR_EVERY_BACKEND(store);
    const std::string name = pack_name(8);
    store->put_new(name, as_bytes("old bytes"));
    CHECK(as_text(store->get(name, ByteRange{4, 5})) == "bytes");

    store->remove(name);
    store->sync();
    CHECK(kind_thrown([&] { store->get(name); }) == ErrorKind::NotFound);
    CHECK(kind_thrown([&] { store->get(name, ByteRange{4, 5}); }) == ErrorKind::NotFound);
    CHECK(store->list("packs/").empty());

    store->put_new(name, as_bytes("new bytes"));
    CHECK(as_text(store->get(name, ByteRange{0, 3})) == "new");
}

TEST_CASE("a range that passes the end is Corrupt, also where offset and size overflow", "[backend]") {
    FOR_EVERY_BACKEND(store);
    const std::string name = pack_name(9);
    store->put_new(name, Bytes(100, 1));
    constexpr std::uint64_t kMost = ~std::uint64_t{0};
    for (const ByteRange range : {ByteRange{0, 101}, ByteRange{99, 2}, ByteRange{100, 1}, ByteRange{101, 0},
                                  ByteRange{50, kMost}, ByteRange{kMost, 2}, ByteRange{kMost, kMost}}) {
        CAPTURE(range.offset, range.size);
        CHECK(kind_thrown([&] { store->get(name, range); }) == ErrorKind::Corrupt);
    }
    CHECK(store->get(name, ByteRange{100, 0}).empty());
}

TEST_CASE("an empty object is an object", "[backend]") {
    FOR_EVERY_BACKEND(store);
    const std::string put = "tombstones/" + session(1), streamed = "tombstones/" + session(2);
    store->put_new(put, {});
    store->begin_object(session(3))->publish(streamed);
    for (const std::string& name : {put, streamed}) {
        CHECK(store->get(name).empty());
        CHECK(store->get(name, ByteRange{0, 0}).empty());
        CHECK(kind_thrown([&] { store->put_new(name, as_bytes("x")); }) == ErrorKind::Exists);
    }
    CHECK(listed(*store, "tombstones/") == std::vector<std::string>{put, streamed});
    CHECK(store->list("tombstones/")[0].size == 0);
}

TEST_CASE("20 MiB go through in one piece and in pieces of any size", "[backend]") {
    FOR_EVERY_BACKEND(store);
    const Bytes contents = random_bytes(20 << 20, 2);
    store->put_new(pack_name(1), contents);
    CHECK(equal(store->get(pack_name(1)), contents));

    auto writer = store->begin_object(session(1));
    std::mt19937_64 random(3);
    for (ByteView rest = contents; !rest.empty();) {
        const std::size_t most = random() % 4 == 0 ? 3'000'000 : 5'000;
        const std::size_t piece = std::min<std::size_t>(rest.size(), random() % most);
        writer->append(rest.first(piece));
        rest = rest.subspan(piece);
    }
    writer->publish(pack_name(2));
    CHECK(equal(store->get(pack_name(2)), contents));
    CHECK(equal(store->get(pack_name(2), ByteRange{19 << 20, 1 << 20}), ByteView(contents).last(1 << 20)));
}

TEST_CASE("a listing is ascending, whole, and only of what starts with the prefix", "[backend]") {
    FOR_EVERY_BACKEND(store);
    std::vector<std::string> packs, sessions;
    for (unsigned number = 0; number < 60; ++number) packs.push_back(pack_name(number * 1'091));
    for (unsigned number = 0; number < 10; ++number) {
        sessions.push_back("sessions/" + session(number));
        for (const char* heartbeat : {".1", ".2", ".10"}) sessions.push_back(sessions[number * 4] + heartbeat);
    }
    std::vector<std::string> shuffled = packs;
    shuffled.insert(shuffled.end(), sessions.begin(), sessions.end());
    shuffled.push_back("config/1");
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64(4));
    for (const std::string& name : shuffled) store->put_new(name, as_bytes(name));
    std::sort(packs.begin(), packs.end());
    std::sort(sessions.begin(), sessions.end());

    CHECK(listed(*store, "packs/") == packs);
    CHECK(listed(*store, "sessions/") == sessions);
    CHECK(listed(*store, "sessions/" + session(3) + '.').size() == 3);
    CHECK(listed(*store, packs[5].substr(0, 9)) == std::vector<std::string>{packs[5]});
    CHECK(listed(*store, "config/") == std::vector<std::string>{"config/1"});
    CHECK(listed(*store, "snapshots/").empty());
    std::sort(shuffled.begin(), shuffled.end());
    CHECK(listed(*store, "") == shuffled);
}

TEST_CASE("an object that exists throughout is in every listing while others come and go", "[backend]") {
    FOR_EVERY_BACKEND(store);
    std::vector<std::string> constant;
    for (unsigned number = 0; number < 30; ++number) constant.push_back("snapshots/" + session(number * 2'000));
    for (const std::string& name : constant) store->put_new(name, {});

    std::atomic<bool> stop = false;
    std::atomic<unsigned> churned = 0;
    std::jthread churn([&] {
        std::mt19937_64 random(5);
        for (; !stop; ++churned) {
            const std::string name = "snapshots/" + session(static_cast<unsigned>(random() % 30) * 2'000 + 1);
            store->put_new(name, as_bytes("for a moment"));
            store->remove(name);
        }
    });
    for (unsigned round = 0; round < 40 || churned < 40; ++round) {
        const std::vector<std::string> names = listed(*store, "snapshots/");
        CHECK(std::is_sorted(names.begin(), names.end()));
        CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
        CHECK(std::includes(names.begin(), names.end(), constant.begin(), constant.end()));
    }
    stop = true;
}

TEST_CASE("an object store's listing leaves strangers out and needs several requests", "[backend]") {
    ObjectStoreBackend store({.seed = 1, .page_entries = 4, .delay_max = std::chrono::microseconds(0)});
    for (const char* key : {"snapshots/", "snapshots/README", "snapshots/.hidden", "index.html"})
        store.put_foreign(key);
    std::vector<std::string> names;
    for (unsigned number = 0; number < 20; ++number) names.push_back("snapshots/" + session(number));
    for (const std::string& name : names) store.put_new(name, {});

    const std::uint64_t before = store.requests();
    CHECK(listed(store, "snapshots/") == names);
    CHECK(store.requests() - before == 6);  // 23 keys, 4 a page
}

TEST_CASE("a streamed object has no name before it is published and leaves nothing where it never is", "[backend]") {
    FOR_EVERY_BACKEND(store);
    auto writer = store->begin_object(session(1));
    writer->append(Bytes(3 << 20, 7));
    CHECK(store->list("packs/").empty());
    CHECK(kind_thrown([&] { store->get(pack_name(1)); }) == ErrorKind::NotFound);

    SECTION("dropped") {
        writer.reset();
        CHECK(store->list("").empty());
    }
    SECTION("published") {
        writer->publish(pack_name(1));
        CHECK(listed(*store, "") == std::vector<std::string>{pack_name(1)});
        CHECK_THROWS_AS(writer->append(as_bytes("more")), std::logic_error);
        CHECK_THROWS_AS(writer->publish(pack_name(2)), std::logic_error);
        writer.reset();
        CHECK(equal(store->get(pack_name(1)), Bytes(3 << 20, 7)));
    }
}

TEST_CASE("temporaries that can be seen bear the name of their session", "[backend]") {
    FOR_EVERY_BACKEND(store);
    const auto first = store->begin_object(session(1));
    const auto second = store->begin_object(session(2));
    const std::vector<std::string> names = listed(*store, "tmp/");
    if (kind == Kind::ObjectStore) {
        CHECK(names.empty());  // an upload in parts is no object
        return;
    }
    REQUIRE(names.size() == 2);
    CHECK(names[0].starts_with("tmp/" + session(1) + '-'));
    CHECK(names[1].starts_with("tmp/" + session(2) + '-'));
}

TEST_CASE("readers, writers and removers of other objects do not disturb one another", "[backend]") {
    FOR_EVERY_BACKEND(store);
    constexpr unsigned kThreads = 6;
    constexpr unsigned kObjects = 12;
    std::atomic<unsigned> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (unsigned thread = 0; thread < kThreads; ++thread)
            threads.emplace_back([&, thread] {
                for (unsigned number = 0; number < kObjects; ++number) {
                    const std::string name = pack_name(thread * 10'000 + number * 256);
                    const Bytes contents = random_bytes(20'000 + number, thread * 100 + number);
                    store->put_new(name, contents);
                    const ByteRange range{number * 1'000, 5'000};
                    if (!equal(store->get(name, range), ByteView(contents).subspan(range.offset, range.size))) ++wrong;
                    if (!equal(store->get(name), contents)) ++wrong;
                    if (number % 3 == 0) store->remove(name);
                    if (number % 6 == 0) store->sync();
                }
            });
    }
    CHECK(wrong == 0);
    CHECK(store->list("packs/").size() == kThreads * kObjects * 2 / 3);
}

TEST_CASE("a name that no object can have is a programming error and touches nothing", "[backend]") {
    FOR_EVERY_BACKEND(store);
    for (const char* name : {"", "packs", "packs/", "snapshots/x", "../etc/passwd", "packs/../config/1", "config/0",
                             "config/01", "lost+found"}) {
        CAPTURE(name);
        CHECK_THROWS_AS(store->put_new(name, as_bytes("x")), std::logic_error);
        CHECK_THROWS_AS(store->get(name), std::logic_error);
        CHECK_THROWS_AS(store->remove(name), std::logic_error);
        CHECK_THROWS_AS(store->begin_object(session(1))->publish(name), std::logic_error);
    }
    CHECK_THROWS_AS(store->begin_object("not a session"), std::logic_error);
    CHECK(store->list("").empty());
}

}  // namespace
}  // namespace vault
