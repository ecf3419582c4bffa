// Rewriting sparse and small packs: what is needed is copied, verified and read back before anything goes.
#include <catch2/catch.hpp>

#include <iostream>

#include "store/backend/object_names.h"
#include "store/control_objects.h"
#include "store/index_directories.h"
#include "tests/support/effort.h"
#include "tests/support/prune_store.h"

using namespace vault;
using Names = std::vector<std::string>;

namespace {

// Forty files in packs of a megabyte, most of which are no longer needed, here and there.
struct Sparse {
    PruneSource source;
    PruneStore store;
    SessionId all;

    explicit Sparse(std::shared_ptr<Backend> backend = std::make_shared<MemoryBackend>(real_clock()))
        : store(std::move(backend)) {
        for (int i = 0; i < 40; ++i)
            source.file("d" + std::to_string(i % 4) + "/f" + std::to_string(i),
                        noise(static_cast<std::uint64_t>(i), 60'000 + static_cast<std::size_t>(i) * 900));
        all = store.snapshot(source, "s", 1 << 20);
        for (int i = 0; i < 40; ++i)
            if (i % 5 != 0) source.remove("d" + std::to_string(i % 4) + "/f" + std::to_string(i));
        store.snapshot(source, "s", 1 << 20);
        store.forget(all);
    }
};

// In how many packs each chunk lies.
std::map<ChunkId, int> copies(const Repository& repository) {
    const View view = repository.reader_view();
    std::map<ChunkId, int> count;
    for (const PackNumber number : view.chunks->view().numbers())
        for (const DirectoryBox& box : view.index->directory(number).boxes)
            for (const DirectoryChunk& chunk : box.chunks) ++count[chunk.id];
    return count;
}

}  // namespace

TEST_CASE("sparse packs are rewritten: what is needed is there once, what is not is gone", "[prune]") {
    Sparse made;
    PruneStore& store = made.store;
    const std::uint64_t before = store.bytes("packs/");
    const PruneReport report = store.prune(PruneStore::thorough());
    CHECK(report.plan.sparse_packs >= 2);
    CHECK(report.repacked.packs_written.size() >= 1);
    CHECK(report.packs_removed == report.plan.dead.size() + report.plan.repacked.size());
    CHECK(store.bytes("packs/") == before - report.bytes_removed + report.repacked.bytes_written);
    CHECK(store.bytes("packs/") < before / 3);
    CHECK(store.lost() == Names{});
    for (const auto& [id, count] : copies(*store.repository)) CHECK(count == 1);
    CHECK(plan_prune(*store.repository, mark_repository(*store.repository, {}), {}, PruneStore::thorough().limits,
                     [] {})
              .repacked.empty());
    CHECK(store.names("sessions/") == Names{});
    CHECK(store.names("tmp/") == Names{});
    // The next snapshot counts on the new packs.
    SnapshotOptions rescan = options_for(made.source.top);
    rescan.force_rescan = true;
    CHECK(take_snapshot(*store.repository, rescan).data_chunks_added == 0);
}

TEST_CASE("whole boxes are copied as they are, byte for byte; the others are sealed anew, box by box", "[prune]") {
    Sparse made;
    const PruneReport report = made.store.prune(PruneStore::thorough());
    CHECK(report.repacked.boxes_sealed >= 1);
    const PruneSource small;
    PruneStore store;
    for (int i = 0; i < 8; ++i) {
        small.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 50'000));
        store.snapshot(small);
    }
    const PruneReport merged = store.prune(PruneStore::thorough());
    CHECK(merged.plan.small_packs == 16);
    CHECK(merged.repacked.boxes_sealed == 0);
    CHECK(merged.repacked.boxes_copied >= 16);
    CHECK(store.names("packs/").size() == 2);
    CHECK(store.lost() == Names{});
}

TEST_CASE("a box of which little is unused is copied with that, and once only", "[prune]") {
    const PruneSource source;
    const auto name = [](int i) { return "f" + std::to_string(100 + i); };
    for (int i = 0; i < 100; ++i) source.file(name(i), noise(static_cast<std::uint64_t>(i), 9'000));
    source.file("large", noise(500, 400'000));
    PruneStore store;
    const SessionId all = store.snapshot(source);
    const ChunkId small = chunk_of(store.live().at(all), "/t/" + name(3));
    const ChunkId large = chunk_of(store.live().at(all), "/t/large");
    for (int i = 3; i < 100; i += 12) source.remove(name(i));  // less than a tenth of every box
    source.remove("large");
    store.snapshot(source);
    store.forget(all);
    PruneOptions options = PruneStore::thorough();
    options.limits.max_unused = ByteLimit::share(5);

    const PruneReport first = store.prune(options);
    CHECK(first.plan.sparse_packs == 1);
    CHECK(first.repacked.boxes_copied >= 1);
    CHECK(first.repacked.boxes_sealed <= 1);  // the last small files may share one with the large file
    CHECK(copies(*store.repository).contains(small));
    CHECK_FALSE(copies(*store.repository).contains(large));
    CHECK(store.lost() == Names{});
    // About what was foretold: headers, directories and padding are other ones.
    const auto written = static_cast<double>(first.repacked.bytes_written);
    CHECK(written == Approx(static_cast<double>(first.plan.copied_bytes())).epsilon(0.04));
    // Even if nothing unused at all were allowed for, but for boxes.
    options.limits.max_unused = ByteLimit::exactly(1);
    CHECK(store.prune(options).plan.repacked.empty());

    const PruneReport every_byte = store.prune(PruneStore::thorough());
    CHECK(every_byte.repacked.boxes_sealed >= 1);
    CHECK_FALSE(copies(*store.repository).contains(small));
    CHECK(store.lost() == Names{});
}

TEST_CASE("one thread or many copy the same", "[prune]") {
    for (const unsigned threads : {1u, 7u}) {
        Sparse made;
        PruneOptions options = PruneStore::thorough();
        options.environment.threads = threads;
        const PruneReport report = made.store.prune(options);
        CHECK(report.packs_kept == 0);
        CHECK(report.repacked.boxes_sealed >= 2);
        CHECK(made.store.lost() == Names{});
        for (const auto& [id, count] : copies(*made.store.repository)) CHECK(count == 1);
    }
}

TEST_CASE("chunks of two boxes of data never come to share one", "[prune]") {
    Sparse made;
    PruneStore& store = made.store;
    std::map<ChunkId, std::pair<std::string, std::size_t>> old_box;
    const auto boxes = [&](auto use) {
        const View view = store.repository->reader_view();
        for (const PackNumber number : view.chunks->view().numbers()) {
            const PackDirectory directory = view.index->directory(number);
            if (directory.content != ChunkKind::Data) continue;
            for (std::size_t box = 0; box < directory.boxes.size(); ++box)
                for (const DirectoryChunk& chunk : directory.boxes[box].chunks)
                    use(chunk.id, std::pair(view.index->pack(number)->id.hex(), box));
        }
    };
    boxes([&](const ChunkId& id, const auto& place) { old_box[id] = place; });
    REQUIRE(store.prune(PruneStore::thorough()).repacked.boxes_sealed > 0);
    std::map<std::pair<std::string, std::size_t>, std::set<std::pair<std::string, std::size_t>>> origins;
    boxes([&](const ChunkId& id, const auto& place) { origins[place].insert(old_box.at(id)); });
    for (const auto& [place, from] : origins) CHECK(from.size() == 1);
}

TEST_CASE("a box that does not verify keeps its pack, is put on record, and nothing of it is copied", "[prune]") {
    Sparse made;
    PruneStore& store = made.store;
    const PrunePlan plan = plan_prune(*store.repository, mark_repository(*store.repository, {}), {},
                                      PruneStore::thorough().limits, [] {});
    REQUIRE_FALSE(plan.repacked.empty());
    std::string damaged;
    for (const PackUse& use : plan.repacked)
        if (use.content == ChunkKind::Data) damaged = pack_name(use.id);
    Bytes bytes = store.test.backend().get(damaged);
    for (std::size_t at = kPackHeaderBytes + 50; at < bytes.size() / 2; at += 10'000) bytes[at] ^= 1;
    store.test.memory().overwrite(damaged, bytes);
    const PruneReport report = store.prune(PruneStore::thorough());
    CHECK_FALSE(report.repacked.damaged.empty());
    CHECK(store.test.memory().holds(damaged));
    CHECK(store.names("damaged/" + pack_of_name(damaged)->hex()).size() == report.repacked.damaged.size());
    CHECK(report.packs_removed == report.plan.dead.size() + report.plan.repacked.size() - 1);
    // Noted once.
    store.prune(PruneStore::thorough());
    CHECK(store.names("damaged/").size() == report.repacked.damaged.size());
}

TEST_CASE("a pack that the medium refuses, or that another pruner took, stays and ends nothing", "[prune]") {
    for (const ErrorKind kind : {ErrorKind::Io, ErrorKind::NotFound}) {
        std::set<std::pair<std::size_t, std::size_t>> named;  // in the plan, by its copying
        for (std::uint64_t nth = 1;; ++nth) {
            CAPTURE(kind == ErrorKind::Io, nth);
            Sparse made;
            PruneStore& store = made.store;
            const PrunePlan plan = plan_prune(*store.repository, mark_repository(*store.repository, {}), {},
                                              PruneStore::thorough().limits, [] {});
            REQUIRE(plan.repacked.size() >= 2);
            const PackUse& refused = plan.repacked.front();
            REQUIRE(refused.content == ChunkKind::Data);
            Fault fault;
            fault.call = Call::Get;
            fault.name_prefix = pack_name(refused.id);
            fault.nth = nth;
            fault.persistent = true;
            fault.kind = kind;
            store.faulty.inject(fault);
            const PruneReport report = store.prune(PruneStore::thorough());
            const bool was_refused = store.faulty.faults_hit() > 0;
            store.faulty.clear_faults();
            CHECK(store.test.memory().holds(pack_name(refused.id)) == was_refused);
            CHECK(store.names("damaged/") == Names{});
            CHECK(store.lost() == Names{});
            if (!was_refused) {
                REQUIRE(nth > 2);
                break;
            }
            CHECK(std::ranges::find(report.repacked.copied, refused.id) == report.repacked.copied.end());
            named.insert({report.plan.unreadable.size(), report.repacked.damaged.size()});
            for (const auto& list : {report.plan.unreadable, report.repacked.damaged})
                for (const std::string& why : list) CHECK_THAT(why, Catch::Contains(refused.id.hex()));
            // It goes with the next one that can read it.
            store.prune(PruneStore::thorough());
            CHECK_FALSE(store.test.memory().holds(pack_name(refused.id)));
            CHECK(store.lost() == Names{});
            for (const auto& [id, count] : copies(*store.repository)) CHECK(count == 1);
        }
        CHECK(named.contains({1, 0}) == (kind == ErrorKind::Io));
        CHECK(named.contains({0, 1}) == (kind == ErrorKind::Io));
        CHECK(named.contains({0, 0}) == (kind == ErrorKind::NotFound));
    }
}

TEST_CASE("copies that do not read back after the list was put save nothing", "[prune]") {
    Sparse made;
    PruneStore& store = made.store;
    const auto before = store.names("packs/");
    // What is read after P3 of packs that were not there before is not what was written.
    PruneOptions options = PruneStore::thorough();
    bool spoiled = false;
    options.environment.time = [&] {
        // Asked for when the list is put: the copies are written by then, and nothing of P7 is read.
        if (!spoiled && store.names("packs/").size() > before.size()) {
            spoiled = true;
            for (const std::string& name : store.names("packs/")) {
                if (std::find(before.begin(), before.end(), name) != before.end()) continue;
                Bytes bytes = store.test.backend().get(name);
                const FoundDirectory own = read_directory(store.test.backend(), store.repository->keys(),
                                                          {name, bytes.size(), 0}, *pack_of_name(name));
                std::size_t at = kPackHeaderBytes;
                for (const DirectoryBox& box : own.directory.boxes) {
                    bytes[at + box.sealed_bytes / 2] ^= 1;
                    at += box.sealed_bytes;
                }
                store.test.memory().overwrite(name, bytes);
            }
        }
        return now();
    };
    try {
        const PruneReport report = store.prune(options);
        CHECK(report.packs_kept >= 1);
    } catch (const Error& error) {
        // A spoiled node may end P6: then the list is given up.
        CHECK(error.kind() == ErrorKind::Corrupt);
    }
    CHECK(spoiled);
    CHECK(store.names("condemned/") == Names{});
    // The old packs are all that holds sound copies.
    for (const std::string& name : store.names("packs/"))
        if (std::find(before.begin(), before.end(), name) == before.end()) store.test.backend().remove(name);
    CHECK(store.lost() == Names{});
}

TEST_CASE("whichever call of a prune that rewrites fails, nothing is lost, and the next prune finishes", "[prune]") {
    std::uint64_t calls = 0;
    {
        Sparse made;
        made.store.faulty.forget_calls();
        made.store.prune(PruneStore::thorough());
        calls = made.store.faulty.calls();
    }
    REQUIRE(calls > 80);
    const std::uint64_t one_in = soak() ? 1 : kSanitized ? 40 : 9;
    const auto faults = every_fault(calls, one_in);
    std::cout << faults.size() << " of " << every_fault(calls).size() << " faults\n";
    for (const Fault& fault : faults) {
        CAPTURE(fault.nth, fault.persistent, fault.effect == Effect::Fail);
        Sparse made;
        PruneStore& store = made.store;
        store.faulty.inject(fault);
        bool waited = false;
        // Nobody else is at work: what it waits for would be itself.
        PruneOptions options = everyone_is(Liveness::Alive);
        options.environment.pause = [&](std::chrono::milliseconds) { waited = true; };
        try {
            store.prune(options);
        } catch (const Error&) {
            // The next one goes on.
        }
        CHECK_FALSE(waited);
        store.faulty.clear_faults();
        REQUIRE(store.lost() == Names{});
        store.prune(everyone_is(Liveness::Gone));
        store.prune(everyone_is(Liveness::Gone));
        CHECK(store.lost() == Names{});
        CHECK(store.names("condemned/") == Names{});
        CHECK(store.names("sessions/") == Names{});
        for (const auto& [id, count] : copies(*store.repository)) CHECK(count == 1);
    }
}

TEST_CASE("a prune whose own session or list could not end, the store being full, goes on with it and waits for nobody",
          "[prune]") {
    for (const char* object : {"sessions/", "snapshots/", "condemned/", "waiting/", "decision/"}) {
        for (const Effect effect : {Effect::Fail, Effect::ReplyLost}) {
            CAPTURE(object, effect == Effect::Fail);
            Sparse made;
            PruneStore& store = made.store;
            Fault full;
            full.effect = effect;
            full.call = Call::PutNew;
            full.name_prefix = object;
            full.kind = ErrorKind::NoSpace;
            store.faulty.inject(full);
            bool waited = false;
            PruneOptions options = everyone_is(Liveness::Alive);
            options.environment.pause = [&](std::chrono::milliseconds) { waited = true; };
            const PruneReport report = store.prune(options);
            CHECK(store.faulty.faults_hit() == 1);
            CHECK_FALSE(waited);
            CHECK(report.waits_for.empty());
            CHECK(report.packs_removed >= 1);
            CHECK(store.lost() == Names{});
            CHECK(store.names("condemned/") == Names{});
            store.prune(everyone_is(Liveness::Alive));
            CHECK(store.names("sessions/") == Names{});
        }
    }
}

TEST_CASE("where there is no room to copy, whole dead packs go all the same", "[prune]") {
    Sparse made;
    PruneStore& store = made.store;
    Fault full;
    full.call = Call::Publish;
    full.kind = ErrorKind::NoSpace;
    full.persistent = true;
    store.faulty.inject(full);
    const PruneReport report = store.prune(everyone_is(Liveness::Gone));
    CHECK(report.no_room_to_repack);
    CHECK(report.packs_removed == report.plan.dead.size());
    CHECK(report.packs_removed >= 1);
    CHECK(store.lost() == Names{});
    store.faulty.clear_faults();
    CHECK(store.prune(everyone_is(Liveness::Gone)).repacked.packs_written.size() >= 1);
    CHECK(store.lost() == Names{});
}
