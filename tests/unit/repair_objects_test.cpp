// A repair where any one object is damaged, looks as if another program had written it, or cannot be read: it goes to
// its end, says what it could not put right, and takes nothing away that could be had before.
#include <catch2/catch.hpp>

#include "store/backend/object_names.h"
#include "store/repair.h"
#include "tests/support/every_object.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/prune_store.h"

using namespace vault;

namespace {

constexpr std::size_t kVersionAt = 10;  // of the envelope, which is in the clear

RepairReport repair(const Repository& repository, bool dry_run = false) {
    RepairOptions options;
    options.dry_run = dry_run;
    options.environment = everyone_is(Liveness::Gone).environment;
    CheckProgress progress;
    return vault::repair(
        repository, options, progress, [](const HarmedEntry&) {}, [] { return false; });
}

enum class Harm { SealedBit, VersionBit, CutShort, Unreadable };

std::string to_string(Harm harm) {
    switch (harm) {
        case Harm::SealedBit: return "a sealed bit is flipped";
        case Harm::VersionBit: return "a bit of its version is flipped";
        case Harm::CutShort: return "it is cut short";
        case Harm::Unreadable: return "it cannot be read";
    }
    return {};
}

Bytes harmed(const Bytes& object, Harm harm) {
    Bytes changed = object;
    if (harm == Harm::SealedBit) changed[changed.size() / 2] ^= 1;
    if (harm == Harm::VersionBit) changed[kVersionAt] ^= 4;
    if (harm == Harm::CutShort) changed.resize(changed.size() / 2);
    return changed;
}

Fault unreadable(const std::string& name) {
    Fault fault;
    fault.call = Call::Get;
    fault.name_prefix = name;
    fault.persistent = true;
    return fault;
}

bool is_there(const std::vector<std::string>& lines, const std::string& part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

// What can be had of `now` of all that could be had before. Empty: all of it, byte by byte.
std::string less(const ReadSnapshots& before, const ReadSnapshots& now) {
    for (const auto& [sid, entries] : before) {
        const auto found = now.find(sid);
        if (found == now.end()) return "snapshot " + sid.hex() + " is gone";
        for (const auto& [path, bytes] : entries)
            if (bytes && found->second.at(path) != bytes) return path + " is lost or differs";
    }
    return "";
}

// A store whose config and keyring have two generations each.
StoredObjects with_second_generations(EveryObject& store) {
    StoredObjects objects = store.objects();
    objects.erase("config/1");
    const auto repository = store.open(objects);
    REQUIRE(repair(*repository).generations_put == std::vector<std::string>{"keyring/2", "config/2"});
    return store.backend().snapshot();
}

}  // namespace

TEST_CASE("whatever one object suffers, a repair comes to its end and loses nothing that could be had", "[repair]") {
    EveryObject store;
    for (const auto& [name, object] : store.objects()) {
        if (name.starts_with("reserve/") || name.starts_with("tmp/")) continue;
        if (name.starts_with("keyring/") || name.starts_with("keys/")) continue;  // the only one: nothing opens
        for (const Harm harm : {Harm::SealedBit, Harm::VersionBit, Harm::CutShort, Harm::Unreadable}) {
            CAPTURE(name, to_string(harm));
            // "Unsupported is not invalid: it ends the search with that answer" (docs/format.md, section 6).
            if (name == "config/1" && harm == Harm::VersionBit) continue;
            StoredObjects objects = store.objects();
            objects[name] = harmed(object, harm);
            FaultyBackend faulty(store.backend());
            const auto repository = store.open(objects, borrowed(faulty));
            if (harm == Harm::Unreadable) faulty.inject(unreadable(name));
            const ReadSnapshots before = store.read(*repository);
            RepairReport report;
            REQUIRE_NOTHROW(report = repair(*repository));
            CHECK(less(before, store.read(*store.open(store.backend().snapshot(), borrowed(faulty)))) == "");
            // Whatever could not be put right is said.
            const bool superseded = name.starts_with("config/") && !report.generations_put.empty();
            if (!store.backend().holds(name) || superseded || report.before.sound()) continue;
            const auto pack = pack_of_name(name);
            CHECK((pack ? report.after.damage.packs.contains(*pack) : is_there(report.left, name)));
            CHECK_FALSE(report.whole(false));
        }
    }
}

TEST_CASE("an older config or keyring that is damaged or cannot be read stops no repair", "[repair]") {
    EveryObject store;
    const StoredObjects whole = with_second_generations(store);
    for (const std::string name : {"keyring/1", "config/2"}) {
        for (const Harm harm : {Harm::SealedBit, Harm::VersionBit, Harm::CutShort, Harm::Unreadable}) {
            if (name == "config/2" && harm == Harm::VersionBit) continue;  // the newest: see above
            CAPTURE(name, to_string(harm));
            StoredObjects objects = whole;
            objects[name] = harmed(whole.at(name), harm);
            FaultyBackend faulty(store.backend());
            if (harm == Harm::Unreadable) faulty.inject(unreadable(name));
            const auto repository = store.open(objects, borrowed(faulty));
            RepairReport report;
            REQUIRE_NOTHROW(report = repair(*repository));
            CHECK_FALSE(is_there(report.left, "config and keyring"));
            // Only what stands at the top has to be followed by a new one.
            CHECK(report.generations_put.size() == (name == "config/2" ? 2 : 0));
            CHECK(store.backend().holds("config/3") == (name == "config/2"));
            CHECK(store.read(*store.open(store.backend().snapshot(), borrowed(faulty))) == store.intact());
        }
    }
}

TEST_CASE("a generation that a newer program may have written is superseded by no repair", "[repair]") {
    EveryObject store;
    const StoredObjects whole = with_second_generations(store);
    StoredObjects objects = whole;
    const auto repository = store.open(objects);  // before the newer one appears
    Bytes newer = whole.at("config/2");
    newer[kVersionAt] ^= 4;
    store.backend().put_new("config/3", newer);
    const RepairReport report = repair(*repository);
    CHECK(is_there(report.left, "config and keyring"));
    CHECK_FALSE(report.whole(false));
    CHECK_FALSE(store.backend().holds("config/4"));
    CHECK_FALSE(store.backend().holds("keyring/3"));
}

TEST_CASE("a config that could not be read has a successor that names none, which check accepts", "[repair]") {
    EveryObject store;
    FaultyBackend faulty(store.backend());
    faulty.inject(unreadable("config/1"));
    const auto repository = store.open(store.objects(), borrowed(faulty));
    CHECK(repair(*repository).generations_put == std::vector<std::string>{"keyring/2", "config/2"});
    // The medium gives it again.
    faulty.clear_faults();
    const auto again = store.open(store.backend().snapshot());
    CHECK(repair(*again).before.sound());
}

TEST_CASE("a copy of directories that the medium does not give goes only if other copies say all that it said",
          "[repair]") {
    EveryObject store;
    std::string copies, pack;
    for (const auto& [name, object] : store.objects()) {
        if (name.starts_with("dirs/")) copies = name;
        if (name.starts_with("packs/") && pack.empty()) pack = name;
    }
    for (const bool pack_is_damaged : {false, true}) {
        CAPTURE(pack_is_damaged);
        StoredObjects objects = store.objects();
        std::erase_if(objects, [&](const auto& one) { return one.first.starts_with("dirs/") && one.first != copies; });
        if (pack_is_damaged) objects[pack][objects[pack].size() - 1] ^= 1;  // its trailer
        FaultyBackend faulty(store.backend());
        faulty.inject(unreadable(copies));
        const auto repository = store.open(objects, borrowed(faulty));
        CHECK(repair(*repository, true).directories_replaced == (pack_is_damaged ? 0 : 1));
        CHECK(store.backend().holds(copies));
        const RepairReport report = repair(*repository);
        if (store.backend().holds(pack) == pack_is_damaged) CHECK(store.backend().holds(copies) == pack_is_damaged);
        CHECK(report.directories_replaced == (store.backend().holds(copies) ? 0 : 1));
    }
}
