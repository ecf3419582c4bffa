// What a check found, for people and as JSON.
#pragma once

#include <map>

#include "cli/json_output.h"
#include "cli/progress.h"
#include "store/check.h"

namespace vault {

// Entries that snapshots cannot give back, as they are found: with --json each is printed at once, for people they are
// gathered by path, so many at the most.
class HarmOutput {
  public:
    HarmOutput(Output& output, bool json) : output_(output), json_(json) {}
    void take(const HarmedEntry& entry);
    void show() const;  // for people

  private:
    static constexpr std::size_t kPathsHeld = 10'000, kPathsShown = 20;
    struct Harm {
        std::vector<SessionId> snapshots;  // the first few
        std::uint64_t count = 0;
        std::string pack;
    };
    Output& output_;
    const bool json_;
    std::map<std::string, Harm> by_path_;
    std::uint64_t not_held_ = 0;
};

ProgressState shown(const CheckProgress& progress);

void print(Output& output, const DamagedObject& damaged);  // as JSON

// Everything but the harm and the summary.
void show_findings(Output& output, const CheckReport& report);
void print_findings(Output& output, const CheckReport& report);

// Keys that the last check on this machine saw.
void show_keys_gone(Output& output, const CheckReport& report);
void show_check(Output& output, const CheckReport& report, std::int64_t elapsed_ns);
Json check_summary(const CheckReport& report, std::int64_t elapsed_ns);

// That it is not known what was deleted, since what checks remember could not be read or written: `why`; nothing where
// that is empty.
void complain_of_memory(const std::string& why);

// One line that says what the damage means.
std::string verdict(const CheckReport& report);

}  // namespace vault
