// Error kind -> exit code and advice.
#include "cli/exit_code.h"

namespace vault {

ExitCode exit_code(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Corrupt: return ExitCode::Integrity;
        case ErrorKind::NotFound: return ExitCode::Failed;
        case ErrorKind::Exists: return ExitCode::Failed;
        case ErrorKind::Denied: return ExitCode::Failed;
        case ErrorKind::Unsupported: return ExitCode::Unsupported;
        case ErrorKind::Busy: return ExitCode::Busy;
        case ErrorKind::NoSpace: return ExitCode::NoSpace;
        case ErrorKind::Io: return ExitCode::Failed;
        case ErrorKind::WrongKey: return ExitCode::WrongKey;
        case ErrorKind::NoRepository: return ExitCode::NoRepository;
        case ErrorKind::ReadOnly: return ExitCode::ReadOnly;
        case ErrorKind::Usage: return ExitCode::Usage;
        case ErrorKind::Interrupted: return ExitCode::Interrupted;
        case ErrorKind::Rollback: return ExitCode::Rollback;
    }
    return ExitCode::Failed;
}

std::string advice(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::WrongKey: return "check the password or key file, or give the recovery key in VAULT_KEY_FILE";
        case ErrorKind::NoRepository: return "name one with --repo or VAULT_REPOSITORY, or make one with `vault init`";
        case ErrorKind::Corrupt: return "keep the store as it is; what does not need this part can still be read";
        case ErrorKind::NoSpace: return "make room there and repeat the command; nothing half-written counts";
        case ErrorKind::ReadOnly: return "make the store writable and repeat the command";
        case ErrorKind::Busy: return "repeat the command later";
        case ErrorKind::Denied: return "run as a user who may do this";
        default: return "";
    }
}

}  // namespace vault
