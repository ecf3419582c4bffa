// What goes wrong during a run: the store, the source, other runs, the user.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <thread>

#include "store/base/file.h"
#include "store/clock.h"
#include "store/entry_reader.h"
#include "store/format/control_records.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/object_store_backend.h"
#include "tests/support/test_repository.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

using Lines = std::vector<std::string>;

struct Source {
    TemporaryFolder folder;
    const std::string top = fs::canonical(folder.path()).string() + "/t";
    Source() { fs::create_directory(top); }
    std::string at(const std::string& name) const { return top + "/" + name; }
    void file(const std::string& name, const std::string& content) const { write_new(at(name), content); }
};

bool reads_back(const Repository& repository, const CommitRecord& record, const Source& source) {
    return differences(read_back(repository, record), "/t", source.top) == Lines{};
}

// Runs with `on_poll(n)` called at the nth time that the run asks whether it is to stop.
struct Poll {
    std::uint64_t number = 0;
    bool after_open = false;  // the first after a file was opened and looked at: before it is read
};

SnapshotReport run_with(const Repository& repository, const SnapshotOptions& options,
                        const std::function<void(Poll)>& on_poll) {
    SnapshotProgress progress;
    std::mutex mutex;  // several threads poll
    std::uint64_t polls = 0;
    bool opened = false;
    return make_snapshot(repository, options, progress, [&] {
        const std::lock_guard lock(mutex);
        on_poll({++polls, !opened && progress.files > 0});
        opened = progress.files > 0;
        return false;
    });
}

// The poll before the file "/t/f", which the walk has seen, is opened: after one each for "/", "/t" and it, and one for
// "/t" by who reads what was put off.
constexpr std::uint64_t kPollBeforeOpen = 5;

// Everything as an unprivileged user for the life of this: root reads whatever its modes say.
class AsNobody {
  public:
    AsNobody() { works_ = ::seteuid(65534) == 0; }
    ~AsNobody() {
        if (works_ && ::seteuid(0) != 0) std::abort();
    }
    bool works() const { return works_; }

  private:
    bool works_ = false;
};

}  // namespace

