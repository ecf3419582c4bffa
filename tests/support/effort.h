// How much of a large matrix a test runs: a sample with every change, all of it in a soak, a smaller one under a
// sanitizer, where all takes five times as long. Whoever samples prints how much it took of how much.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace vault {

// `./dev soak`.
inline bool soak() {
    const char* text = std::getenv("VAULT_SOAK");
    return text != nullptr && std::string_view(text) != "" && std::string_view(text) != "0";
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// The number that the variable holds.
inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace vault
