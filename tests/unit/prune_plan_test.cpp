// What a prune chooses, in how many bytes, what it leaves alone, and where it stops. docs/prune.md, P2 and the rails.
#include <catch2/catch.hpp>

#include "store/control_objects.h"
#include "store/session_end.h"
#include "store/writer_session.h"
#include "tests/support/prune_store.h"

using namespace vault;
using Names = std::vector<std::string>;

namespace {

PrunePlan plan_of(PruneStore& store, PlanLimits limits = {}, const std::set<SessionId>& live = {}) {
    const Marked marked = mark_repository(*store.repository, {});
    return plan_prune(*store.repository, marked, live, limits, [] {});
}

PlanLimits every_byte() {
    PlanLimits limits;
    limits.max_unused = ByteLimit::exactly(0);
    return limits;
}

Names names_of(const std::vector<PackUse>& uses) {
    Names found;
    for (const PackUse& use : uses) found.push_back(pack_name(use.id));
    std::sort(found.begin(), found.end());
    return found;
}

// A run that puts a pack of this content and does not end.
struct RunningWriter {
    std::unique_ptr<Repository> repository;
    WriterSession session;
    std::string pack;

    RunningWriter(PruneStore& store, const std::string& content)
        : repository(store.test.open("writer")), session(*repository) {
        const Keys& keys = repository->keys();
        const DirectoryChunk chunk{keys.chunk_id(ChunkKind::Data, as_bytes(content)),
                                   static_cast<std::uint32_t>(content.size())};
        PackWriter writer(repository->backend(), keys, session.sid(), {},
                          [&](NewPack made) { pack = pack_name(made.id); });
        writer.append(seal_box(keys, ChunkKind::Data, as_bytes(content), std::span(&chunk, 1), {}),
                      {ChunkKind::Data, {chunk}});
        writer.finish();
    }
};

std::string refusal(PruneStore& store, const PruneOptions& options, std::optional<ErrorKind> kind = {}) {
    try {
        store.prune(options);
    } catch (const Error& error) {
        if (kind) CHECK(error.kind() == *kind);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a plan counts used and unused bytes of each pack", "[prune]") {
    const PruneSource source;
    for (int i = 0; i < 8; ++i) source.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 500'000));
    PruneStore store;
    const SessionId all = store.snapshot(source);
    const std::string data = store.pack_of(chunk_of(store.live().at(all), "/t/f0"));
    for (int i = 0; i < 6; ++i) source.remove("f" + std::to_string(i));
    store.snapshot(source);
    CHECK(plan_of(store).used_bytes == store.bytes("packs/"));
    store.forget(all);

    const PrunePlan plan = plan_of(store, every_byte());
    CHECK(plan.bytes == store.bytes("packs/"));
    CHECK(plan.dead.size() == 1);  // the first manifest
    REQUIRE(names_of(plan.repacked) == Names{data});
    const PackUse& use = plan.repacked[0];
    CHECK(use.used_chunks < use.chunks);
    // Two of eight files of noise, which does not shrink.
    CHECK(use.used_bytes > 1'000'000);
    CHECK(use.used_bytes < 1'200'000);
    CHECK(use.bytes == store.bytes(data));
    CHECK(plan.used_bytes == plan.bytes - plan.dead_bytes() - use.unused_bytes());
    CHECK(plan.copied_bytes() == use.used_bytes);
}

TEST_CASE("sparse packs are rewritten only while more than the limit is unused, and no more than the limit in size",
          "[prune]") {
    const PruneSource source;
    for (int i = 0; i < 40; ++i) source.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 100'000));
    PruneStore store;
    const SessionId all = store.snapshot(source, "s", 1 << 20);  // four data packs of ten files
    for (int i = 0; i < 12; ++i) source.remove("f" + std::to_string(i));
    store.snapshot(source, "s", 1 << 20);
    store.forget(all);
    PlanLimits limits = every_byte();
    const std::size_t thorough = plan_of(store, limits).repacked.size();
    CHECK(thorough >= 1);
    limits.max_unused = ByteLimit::share(90);
    CHECK(plan_of(store, limits).repacked.empty());
    limits.max_unused = ByteLimit::exactly(0);
    limits.max_repack_bytes = 1'000;
    CHECK(plan_of(store, limits).repacked.empty());
}

TEST_CASE("eight small packs of one size are merged, seven are not", "[prune]") {
    const PruneSource source;
    PruneStore store;
    for (int i = 0; i < 7; ++i) {
        source.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 50'000));
        store.snapshot(source);
    }
    CHECK(plan_of(store).repacked.empty());
    source.file("f7", noise(7, 50'000));
    store.snapshot(source);
    const PrunePlan plan = plan_of(store);
    CHECK(plan.small_packs == 16);  // eight of data, eight of trees
    CHECK(plan.sparse_packs == 0);
    CHECK(plan.dead.empty());
}

TEST_CASE("packs of a run at work are left alone, and go once it was fenced", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    auto running = std::make_unique<RunningWriter>(store, noise(9, 10'000));
    const std::string pack = running->pack;
    const SessionId sid = running->session.sid();
    PruneOptions options = PruneStore::thorough();
    options.environment.wait_limit = std::chrono::milliseconds(0);
    const PrunePlan plan = plan_of(store, {}, {sid});
    CHECK(plan.of_live_sessions == 1);
    CHECK(names_of(plan.dead) == names_of(plan_of(store, {}, {sid}).dead));
    CHECK(plan.dead.size() == 2);
    running.reset();  // fences itself
    CHECK(store.prune(options).packs_removed == 3);
    CHECK_FALSE(store.test.memory().holds(pack));
    CHECK(store.lost() == Names{});
}

TEST_CASE("a pack whose directory cannot be read from the store stays, though the index and dirs/ know it", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    store.repository->reader_view();  // indexed
    Bytes bytes = store.test.backend().get(made.dead_pack);
    bytes.back() ^= 1;  // the trailer
    store.test.memory().overwrite(made.dead_pack, bytes);
    const PruneReport report = store.prune(PruneStore::thorough());
    CHECK(report.packs_removed == 1);
    REQUIRE(report.plan.unreadable.size() == 1);
    CHECK(report.plan.unreadable[0].find(pack_of_name(made.dead_pack)->hex()) != std::string::npos);
    CHECK(store.test.memory().holds(made.dead_pack));
}

TEST_CASE("rails: snapshots that vanished without being forgotten stop a prune, which names them and their series",
          "[prune]") {
    const PruneSource source, other;
    source.file("f", noise(1, 200'000));
    other.file("g", noise(2, 100'000));
    PruneStore store;
    const SessionId gone = store.snapshot(source, "precious");
    store.snapshot(other, "other");
    PruneOptions options = PruneStore::thorough();
    options.limits.max_delete = ByteLimit::share(30);
    store.prune(options);  // remembers the series
    store.test.backend().remove("snapshots/" + gone.hex());
    const auto before = store.names("");
    const std::string said = refusal(store, options);
    CHECK(said.find("although nothing was forgotten that explains it") != std::string::npos);
    CHECK(said.find(gone.hex()) != std::string::npos);
    CHECK(said.find("the series precious has vanished") != std::string::npos);
    CHECK(store.names("") == before);
    options.limits.max_delete = ByteLimit::share(100);
    CHECK(store.prune(options).packs_removed == 2);
}

TEST_CASE("rails: a removed snapshot's own packs stop a prune, however few, until it is forgotten", "[prune]") {
    const PruneSource source, other;
    source.file("f", noise(1, 20'000));
    other.file("g", noise(2, 900'000));
    PruneStore store;
    const SessionId gone = store.snapshot(source, "small");
    store.snapshot(other, "other");
    store.test.backend().remove("snapshots/" + gone.hex());
    PruneOptions options = PruneStore::thorough();
    const auto before = store.names("");
    for (const ByteLimit limit : {ByteLimit::share(30), ByteLimit::share(99), ByteLimit::exactly(700'000)}) {
        options.limits.max_delete = limit;
        for (const bool dry_run : {true, false}) {
            options.dry_run = dry_run;
            const std::string said = refusal(store, options, ErrorKind::Corrupt);
            CHECK(said.find("1 snapshot is gone without having been forgotten, " + gone.hex()) == 0);
        }
    }
    CHECK(store.names("") == before);
    options.limits.max_delete = ByteLimit::exactly(store.bytes("packs/"));
    options.dry_run = true;
    CHECK(store.prune(options).plan.vanished == std::set<SessionId>{gone});
    options = PruneStore::thorough();
    options.limits.max_delete = ByteLimit::exactly(0);
    store.forget(gone);
    CHECK(store.prune(options).packs_removed == 2);
}

TEST_CASE("rails: a removed snapshot of which packs would only be rewritten stops a prune", "[prune]") {
    const PruneSource source;
    PruneStore store;
    SessionId gone;
    for (int i = 0; i < 8; ++i) {
        source.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 50'000));
        gone = store.snapshot(source);
    }
    store.snapshot(source, "the same");  // puts no pack
    store.test.backend().remove("snapshots/" + gone.hex());
    const PrunePlan plan = plan_of(store);
    CHECK(plan.dead.empty());
    CHECK(plan.small_packs == 16);
    CHECK(plan.vanished == std::set<SessionId>{gone});
    CHECK(refusal(store, {}, ErrorKind::Corrupt).find(gone.hex()) != std::string::npos);
}

TEST_CASE("rails: who began or ended after the listing has not vanished", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    auto running = std::make_unique<RunningWriter>(store, noise(9, 10'000));
    const auto plan_from = [&](const Marked& marked) { return plan_prune(*store.repository, marked, {}, {}, [] {}); };
    const Marked listed = mark_repository(*store.repository, {});  // its pack, but neither fence nor tombstone
    const std::string session = "sessions/" + running->session.sid().hex();
    const std::string end = "snapshots/" + running->session.sid().hex();
    CHECK(plan_from(listed).dead.size() == 3);
    CHECK(plan_from(listed).vanished.empty());  // by its session
    running.reset();
    CHECK_FALSE(store.test.memory().holds(session));
    CHECK(plan_from(listed).vanished.empty());  // by its fence
    const SessionId sid = SessionId::from_hex(end.substr(end.find('/') + 1));
    put_tombstone(*store.repository, sid);
    store.test.backend().remove(end);
    CHECK(plan_from(listed).vanished.empty());  // by its tombstone
    store.test.backend().remove("tombstones/" + sid.hex());
    CHECK(plan_from(listed).vanished == std::set<SessionId>{sid});
}

TEST_CASE("rails: what was forgotten, never committed, or stored twice needs no explanation", "[prune]") {
    const PruneSource source;
    source.file("keep", "x");
    PruneStore store;
    store.snapshot(source, "kept");
    source.file("big", noise(1, 400'000));
    const SessionId big = store.snapshot(source, "big");
    PruneOptions options = PruneStore::thorough();
    options.limits.max_delete = ByteLimit::exactly(0);
    {
        const RunningWriter abandoned(store, noise(9, 300'000));
    }
    CHECK(store.prune(options).packs_removed == 1);
    // A second copy: its writer saw the first one condemned.
    CondemnedRecord list;
    fill_random(list.number.bytes);
    list.packs = {*pack_of_name(store.pack_of(chunk_of(store.live().at(big), "/t/big")))};
    store.test.put(ObjectKind::Condemned, "condemned/" + list.number.hex(), list);
    SnapshotOptions rescan = options_for(source.top);
    rescan.force_rescan = true;
    rescan.series = "twice";
    take_snapshot(*store.repository, rescan);
    store.test.backend().remove("condemned/" + list.number.hex());
    CHECK(store.prune(options).packs_removed >= 1);
    CHECK(store.lost() == Names{});
    store.forget(big);
    CHECK(refusal(store, options).empty());
    CHECK(store.lost() == Names{});
}

TEST_CASE("a dry run changes nothing and plans what the run then does", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    PruneOptions options = PruneStore::thorough();
    options.dry_run = true;
    const auto before = store.test.memory().snapshot();
    const PruneReport planned = store.prune(options);
    CHECK(store.test.memory().snapshot() == before);
    options.dry_run = false;
    CHECK(store.prune(options).bytes_removed == planned.plan.dead_bytes());
    // As if another were forgotten: a plan of what a selection would free.
    options.dry_run = true;
    options.all = true;
    options.as_if_forgotten = {made.kept};
    CHECK(store.prune(options).plan.dead_bytes() == store.bytes("packs/"));
}
