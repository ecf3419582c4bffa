// Which snapshots stay and which go, and why, as people and programs see it; shared by the commands that choose.
#pragma once

#include "cli/json_output.h"
#include "store/forget.h"

namespace vault {

// One table a series: each snapshot, newest first, with the rules that keep it.
void show_plan(Output& output, const ForgetPlan& plan);

// One object a series, with restic's fields `keep`, `remove` and `reasons`.
void print_groups(Output& output, const ForgetPlan& plan);

}  // namespace vault