TEST_CASE("whichever call of the store fails, the run fails whole or succeeds whole, and the next one succeeds",
          "[snapshot]") {
    const Source source;
    source.file("a", noise(1, 30'000));
    source.file("b", noise(2, 3'000));
    fs::create_hard_link(source.at("a"), source.at("c"));
    TestRepository test;
    take_snapshot(*test.open(), source.top);
    source.file("d", noise(3, 40'000));
    const auto before = test.memory().snapshot();

    std::uint64_t calls = 0;
    {
        FaultyBackend counter(test.backend());
        take_snapshot(*test.open(borrowed(counter)), source.top);
        calls = counter.calls();
    }
    REQUIRE(calls > 20);
    int failed = 0, succeeded = 0;
    for (const Effect effect : {Effect::Fail, Effect::ReplyLost}) {
        for (std::uint64_t k = 1; k <= calls; ++k) {
            test.memory().restore(before);
            const std::size_t snapshots_before = 1;
            FaultyBackend faulty(test.backend());
            faulty.inject({.effect = effect, .nth = k});
            std::optional<CommitRecord> made;
            bool may_exist = false;
            try {
                made = take_snapshot(*test.open(borrowed(faulty)), source.top).record;
            } catch (const Error& error) {
                may_exist = std::string(error.what()).find("the snapshot may exist") != std::string::npos;
            }
            ++(made ? succeeded : failed);
            INFO("call " << k << " of " << calls << (effect == Effect::Fail ? " failed" : " lost its reply"));
            const auto repository = test.open();
            const std::size_t live = list_snapshots(*repository).live.size();
            if (made) {
                CHECK(live == snapshots_before + 1);
                CHECK(reads_back(*repository, *made, source));
            } else if (!may_exist) {
                CHECK(live == snapshots_before);
            }
            const CommitRecord next = take_snapshot(*repository, source.top).record;
            CHECK(reads_back(*repository, next, source));
            CHECK(test.backend().list("tmp/").empty());
        }
    }
    CHECK(failed > 10);
    CHECK(succeeded > 2);  // the commit's own faults, and what is cleared away after it
}

TEST_CASE("the commit is put last: after every pack, every copy of a directory and a sync", "[snapshot]") {
    const Source source;
    for (int i = 0; i < 20; ++i) source.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 200'000));
    TestRepository test;
    FaultyBackend recorder(test.backend());
    SnapshotOptions options = options_for(source.top);
    options.packs.data_bytes = 600'000;
    take_snapshot(*test.open(borrowed(recorder)), options);
    const auto calls = recorder.records();
    std::size_t commit = 0, last_put = 0, sync = 0, packs = 0;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const bool puts = calls[i].call == Call::PutNew || calls[i].call == Call::Publish;
        if (puts && calls[i].name.starts_with("snapshots/")) commit = i;
        if (puts && (calls[i].name.starts_with("packs/") || calls[i].name.starts_with("dirs/"))) last_put = i;
        if (calls[i].call == Call::Publish) ++packs;
        if (calls[i].call == Call::Sync && commit == 0) sync = i;
    }
    CHECK(packs >= 5);
    CHECK(last_put < sync);
    CHECK(sync < commit);
}

TEST_CASE("a run is announced before it looks what there is: condemned lists first, then packs", "[snapshot]") {
    const Source source;
    source.file("f", "x");
    TestRepository test;
    FaultyBackend recorder(test.backend());
    const auto repository = test.open(borrowed(recorder));
    recorder.forget_calls();
    take_snapshot(*repository, source.top);
    std::vector<std::string> order;
    for (const CallRecord& call : recorder.records()) {
        if (call.call == Call::PutNew && call.name.starts_with("sessions/")) order.push_back("B1");
        if (call.call == Call::List && call.name == "condemned/") order.push_back("B2");
        if (call.call == Call::List && call.name == "packs/") order.push_back("B3");
        if (call.call == Call::BeginObject) order.push_back("B4");
        if (call.call == Call::List && call.name == "config/") order.push_back("B5");
        if (call.call == Call::PutNew && call.name.starts_with("snapshots/")) order.push_back("B6");
        if (call.call == Call::Get && call.name.starts_with("tombstones/")) order.push_back("B7");
    }
    order.erase(std::unique(order.begin(), order.end()), order.end());
    CHECK(order == Lines{"B1", "B2", "B3", "B4", "B5", "B6", "B7"});
}

TEST_CASE("two runs at once both land", "[snapshot]") {
    const auto both = [](std::shared_ptr<Backend> backend) {
        const Source a, b;
        for (int i = 0; i < 30; ++i) {
            a.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 20'000));
            b.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i + 15), 20'000));  // half of it shared
        }
        TestRepository test(std::move(backend));
        const auto one = test.open("one"), two = test.open("one");  // one machine, one cache
        CommitRecord first, second;
        std::thread other([&] { second = take_snapshot(*two, b.top).record; });
        first = take_snapshot(*one, a.top).record;
        other.join();
        CHECK(first.writer != second.writer);
        const auto repository = test.open("reader");
        CHECK(list_snapshots(*repository).live.size() == 2);
        CHECK(reads_back(*repository, first, a));
        CHECK(reads_back(*repository, second, b));
    };
    SECTION("memory") { both(std::make_shared<MemoryBackend>(real_clock())); }
    SECTION("object store") { both(std::make_shared<ObjectStoreBackend>()); }
}

TEST_CASE("an interrupted run makes no snapshot and fences itself; what it put is found by the next", "[snapshot]") {
    const Source source;
    for (int i = 0; i < 160; ++i) source.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 100'000));
    TestRepository test;
    const auto repository = test.open();
    SnapshotOptions options = options_for(source.top);
    options.packs.data_bytes = 300'000;
    options.threads = 2;  // at most 6 MiB are read and not yet in packs
    SnapshotProgress progress;
    try {
        make_snapshot(*repository, options, progress, [&] { return progress.files > 140; });
        FAIL("it was not interrupted");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Interrupted);
    }
    CHECK(list_snapshots(*repository).live.empty());
    CHECK(test.backend().list("snapshots/").size() == 1);
    CHECK(test.backend().list("sessions/").empty());
    CHECK(test.backend().list("tmp/").empty());
    const std::size_t packs = test.backend().list("packs/").size();
    CHECK(packs > 0);
    const SnapshotReport next = take_snapshot(*repository, source.top);
    CHECK(next.record.totals.added_bytes < 15'900'000);  // not all of the 16 MB
    CHECK(reads_back(*repository, next.record, source));
}

TEST_CASE("a run that somebody fenced starts again by itself, once", "[snapshot]") {
    const Source source;
    source.file("f", noise(1, 10'000));
    const auto fence_all = [](TestRepository& test) {
        for (const ObjectInfo& info : test.backend().list("sessions/")) {
            FenceRecord fence;
            fence.sid = SessionId::from_hex(info.name.substr(9, 32));
            fence.time = now();
            const std::string name = "snapshots/" + fence.sid.hex();
            if (!test.memory().holds(name)) test.put(ObjectKind::Fence, name, fence);
        }
    };
    TestRepository test;
    const auto repository = test.open();
    const CommitRecord record = run_with(*repository, options_for(source.top), [&](Poll poll) {
                                    if (poll.number == 1) fence_all(test);
                                }).record;
    CHECK(test.backend().list("snapshots/").size() == 2);
    CHECK(list_snapshots(*repository).live.size() == 1);
    CHECK(reads_back(*repository, record, source));

    try {
        run_with(*repository, options_for(source.top), [&](Poll) { fence_all(test); });
        FAIL("it was fenced twice");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Busy);
    }
    CHECK(list_snapshots(*repository).live.size() == 1);
    CHECK(test.backend().list("sessions/").empty());
}

TEST_CASE("a file that grows, shrinks or changes while it is read is recorded as read, and flagged", "[snapshot]") {
    struct Change {
        std::uint64_t size_before, size_after, read;  // after: 0xFFFF: rewritten at the same size
        bool before_open = false;
        bool sparse = false;  // all behind the first 4,096 bytes is a hole
    };
    const std::uint64_t rewritten = 0xFFFF;
    for (const Change& change : {Change{100'000, 150'000, 100'000}, Change{100'000, 60'000, 60'000},
                                 Change{100'000, 200, 200}, Change{100'000, 0, 0},
                                 Change{100'000, rewritten, 100'000}, Change{2u << 20, 1u << 19, 1u << 19},
                                 Change{100'000, 600'000, kPutOffBytesMax, true},
                                 Change{2u << 20, 10'000, 10'000, false, true},
                                 Change{100'000, 4'096, 4'096, false, true}, Change{100'000, 200, 200, false, true},
                                 Change{100'000, 0, 0, false, true}}) {
        const Source source;
        std::string before = noise(1, change.sparse ? 4'096 : change.size_before);
        source.file("f", before);
        fs::resize_file(source.at("f"), change.size_before);
        before.resize(change.size_before);
        TestRepository test;
        const auto repository = test.open();
        const CommitRecord record = run_with(*repository, options_for(source.top), [&](Poll poll) {
                                        if (change.before_open ? poll.number != kPollBeforeOpen : !poll.after_open)
                                            return;
                                        if (change.size_after == rewritten) {
                                            source.file("f", noise(2, change.size_before));
                                        } else {
                                            fs::resize_file(source.at("f"), change.size_after);
                                        }
                                    }).record;
        CHECK(record.changed_while_read);
        const ReadEntry read = read_back(*repository, record).at("/t/f");
        CHECK(read.entry.changed_while_read);
        CHECK(read.entry.size == change.read);
        CHECK(read.content.size() == change.read);
        if (change.size_after != rewritten && !change.before_open)
            CHECK((read.content == before.substr(0, change.read)));  // not to be printed
        // The form that config chooses for this size.
        if (change.read == 200) CHECK(std::holds_alternative<Bytes>(read.entry.content));
        if (change.read == 0) CHECK(std::holds_alternative<NoContent>(read.entry.content));
    }
}

TEST_CASE("what cannot be read is listed with its path, counted exactly, and left out", "[snapshot]") {
    const Source source;
    for (const char* name : {"locked", "open"}) fs::create_directory(source.at(name));
    const std::string long_name(255, '\x01');  // four times as long in a message
    for (const std::string& name : Lines{"a", "secret", "locked/x", "open/y", "open/" + long_name})
        source.file(name, "content of " + name);
    fs::create_hard_link(source.at("secret"), source.at("secret too"));
    for (const std::string& name : Lines{"secret", "open/" + long_name, "locked"})
        fs::permissions(source.at(name), fs::perms(0));
    fs::permissions(source.folder.path(), fs::perms(0755));
    TestRepository test;
    const TemporaryFolder client;
    fs::permissions(client.path(), fs::perms(0777));
    std::optional<CommitRecord> record;
    {
        const AsNobody nobody;
        if (!nobody.works()) {
            WARN("not run: only root can become somebody else");
            SUCCEED();
            return;
        }
        const auto repository = Repository::open(test.shared_backend(), test.credentials(),
                                                 {client.path() + "/cache", client.path() + "/state"}, Access::Write);
        record = take_snapshot(*repository, source.top).record;
    }
    CHECK(record->unreadable_count == 4);
    REQUIRE(record->unreadable.size() == 4);
    CHECK(record->unreadable[0].path == "/t/locked");
    CHECK(record->unreadable[1].path == "/t/open/" + long_name);
    CHECK(record->unreadable[2].path == "/t/secret");
    CHECK(record->unreadable[3].path == "/t/secret too");
    for (const UnreadablePath& one : record->unreadable) CHECK_FALSE(one.message.empty());
    const ReadTree tree = read_back(*test.open(), *record);
    CHECK(tree.contains("/t/locked"));  // the folder itself, without what it holds
    CHECK(tree.contains("/t/a"));
    CHECK(tree.contains("/t/open/y"));
    CHECK_FALSE(tree.contains("/t/secret"));
    CHECK_FALSE(tree.contains("/t/locked/x"));
}

TEST_CASE("paths too long to record are counted, and the snapshot is made", "[snapshot]") {
    const Source source;
    const std::string name(250, 'n');
    UniqueFd at = open_at(AT_FDCWD, source.top, O_RDONLY | O_DIRECTORY);
    for (int level = 0; level < 66; ++level) {
        if (::mkdirat(at.get(), name.c_str(), 0755) != 0) FAIL("mkdirat");
        at = open_at(at.get(), name, O_RDONLY | O_DIRECTORY);
    }
    for (const char* file : {"a", "b"}) UniqueFd(open_at(at.get(), std::string(200, file[0]), O_WRONLY | O_CREAT));
    TestRepository test;
    const auto repository = test.open();
    const CommitRecord record = take_snapshot(*repository, source.top).record;
    CHECK(record.unreadable_count >= 1);
    CHECK(record.totals.dirs_new > 60);
    CHECK_NOTHROW(read_back(*repository, record));
}

TEST_CASE("a run without a source that exists makes nothing, not even a session", "[snapshot]") {
    TestRepository test;
    const auto repository = test.open();
    CHECK_THROWS_AS(take_snapshot(*repository, "/nonexistent/path"), Error);
    CHECK(test.backend().list("sessions/").empty());
    CHECK(test.backend().list("snapshots/").empty());
}

TEST_CASE("the repository and the cache are not taken into a snapshot of what holds them", "[snapshot]") {
    const auto test = TestRepository::local();
    const auto repository = test->open();
    const std::string around = fs::path(test->backend().location()).parent_path();
    const ReadTree tree = read_back(*repository, take_snapshot(*repository, around).record);
    CHECK(tree.contains("/t/repository"));
    CHECK_FALSE(tree.contains("/t/repository/packs"));
    for (const auto& [path, read] : tree) CHECK(path.find(".sst") == std::string::npos);
}
