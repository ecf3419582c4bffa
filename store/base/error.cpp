// Names of error kinds and the mapping from errno.
#include "store/base/error.h"

#include <cerrno>
#include <cstring>
#include <string_view>

namespace vault {

std::string_view name(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Corrupt: return "Corrupt";
        case ErrorKind::NotFound: return "NotFound";
        case ErrorKind::Exists: return "Exists";
        case ErrorKind::Denied: return "Denied";
        case ErrorKind::Unsupported: return "Unsupported";
        case ErrorKind::Busy: return "Busy";
        case ErrorKind::NoSpace: return "NoSpace";
        case ErrorKind::Io: return "Io";
        case ErrorKind::WrongKey: return "WrongKey";
        case ErrorKind::NoRepository: return "NoRepository";
        case ErrorKind::ReadOnly: return "ReadOnly";
        case ErrorKind::Usage: return "Usage";
        case ErrorKind::Interrupted: return "Interrupted";
        case ErrorKind::Rollback: return "Rollback";
    }
    return "unknown";
}

namespace {

ErrorKind kind_of_errno(int error_number) {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
        case EFBIG: return ErrorKind::NoSpace;
        case EMFILE:
        case ENFILE:
        case ENOMEM: return ErrorKind::Busy;
        case EROFS: return ErrorKind::ReadOnly;
        case EACCES:
        case EPERM: return ErrorKind::Denied;
        case ENOENT: return ErrorKind::NotFound;
        case EEXIST: return ErrorKind::Exists;
        default: return ErrorKind::Io;
    }
}

}  // namespace

Error system_error(const std::string& what, int error_number) {
    return Error(kind_of_errno(error_number), what + ": " + std::strerror(error_number));
}

std::string without_context(const std::string& context, const Error& error) {
    std::string_view message = error.what();
    const std::string start = context + ": ";
    while (message.starts_with(start)) message.remove_prefix(start.size());
    return std::string(message);
}

Error with_context(const std::string& context, const Error& error) {
    return Error(error.kind(), context + ": " + without_context(context, error));
}

}  // namespace vault
