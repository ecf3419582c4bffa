// What a prune did, for people and programs; and how its limits are written.
#pragma once

#include "cli/json_output.h"
#include "store/forget.h"
#include "store/prune.h"

namespace vault {

// "10%" or a size. All throw Usage, naming the option.
ByteLimit parse_limit(const std::string& option, const std::string& text);
std::uint64_t parse_size(const std::string& option, const std::string& text);  // "512", "10K", "1.5GiB": powers of 1024
std::int64_t parse_age(const std::string& option, const std::string& text);    // "90s", "30m", "12h", "7d", "4w"

// What rules selected, where there were any; what was reclaimed is told apart from it.
void show_selected(Output& output, const ForgetPlan& plan, bool dry_run);

Json prune_summary(const PruneReport& report, const std::optional<ForgetPlan>& selected, bool dry_run,
                   std::int64_t elapsed_ns);
void show_prune(Output& output, const PruneReport& report, bool dry_run);

}  // namespace vault
