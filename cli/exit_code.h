// What the process ends with. docs/cli.md, "Exit codes".
#pragma once

#include <string>

#include "store/base/error.h"

namespace vault {

enum class ExitCode : int {  // scripts rely on them: never renumber
    Ok = 0,
    Failed = 1,
    Usage = 2,
    SomeUnreadable = 3,    // snapshot made, but some sources could not be read
    SomeChanged = 4,       // snapshot made, but some files changed while they were read
    SomeNotRestored = 5,   // restore went through, with errors of single files
    NoRepository = 10,
    Busy = 11,
    WrongKey = 12,
    Integrity = 13,
    NoSpace = 14,
    ReadOnly = 15,
    Unsupported = 16,
    Rollback = 17,
    Interrupted = 130,
    OutputClosed = 141,  // nobody reads our stdout any more: what a shell shows for SIGPIPE
};

ExitCode exit_code(ErrorKind kind);

// What comes next where something in an open repository did not verify.
inline constexpr const char* kAfterDamage =
    "`vault check --read-data` names all that is damaged and puts it on record, `vault repair` then saves what can be "
    "read";

// What a user can do about it, as the end of an error's line; empty where the message has to say it.
std::string advice(ErrorKind kind);

}  // namespace vault
