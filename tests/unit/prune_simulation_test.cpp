// The real code of snapshot, forget, undelete, tags, prune, repack, check and repair on one store in memory, scheduled,
// damaged, killed and cut from power by a seed. VAULT_TEST_SEEDS=N runs N seeds, from VAULT_TEST_FIRST_SEED on;
// VAULT_TEST_SEED=N one seed alone and prints what it did.
#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "tests/support/effort.h"
#include "tests/support/simulated_world.h"

using namespace vault;

namespace {

constexpr const char* kTraceBegins = "trace of seed ";

std::vector<std::string> trace_of(std::uint64_t seed) {
    SimulatedWorld world(world_of(seed));
    world.run();
    return world.trace();
}

void run_seed(std::uint64_t seed, bool talk) {
    SimulatedWorld world(world_of(seed));
    std::vector<std::string> violations;
    try {
        world.run();
        violations = world.violations();
    } catch (const std::exception& error) {
        violations.push_back(std::string("what must work when all have ended does not: ") + error.what());
    }
    if (talk || !violations.empty()) {
        std::cout << kTraceBegins << seed << "\n";
        for (const std::string& line : world.trace()) std::cout << line << "\n";
    }
    for (const std::string& violation : violations) UNSCOPED_INFO(violation);
    CAPTURE(seed);
    CHECK(violations.empty());
}

// The lines that another process prints of one seed.
std::vector<std::string> trace_elsewhere(std::uint64_t seed) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe");
    const std::string command = "VAULT_TEST_SEED=" + std::to_string(seed) + " '" + program + "' '[seeds]'";
    const auto close = [](std::FILE* pipe) { ::pclose(pipe); };
    const std::unique_ptr<std::FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
    REQUIRE(pipe);
    std::string text;
    std::array<char, 4'096> part{};
    while (const std::size_t bytes = std::fread(part.data(), 1, part.size(), pipe.get()))
        text.append(part.data(), bytes);
    std::vector<std::string> lines;
    text.erase(0, text.find(kTraceBegins));
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
        lines.push_back(text.substr(at, end - at));
    return lines;
}

// Of two traces the first lines that differ.
std::string first_difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    for (std::size_t i = 0; i < a.size() || i < b.size(); ++i) {
        const std::string one = i < a.size() ? a[i] : "(end)", other = i < b.size() ? b[i] : "(end)";
        if (one != other) return "line " + std::to_string(i) + ": " + one + " | " + other;
    }
    return "";
}

}  // namespace

TEST_CASE("whatever the schedule, the damage, the kills and the power cuts: nothing acknowledged is lost", "[seeds]") {
    if (const std::uint64_t seed = from_environment("VAULT_TEST_SEED", 0); seed > 0) return run_seed(seed, true);
    const std::uint64_t seeds = from_environment("VAULT_TEST_SEEDS", soak() ? 20'000 : kSanitized ? 15 : 300);
    const std::uint64_t first = from_environment("VAULT_TEST_FIRST_SEED", 1);
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) run_seed(seed, false);
    std::cout << seeds << " seeds from " << first << "\n";
}

TEST_CASE("a seed is replayed call by call and name by name", "[replay]") {
    for (std::uint64_t seed = 1; seed <= (kSanitized ? 2 : 12); ++seed) {
        CAPTURE(seed);
        CHECK(first_difference(trace_of(seed), trace_of(seed)) == "");
    }
}

TEST_CASE("a seed is replayed by its number in another process", "[replay]") {
    for (const std::uint64_t seed : {11, 12}) {
        const std::vector<std::string> here = trace_of(seed);
        std::vector<std::string> there = trace_elsewhere(seed);
        REQUIRE(there.size() > here.size() + 1);  // between its first line and what the test's end says
        there.erase(there.begin());
        there.resize(here.size());
        CAPTURE(seed);
        CHECK(first_difference(here, there) == "");
    }
}
