// Kills at any time, and several processes at once. All use of the index is in child processes: the parent must fork
// without threads.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "store/base/error.h"
#include "store/index.h"
#include "tests/support/child_process.h"
#include "tests/support/index_check.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
using namespace std::chrono_literals;

namespace {

// Under ThreadSanitizer each round takes ten times as long, and it watches threads, not kills.
#ifdef __SANITIZE_THREAD__
constexpr int kRounds = 6;
#else
constexpr int kRounds = 40;
#endif

void require(const std::string& wrong) {
    if (!wrong.empty()) throw std::runtime_error(wrong);
}

// Packs that share chunks with their neighbours, so that there are copies to lose.
MadePack overlapping_pack(const PackStore& store, std::size_t place, std::size_t chunks) {
    std::vector<Bytes> all;
    for (std::size_t part = place; part < place + 3; ++part)
        for (Bytes& chunk : seeded_chunks(part, chunks)) all.push_back(std::move(chunk));
    return make_pack(*store.keys, all);
}

// A child that changes the store's view of packs and syncs, killed somewhere; the next, unharmed one must be right.
void kill_in(const std::function<void(PackStore&, const std::string&)>& work) {
    const TemporaryFolder folder;
    std::mt19937_64 random(7);
    PackStore store;
    for (std::size_t place = 0; place < 8; ++place) store.put(overlapping_pack(store, place, 30));
    int killed = 0;
    std::uint64_t within = 40'000;  // microseconds: about what the work takes
    for (int round = 0; round < kRounds; ++round) {
        std::vector<MadePack> there;
        for (const auto& [id, pack] : store.packs)
            if (store.backend.holds(pack.name())) there.push_back(pack);
        for (std::size_t gone = 0; gone < 2 && there.size() > 4; ++gone) {
            const std::size_t which = random() % there.size();
            store.remove(there[which]);
            there.erase(there.begin() + static_cast<std::ptrdiff_t>(which));
        }
        for (std::size_t more = 0; more < 2; ++more) store.put(overlapping_pack(store, 8 + random() % 40, 30));
        ChildProcess child([&] { work(store, folder.path()); });
        child.kill_after(std::chrono::microseconds(random() % within));
        if (child.was_killed()) ++killed;
        else within = within * 4 / 5 + 500;  // it takes less time here
        REQUIRE(succeeds_in_child([&] {
            IndexSyncReport report;
            const auto index = store.open(folder.path(), report);
            require(contradiction(*index, store));
            if (!report.damaged.empty()) throw std::runtime_error("a damaged pack");
        }));
    }
    CHECK(killed > kRounds / 2);
}

}  // namespace

TEST_CASE("a kill at any time in a sync leaves an index that the next sync makes right", "[index]") {
    kill_in([](PackStore& store, const std::string& folder) { store.open(folder); });
}

TEST_CASE("a kill at any time in a rebuild leaves an index that the next sync makes right", "[index]") {
    kill_in(
        [](PackStore& store, const std::string& folder) {
            std::filesystem::remove_all(folder + "/db");
            store.open(folder);
        });
}

TEST_CASE("a kill at any time while a run adds its packs leaves all of them or none", "[index]") {
    const TemporaryFolder folder;
    PackStore store;
    std::mt19937_64 random(8);
    for (std::size_t place = 0; place < 8; ++place) store.put(overlapping_pack(store, place, 30));
    REQUIRE(succeeds_in_child([&] { store.open(folder.path()); }));
    int all = 0, none = 0;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<MadePack> run;
        for (std::size_t more = 0; more < 3; ++more) run.push_back(overlapping_pack(store, 8 + random() % 400, 20));
        ChildProcess child([&] {
            const auto index = store.open(folder.path());
            std::vector<NewPack> packs;
            for (const MadePack& pack : run) packs.push_back(as_new(pack));
            index->add(std::move(packs), {{"run", Bytes{1}}});
        });
        child.kill_after(std::chrono::microseconds(random() % 60'000));
        child.was_killed();
        for (const MadePack& pack : run) store.put(pack);
        ChildProcess after([&] {
            IndexSyncReport report;
            const auto index = store.open(folder.path(), report);
            require(contradiction(*index, store));
            if (report.rebuilt) throw std::runtime_error("thrown away");
            ::_exit(static_cast<int>(10 + report.packs_added));
        });
        const int left_to_add = after.exit_status() - 10;
        REQUIRE((left_to_add == 0 || left_to_add == 3));
        ++(left_to_add == 0 ? all : none);
    }
    CHECK(all + none == kRounds);
    if (kRounds > 10) CHECK((all > 0 && none > 0));  // the kills fell on both sides of the ingestion
}

TEST_CASE("processes that read and processes that write do not disturb each other", "[index]") {
    const TemporaryFolder folder;
    PackStore store;
    for (std::size_t place = 0; place < 20; ++place) store.put(overlapping_pack(store, place, 40));
    std::vector<ChildProcess> children;
    // Readers hold one view while others write, and open it again and again.
    for (int reader = 0; reader < 3; ++reader)
        children.emplace_back([&] {
            const auto held = store.open(folder.path());
            std::vector<PackId> packs;
            for (const auto& [id, pack] : store.packs) packs.push_back(id);
            for (int round = 0; round < 12; ++round) {
                require(contradiction(*held, store, packs));
                require(contradiction(*store.open(folder.path()), store));
            }
        });
    // Writers add and drop packs of their own, so that files come and go.
    for (int writer = 0; writer < 2; ++writer)
        children.emplace_back([&, writer] {
            for (int round = 0; round < 12; ++round) {
                const MadePack own = overlapping_pack(store, 100 + writer * 100 + round, 40);
                const auto index = store.open(folder.path());
                store.put(own);
                index->add({as_new(own)}, {});
                const auto number = index->number_of(own.id);
                if (!number) throw std::runtime_error("a pack that was added is unknown");
                const auto ids = own.chunk_ids();
                PackSet view;
                view.add(*number);
                for (const auto& place : index->find(ids, view))
                    if (!place) throw std::runtime_error("a chunk that was added is unknown");
                store.remove(own);
                store.packs.erase(own.id);
            }
        });
    for (ChildProcess& child : children) CHECK(child.succeeded());
    CHECK(succeeds_in_child([&] { require(contradiction(*store.open(folder.path()), store)); }));
}

TEST_CASE("an index deleted again and again under those who use it gives no wrong answer", "[index]") {
    const TemporaryFolder folder;
    const std::string index_folder = folder.path() + "/index";
    PackStore store;
    for (std::size_t place = 0; place < 10; ++place) store.put(overlapping_pack(store, place, 40));
    std::vector<ChildProcess> children;
    for (int user = 0; user < 3; ++user)
        children.emplace_back([&] {
            for (int round = 0; round < 15; ++round) {
                try {
                    const auto index = store.open(index_folder);
                    require(contradiction(*index, store));
                    index->add({}, {{"note", Bytes{1}}});
                } catch (const Error& error) {
                    // The folder vanished while it was written: an error is allowed, another answer is not.
                    if (error.kind() != ErrorKind::Io && error.kind() != ErrorKind::NotFound) throw;
                }
            }
        });
    for (int round = 0; round < 30; ++round) {
        std::error_code ignored;
        std::filesystem::remove_all(index_folder, ignored);
        std::this_thread::sleep_for(10ms);
    }
    for (ChildProcess& child : children) CHECK(child.succeeded());
    CHECK(succeeds_in_child([&] { require(contradiction(*store.open(index_folder), store)); }));
}
