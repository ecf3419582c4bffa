// Runs real operations as actors on one store in memory, one at a time: a baton goes from actor to actor at calls of
// the backend, and one seed owns who gets it, the clock, the faults and the randomness. The same seed is the same run.
#pragma once

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

namespace vault {

struct SimulationOptions {
    std::uint64_t seed = 1;
    bool as_object_store = false;  // listings by pages, each true for its own moment only
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
    std::mt19937_64& random() { return random_; }

    // The store as one actor sees it: each call waits for the baton.
    std::shared_ptr<Backend> backend_of(const std::string& actor);

    // To be added before run(). `work` may throw anything; what an actor does after its death throws.
    void add_actor(const std::string& name, std::function<void()> work);
    void run();  // returns when all have ended; in every thread of an actor the randomness is the seed's

    bool is_dead(const std::string& actor);
    // Whether the actor that put `object` (a session or a condemned list) has died or ended.
    bool is_putter_gone(const std::string& object);
    Time time();                                  // virtual
    void pause(const std::string& actor, std::chrono::milliseconds length);  // passes virtual time and the baton
    std::vector<std::string> trace();             // "<actor> <call> <name>" in order

  private:
    friend class SimulatedBackend;
    friend class SimulatedWriter;
    struct Actor {
        std::function<void()> work;
        std::thread thread;
        bool done = false, dead = false;
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
    std::shared_ptr<MemoryBackend> store_;
    std::mt19937_64 random_;

    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::map<std::string, Actor> actors_;
    std::string holder_;  // of the baton
    bool running_ = false;
    std::uint64_t calls_ = 0, cut_at_ = 0;
    std::int64_t milliseconds_ = 0;
    std::vector<std::string> trace_;
    std::map<std::string, std::string> put_by_;      // sessions and condemned lists
    std::map<std::string, Bytes> removed_unsynced_;  // what a power cut may bring back
};

}  // namespace vault
