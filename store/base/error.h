// The one error type. Thrown; caught at three doors only: cli main (kind -> exit code), the FUSE adapter
// (kind -> errno) and a worker's join. Elsewhere it is caught only to add context and rethrown.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace vault {

enum class ErrorKind {
    Corrupt,       // bytes are not what they must be: damage or attack
    NotFound,      // an object, snapshot or path is absent
    Exists,        // create-if-absent found something there
    Denied,        // the system or the store refuses this caller
    Unsupported,   // a version or feature that this program does not know
    Busy,          // somebody else is at work; later it may succeed
    NoSpace,       // no room left on the device or in the quota
    Io,            // the medium or the system failed
    WrongKey,      // password or key file does not open the repository; never used for damage
    NoRepository,  // there is no repository at the place named
    ReadOnly,      // the store refuses writing
    Usage,         // the request itself is wrong
    Interrupted,   // a signal or the caller asked to stop
    Rollback,      // the repository is older than what this client has seen
};

// The name as it stands above, for messages and JSON.
std::string_view name(ErrorKind kind);

// what() is one line: what failed, which object or file, why; names from a repository are already escaped in it.
class Error : public std::runtime_error {
  public:
    Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    ErrorKind kind() const { return kind_; }

  private:
    ErrorKind kind_;
};

// An Error for a failed system call: `what` names call and object, `error_number` is errno. ENOSPC, EDQUOT and EFBIG
// are NoSpace, EMFILE, ENFILE and ENOMEM (this process ran short of something) are Busy, EROFS is ReadOnly, EACCES and
// EPERM are Denied, ENOENT is NotFound, EEXIST is Exists, all else is Io.
Error system_error(const std::string& what, int error_number);

// The same kind with `context: ` before the message, unless it begins so.
Error with_context(const std::string& context, const Error& error);
// The message without `context: ` at its start, however often that stands there: for who prints the name by itself.
std::string without_context(const std::string& context, const Error& error);

}  // namespace vault
