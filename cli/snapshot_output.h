// A snapshot as people and programs see it; shared by the commands that show one.
#pragma once

#include "cli/json_output.h"
#include "store/snapshots.h"

namespace vault {

std::string human_time(const Time& time);  // "2026-11-21 14:15:55", UTC

// restic's fields of a snapshot, and vault's own behind them. Without a message_type.
Json snapshot_object(const Snapshot& snapshot);

// files_new … total_bytes_processed: what one run did.
void put_totals(Json& object, const CommitRecord& record);


}  // namespace vault
