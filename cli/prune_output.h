// What a prune did, for people and programs.
#pragma once

#include "cli/json_output.h"
#include "store/forget.h"
#include "store/prune.h"

namespace vault {

// What rules selected, where there were any; what was reclaimed is told apart from it.
void show_selected(Output& output, const ForgetPlan& plan, bool dry_run);

Json prune_summary(const PruneReport& report, const std::optional<ForgetPlan>& selected, bool dry_run,
                   std::int64_t elapsed_ns);
void show_prune(Output& output, const PruneReport& report, bool dry_run);

}  // namespace vault
