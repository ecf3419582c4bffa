// What one thing among many may suffer without the store as a whole having failed.
#pragma once

#include <optional>

#include "store/base/error.h"

namespace vault {

// Damage, and what damage took along: the one object, node or chunk, and not the store as a whole.
inline bool is_damaged_or_gone(const Error& error) {
    return error.kind() == ErrorKind::Corrupt || error.kind() == ErrorKind::NotFound;
}

// Damage; a version or key that this program does not know, which one flipped bit in a clear head looks like; a bad
// sector. Whoever looks at many things notes it and goes on.
inline bool is_finding(const Error& error) {
    return error.kind() == ErrorKind::Corrupt || error.kind() == ErrorKind::Unsupported ||
           error.kind() == ErrorKind::Io;
}

// The same of a thing that may be removed meanwhile, or that something damaged names: that it is not there.
inline bool is_finding_or_gone(const Error& error) { return is_finding(error) || error.kind() == ErrorKind::NotFound; }

// Whether read() meets damage that no program will ever read; what is gone or has no version known here is none.
// Throws what is no finding.
template <class Read>
bool is_corrupt(Read read) {
    try {
        read();
        return false;
    } catch (const Error& error) {
        if (!is_finding(error)) throw;
        return error.kind() == ErrorKind::Corrupt;
    }
}

// What read() gives, an optional; nothing where it meets a finding. Throws everything else.
template <class Read>
auto unless_finding(Read read) -> decltype(read()) {
    try {
        return read();
    } catch (const Error& error) {
        if (!is_finding(error)) throw;
        return std::nullopt;
    }
}

}  // namespace vault
