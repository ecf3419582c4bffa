// What tests ask of calls that are to fail.
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <stdexcept>

#include "store/base/error.h"

namespace vault {

// The error that the action throws; the test fails where it throws none.
inline Error failure_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    FAIL("nothing was thrown");
    throw std::logic_error("unreachable");
}

inline ErrorKind kind_of(const std::function<void()>& action) { return failure_of(action).kind(); }

}  // namespace vault
