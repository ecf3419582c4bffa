// The real code of snapshot, forget, prune and repack on one store in memory, scheduled, killed and cut from power by a
// seed. VAULT_TEST_SEEDS=N runs N seeds of each kind, VAULT_TEST_SEED=N one seed alone and prints what it did.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>

#include "store/control_objects.h"
#include "store/prune.h"
#include "store/snapshots.h"
#include "tests/support/effort.h"
#include "tests/support/prune_store.h"
#include "tests/support/simulation.h"

using namespace vault;

namespace {

constexpr std::size_t kVariants = 4;

// Random names are 16 hexadecimal digits or more, and packs lie in folders by their first two. No std::regex: g++ 12
// warns of it by mistake under ASan.
std::string without_names(const std::string& line) {
    constexpr const char kHex[] = "0123456789abcdef";
    std::string out;
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t digits = std::min(line.find_first_not_of(kHex, at), line.size()) - at;
        const bool is_folder = line.compare(at, 6, "packs/") == 0 && line.find_first_not_of(kHex, at + 6) == at + 8 &&
                               line[at + 8] == '/';
        if (digits >= 16 || is_folder) out += '#';
        else out.append(line, at, std::max<std::size_t>(digits, 1));
        at += is_folder ? 9 : std::max<std::size_t>(digits, 1);
    }
    return out;
}

