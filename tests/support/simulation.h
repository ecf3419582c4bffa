// Runs real operations as actors on one store in memory, one at a time: a baton goes from actor to actor at calls of
// the backend, and one seed owns who gets it, the clock, the faults and the randomness. The same seed is the same run,
// call by call and name by name.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "store/clock.h"
#include "store/process_identity.h"
#include "tests/support/memory_backend.h"
#include "tests/support/simulated_machine.h"

namespace vault {

struct SimulationOptions {
    std::uint64_t seed = 1;
    bool as_object_store = false;  // listings by pages, each true for its own moment only
    unsigned stay_percent = 0;     // of calls after which an actor goes on; at the others somebody is chosen anew
    // Of calls before which an actor stops for up to 100 calls of others; five times as many of who has put a condemned
    // list, since most rules are about what others do until it is carried out.
    unsigned nap_permille = 0;
    unsigned kill_permille = 0;    // of each call: its actor dies at it, before or after it took effect
    unsigned lose_reply_permille = 0;
    unsigned fail_permille = 0;    // Io, without effect
    bool power_cut = false;        // one, at a random call: all actors die, removals that no sync made durable may undo
};

class Simulation {
  public:
    explicit Simulation(const SimulationOptions& options);
    ~Simulation();

    MemoryBackend& store() { return *store_; }
    std::shared_ptr<MemoryBackend> shared_store() { return store_; }

    // The store as one actor sees it: each call waits for the baton.
    std::shared_ptr<Backend> backend_of(const std::string& actor);

    // To be added before run(). `work` may throw anything; what an actor does after its death throws.
    void add_actor(const std::string& name, std::function<void()> work);
    void run();  // returns when all have ended

    // For what the actor's own thread chooses by chance.
    std::uint64_t draw(const std::string& actor);
    bool is_dead(const std::string& actor);
    // Whether the actor that put `object` (a session or a condemned list) has died or ended.
    bool is_putter_gone(const std::string& object);
    // Virtual time, which now() is as long as this lives: a millisecond a call, and what is passed here.
    void pass_time(std::chrono::milliseconds length) { nanoseconds_ += length.count() * 1'000'000; }
    void pause(const std::string& actor, std::chrono::milliseconds length);  // passes time and the baton
    std::vector<std::string> trace();             // "<actor> <call> <name>" in order

  private:
    friend class SimulatedBackend;
    friend class SimulatedWriter;
    struct Actor {
        std::function<void()> work;
        std::mt19937_64 stream;  // its randomness: what two actors draw at once must not mix
        std::thread thread;
        bool done = false, dead = false;
        std::uint64_t wakes_at = 0;  // in calls of all
        bool has_condemned = false;
        std::string failure;  // how its work ended, if it threw
        std::mutex calls;  // of its several threads one calls at a time
    };
    enum class Fate { Happens, Fails, ReplyLost, DiesBefore, DiesAfter };

    // Hands the baton on and waits for its return; then says what becomes of the call.
    Fate begin(const std::string& actor, const std::string& call);
    void end_of(const std::string& actor);
    void die(const std::string& actor);
    void hand_on();  // with mutex_ held
    void cut_power();
    void removed(const std::string& name, const Bytes& contents);
    void synced();

    const SimulationOptions options_;
    std::atomic<std::int64_t> nanoseconds_;
    const GovernedClock clock_;
    std::shared_ptr<MemoryBackend> store_;
    std::mt19937_64 random_;

    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::map<std::string, Actor> actors_;
    std::string holder_;  // of the baton
    bool running_ = false;
    std::uint64_t calls_ = 0, cut_at_ = 0;
    std::vector<std::string> trace_;
    std::map<std::string, std::string> put_by_;      // sessions and condemned lists
    std::map<std::string, Bytes> removed_unsynced_;  // what a power cut may bring back
};

}  // namespace vault
