// Who this process is, in the terms by which others on the machine tell whether it still lives.
#pragma once

#include <cstdint>
#include <optional>

#include "store/format/control_records.h"

namespace vault {

// This process. What the system does not tell stays zero.
ProcessIdentity this_process();

enum class Liveness {
    Alive,
    Gone,     // certain: same machine, boot and pid namespace, and no such process
    Unknown,  // of another machine, boot or namespace
};
Liveness liveness(const ProcessIdentity& process);

// Ticks since boot at which a process of this pid namespace started; nothing where there is no such process, or only
// what its parent has not waited for yet: that does nothing any more.
std::optional<std::uint64_t> start_ticks(std::uint32_t pid);

// The machine's name as snapshots record it.
std::string host_name();

}  // namespace vault
