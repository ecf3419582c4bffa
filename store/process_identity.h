// Who this process is, in the terms by which others on the machine tell whether it still lives.
#pragma once

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

// The machine's name as snapshots record it.
std::string host_name();

}  // namespace vault
