// For who prints a name in a column of its own: an error's message without it.
#pragma once

#include <string>

#include "store/base/error.h"

namespace vault {

// The message of `error` without `context: ` at its start, however often that stands there.
std::string without_context(const std::string& context, const Error& error);

}  // namespace vault
