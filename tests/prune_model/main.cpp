// Searches the model breadth first, so that the first violation has a shortest trace.
//   prune_model            every configuration as it is: no violation; then every mutation where it is to be caught
//   prune_model NAME [MUTATION]   one configuration; the trace of a violation
// VAULT_MODEL_STATES bounds the states of one search (8 million unless given); a bound that is hit is said.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tests/prune_model/model.h"

using namespace prune_model;

namespace prune_model {

const char* const kMutationNames[] = {
#define X(name, where, text) #name,
    PRUNE_MODEL_MUTATIONS(X)
#undef X
};
const char* const kMutationTexts[] = {
#define X(name, where, text) text,
    PRUNE_MODEL_MUTATIONS(X)
#undef X
};
const char* const kCaughtIn[] = {
#define X(name, where, text) where,
    PRUNE_MODEL_MUTATIONS(X)
#undef X
};

}  // namespace prune_model

namespace {

std::uint64_t hash_of(const State& state) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&state);
    std::uint64_t hash = 0x9e3779b97f4a7c15u;
    for (std::size_t i = 0; i < sizeof state; i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + i, std::min<std::size_t>(8, sizeof state - i));
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    return hash;
}

struct Result {
    const char* violation = nullptr;
    std::uint64_t states = 0;
    bool complete = true;
    double seconds = 0;
    std::vector<std::string> trace;
};

class Search {
  public:
    Search(const Model& model, std::size_t limit) : model_(model), limit_(limit), table_(1u << 16, 0) {}

    Result run() {
        const auto start = std::chrono::steady_clock::now();
        Result result;
        insert(model_.initial(), 0);
        Successors out;
        for (std::size_t at = 0; at < states_.size() && result.violation == nullptr; ++at) {
            const State state = states_[at];
            out.states.clear();
            model_.successors(state, out);
            for (const State& next : out.states) {
                if (!insert(next, at)) continue;
                result.violation = model_.violation(next);
                if (result.violation != nullptr) break;
            }
            if (states_.size() > limit_ && result.violation == nullptr) {
                result.complete = false;
                break;
            }
        }
        result.states = states_.size();
        result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        if (result.violation != nullptr) result.trace = trace_of(states_.size() - 1);
        return result;
    }

  private:
    bool insert(const State& state, std::size_t from) {
        if ((states_.size() + 1) * 2 > table_.size()) grow();
        std::size_t slot = hash_of(state) & (table_.size() - 1);
        for (; table_[slot] != 0; slot = (slot + 1) & (table_.size() - 1))
            if (states_[table_[slot] - 1] == state) return false;
        states_.push_back(state);
        from_.push_back(static_cast<std::uint32_t>(from));
        table_[slot] = static_cast<std::uint32_t>(states_.size());
        return true;
    }

    void grow() {
        std::vector<std::uint32_t> larger(table_.size() * 2, 0);
        for (std::size_t i = 0; i < states_.size(); ++i) {
            std::size_t slot = hash_of(states_[i]) & (larger.size() - 1);
            while (larger[slot] != 0) slot = (slot + 1) & (larger.size() - 1);
            larger[slot] = static_cast<std::uint32_t>(i + 1);
        }
        table_ = std::move(larger);
    }

    std::vector<std::string> trace_of(std::size_t at) {
        std::vector<std::string> steps;
        for (; at != 0; at = from_[at]) {
            Successors out;
            out.with_text = true;
            model_.successors(states_[from_[at]], out);
            for (std::size_t i = 0; i < out.states.size(); ++i) {
                if (!(out.states[i] == states_[at])) continue;
                steps.insert(steps.begin(), out.texts[i]);
                break;
            }
        }
        return steps;
    }

    const Model& model_;
    const std::size_t limit_;
    std::vector<State> states_;
    std::vector<std::uint32_t> from_, table_;
};

std::size_t limit_of_states() {
    const char* text = std::getenv("VAULT_MODEL_STATES");
    return text == nullptr ? 8'000'000 : std::strtoull(text, nullptr, 10);
}

Result search(const Configuration& configuration, Mutation mutation, bool with_trace) {
    const Model model{configuration, mutation};
    const Result result = Search(model, limit_of_states()).run();
    std::printf("%-16s %-24s %-10s %9llu states %6.1f s  %s\n", configuration.name,
                kMutationNames[static_cast<std::size_t>(mutation)],
                result.violation != nullptr ? "VIOLATION" : result.complete ? "holds" : "CUT OFF",
                static_cast<unsigned long long>(result.states), result.seconds,
                result.violation != nullptr ? result.violation : "");
    if (with_trace)
        for (std::size_t i = 0; i < result.trace.size(); ++i)
            std::printf("  %3zu  %s\n", i + 1, result.trace[i].c_str());
    std::fflush(stdout);
    return result;
}

const Configuration* find_configuration(const std::string& name) {
    for (const Configuration& configuration : kConfigurations)
        if (name == configuration.name) return &configuration;
    return nullptr;
}

int search_all() {
    int wrong = 0;
    for (const Configuration& configuration : kConfigurations) {
        const Result result = search(configuration, Mutation::None, true);
        if (result.violation != nullptr || !result.complete) ++wrong;
    }
    for (int i = 1; i < static_cast<int>(Mutation::Count); ++i) {
        const auto mutation = static_cast<Mutation>(i);
        const char* const where = kCaughtIn[i];
        const Configuration* configuration = find_configuration(where);
        if (configuration != nullptr && search(*configuration, mutation, false).violation != nullptr) continue;
        ++wrong;
        std::printf("NOT CAUGHT in %s: %s: %s\n", where, kMutationNames[i], kMutationTexts[i]);
    }
    std::printf("%d mutations, %d of all searches went wrong\n", static_cast<int>(Mutation::Count) - 1, wrong);
    return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return search_all();
    for (const Configuration& configuration : kConfigurations) {
        if (std::string(arguments[1]) != configuration.name) continue;
        for (int i = 0; i < static_cast<int>(Mutation::Count); ++i) {
            if (std::string(count > 2 ? arguments[2] : "None") != kMutationNames[i]) continue;
            return search(configuration, static_cast<Mutation>(i), true).violation != nullptr ? 1 : 0;
        }
    }
    std::fprintf(stderr, "no such configuration or mutation\n");
    return 2;
}
