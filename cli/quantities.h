// Sizes, shares and times as options take them.
#pragma once

#include <chrono>
#include <string>

#include "store/prune_plan.h"

namespace vault {

// All throw Usage, naming the option. "512", "10K", "1.5GiB": powers of 1024.
std::uint64_t parse_size(const std::string& option, const std::string& text);
// "10%" or a size.
ByteLimit parse_limit(const std::string& option, const std::string& text);
// "90s", "30m", "12h", "7d", "4w": nanoseconds, or whole seconds.
std::int64_t parse_age(const std::string& option, const std::string& text);
std::chrono::seconds parse_span(const std::string& option, const std::string& text);

}  // namespace vault