// Trees that share some of their files. Made once: seeds only read them.
const PruneSource& variant(std::size_t number) {
    static const std::vector<std::unique_ptr<PruneSource>> all = [] {
        std::vector<std::unique_ptr<PruneSource>> made;
        for (std::size_t i = 0; i < kVariants; ++i) {
            made.push_back(std::make_unique<PruneSource>());
            for (std::size_t file = 0; file < 6; ++file)
                if (file % kVariants != i)
                    made.back()->file("d" + std::to_string(file % 2) + "/f" + std::to_string(file),
                                      noise(file, 3'000 + 9'000 * file));
            made.back()->file("own", noise(100 + i, 20'000));
        }
        return made;
    }();
    return *all[number];
}

class World {
  public:
    explicit World(const SimulationOptions& options)
        : simulation(options), test(simulation.shared_store()), random(options.seed * 7 + 1) {
        const auto setup = test.open("setup");
        for (std::size_t i = 0; i < 2; ++i) take(*setup, pick(kVariants));
    }

    // Two rounds: what is left by the first, dead or not, is what the second finds.
    void run() {
        for (int round = 0; round < 2; ++round) {
            const std::string suffix = std::to_string(round);
            const std::size_t writers = 1 + pick(2), pruners = 1 + pick(2);
            for (std::size_t i = 0; i < writers; ++i) add_writer("writer" + std::to_string(i) + "." + suffix);
            for (std::size_t i = 0; i < pruners; ++i) add_pruner("pruner" + std::to_string(i) + "." + suffix);
            add_forgetter("forgetter." + suffix);
            simulation.run();
        }
    }

    // Everybody is gone. What was promised must be there, and nothing else may be left after a prune or two.
    std::vector<std::string> violations() {
        std::vector<std::string> found;
        check_live("before the last prune", found);
        const auto repository = test.open("last");
        PruneOptions options = everyone_is(Liveness::Gone);
        options.all = true;
        PruneProgress progress;
        for (int i = 0; i < 2; ++i) prune(*repository, options, progress, [] { return false; });
        check_live("after the last prune", found);
        for (const char* folder : {"condemned/", "waiting/", "sessions/"})
            for (const ObjectInfo& info : test.backend().list(folder)) found.push_back("left over: " + info.name);
        MarkOptions mark;
        mark.no_live_snapshot_is_fine = true;
        const PrunePlan plan = plan_prune(*repository, mark_repository(*repository, mark), {}, options.limits, [] {});
        if (!plan.dead.empty()) found.push_back(std::to_string(plan.dead.size()) + " dead packs are left");
        return found;
    }

    Simulation simulation;

  private:
    std::size_t pick(std::size_t below) { return random() % below; }

    void take(const Repository& repository, std::size_t number) {
        SnapshotOptions options = options_for(variant(number).top);
        options.series = "s" + std::to_string(number);
        options.threads = 1;
        options.packs.publishers = 1;
        const SessionId sid = take_snapshot(repository, options).record.sid;
        const std::lock_guard lock(mutex);
        acknowledged[sid] = number;
    }

    void add_writer(const std::string& name) {
        const std::size_t number = pick(kVariants), runs = 1 + pick(2);
        simulation.add_actor(name, [=, this] {
            const auto repository = test.open(simulation.backend_of(name), name);
            for (std::size_t i = 0; i < runs; ++i) take(*repository, (number + i) % kVariants);
        });
    }

    void add_pruner(const std::string& name) {
        PruneOptions options = PruneStore::thorough();
        if (pick(3) == 0) options.limits.max_unused = ByteLimit::share(50);
        options.all = true;
        options.limits.packs.publishers = 1;  // of two, no seed could own the order
        options.environment.wait_limit = std::chrono::minutes(10);
        options.environment.time = [this] { return simulation.time(); };
        options.environment.pause = [this, name](std::chrono::milliseconds length) {
            simulation.pause(name, length);
        };
        // Who is judged dead is not always dead: no clock and no process table is part of the safety.
        const bool rash = pick(4) == 0;
        options.environment.liveness_of = [this, rash](const ProcessIdentity&, const std::string& object) {
            if (simulation.is_putter_gone(object)) return Liveness::Gone;
            return rash && simulation.random()() % 3 == 0 ? Liveness::Gone : Liveness::Alive;
        };
        simulation.add_actor(name, [=, this] {
            const auto repository = test.open(simulation.backend_of(name), name);
            PruneProgress progress;
            prune(*repository, options, progress, [&] {
                simulation.pause(name, std::chrono::milliseconds(0));
                return false;
            });
        });
    }

    void add_forgetter(const std::string& name) {
        simulation.add_actor(name, [=, this] {
            const auto repository = test.open(simulation.backend_of(name), name);
            for (int i = 0; i < 2; ++i) {
                const SnapshotListing listing = list_snapshots(*repository);
                if (listing.live.empty()) return;
                const SessionId sid = listing.live[simulation.random()() % listing.live.size()].sid;
                {
                    const std::lock_guard lock(mutex);
                    forgotten.insert(sid);
                }
                TombstoneRecord record;
                record.sid = sid;
                put_record(*repository, ObjectKind::Tombstone, "tombstones/" + sid.hex(), record);
            }
        });
    }

    void check_live(const std::string& when, std::vector<std::string>& found) {
        const auto reader = test.open("reader " + std::to_string(++readers));
        std::map<SessionId, CommitRecord> live;
        for (const Snapshot& snapshot : list_snapshots(*reader).live) live[snapshot.sid] = snapshot.record;
        for (const auto& [sid, number] : acknowledged)
            if (!forgotten.contains(sid) && !live.contains(sid)) found.push_back(when + ": " + sid.hex() + " is gone");
        // Those that nobody heard of, too: a commit is a commit.
        for (const auto& [sid, record] : live) {
            try {
                const std::size_t number = static_cast<std::size_t>(record.series.back() - '0');
                for (const std::string& line : differences(read_back(*reader, record), "/t", variant(number).top))
                    found.push_back(when + ": " + sid.hex() + " " + line);
            } catch (const Error& error) {
                found.push_back(when + ": " + sid.hex() + ": " + error.what());
            }
        }
    }

    TestRepository test;
    std::mt19937_64 random;
    std::mutex mutex;  // guards the two below
    std::map<SessionId, std::size_t> acknowledged;  // and of which variant
    std::set<SessionId> forgotten;
    int readers = 0;
};

SimulationOptions options_of(std::uint64_t seed) {
    SimulationOptions options;
    options.seed = seed;
    options.as_object_store = seed % 2 == 0;
    if (seed % 3 == 0) options.kill_permille = 4;
    if (seed % 5 == 0) options.lose_reply_permille = 40;
    if (seed % 7 == 0) options.fail_permille = 5;
    options.power_cut = seed % 4 == 3;
    return options;
}

void run_seed(std::uint64_t seed, bool talk) {
    World world(options_of(seed));
    world.run();
    const auto violations = world.violations();
    if (talk || !violations.empty())
        for (const std::string& line : world.simulation.trace()) std::cout << line << "\n";
    for (const std::string& violation : violations) UNSCOPED_INFO(violation);
    CAPTURE(seed);
    CHECK(violations.empty());
}

}  // namespace

TEST_CASE("whatever the schedule, the kills and the power cuts: nothing that was acknowledged is lost", "[prune]") {
    if (const std::uint64_t seed = from_environment("VAULT_TEST_SEED", 0); seed > 0) return run_seed(seed, true);
    const std::uint64_t seeds = from_environment("VAULT_TEST_SEEDS", soak() ? 20'000 : kSanitized ? 15 : 300);
    const std::uint64_t first = from_environment("VAULT_TEST_FIRST_SEED", 1);
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) run_seed(seed, false);
    std::cout << seeds << " seeds from " << first << "\n";
}

// The index numbers packs as its threads happen to read them, which no seed owns: once a chunk lies in two packs, one
// run may mark the other copy. Up to there a seed is one sequence of calls.
TEST_CASE("a seed is replayed call by call", "[prune]") {
    constexpr std::size_t kCallsCompared = 100;
    for (std::uint64_t seed = 1; seed <= (kSanitized ? 2 : 8); ++seed) {
        std::vector<std::string> traces[2];
        for (auto& trace : traces) {
            World world(options_of(seed));
            world.run();
            // Times of day are in what is stored, so that names differ.
            for (const std::string& line : world.simulation.trace())
                if (line.find(" ended: ") == std::string::npos) trace.push_back(without_names(line));
            REQUIRE(trace.size() >= kCallsCompared);
            trace.resize(kCallsCompared);
        }
        CAPTURE(seed);
        CHECK(traces[0] == traces[1]);
    }
}
