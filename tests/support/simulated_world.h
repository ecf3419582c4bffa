// One store, actors that run the real operations of vault on it in two rounds, and the judgement at the end.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/prune_environment.h"
#include "tests/support/simulated_damage.h"
#include "tests/support/simulated_promises.h"
#include "tests/support/simulation.h"
#include "tests/support/test_repository.h"

namespace vault {

struct WorldOptions {
    SimulationOptions simulation;
    bool is_struck = false;  // between the rounds something is damaged
};

// Which of everything that can happen does in the world of a seed.
WorldOptions world_of(std::uint64_t seed);

// Of two publishers no seed could own the order.
PackLimits one_publisher();

// The first thing that the report finds wrong, in one line.
std::string first_finding(const CheckReport& report);

class SimulatedWorld {
  public:
    explicit SimulatedWorld(const WorldOptions& options);

    // What is left by the first round, dead or not, is what the second finds.
    void run();
    // Everybody is gone. What was promised must be there, and nothing else may be left after a repair and a prune or
    // two.
    std::vector<std::string> violations();
    std::vector<std::string> trace() { return simulation_.trace(); }

  private:
    using Work = std::function<void(const std::string& actor, const Repository& repository)>;

    std::size_t pick(std::size_t below) { return random_() % below; }
    bool may_see_damage() const { return damage_.has_value() || options_.simulation.fail_permille > 0; }
    PruneEnvironment environment_of(const std::string& actor, bool is_rash);
    void take(const Repository& repository, std::size_t variant, const std::string& series);

    // `kind` names the client, whose folders it keeps for the next round; it is made an actor of this round, and begins
    // after a while.
    void add(const std::string& kind, Work work);
    void begin();
    void add_actors();
    void add_writer(const std::string& kind);
    void add_pruner(const std::string& kind);
    void add_forgetter();
    void add_undeleter();
    void add_tagger();
    void add_checker();
    void add_repairer();
    void mend(std::vector<std::string>& found);

    const WorldOptions options_;
    Simulation simulation_;
    TestRepository test_;
    std::mt19937_64 random_;
    SimulatedPromises promises_;
    std::optional<SimulatedDamage> damage_;
    int round_ = 0;
    std::size_t rare_variant_ = 0;  // mostly forgotten when the first round begins, and often wanted again
};

}  // namespace vault
