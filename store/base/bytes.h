// Owned and borrowed runs of bytes, as every house passes them.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vault {

// An allocator that leaves new elements uninitialised: boxes and file blocks are overwritten at once, and clearing
// half a megabyte for each costs more than hashing it in SIMD lanes.
template <class T>
struct UninitialisedAllocator : std::allocator<T> {
    template <class U>
    struct rebind {
        using other = UninitialisedAllocator<U>;
    };
    template <class U>
    void construct(U* place) noexcept {
        ::new (static_cast<void*>(place)) U;
    }
    template <class U, class... Args>
    void construct(U* place, Args&&... args) {
        ::new (static_cast<void*>(place)) U(std::forward<Args>(args)...);
    }
};

// `resize` leaves the new bytes undefined; `Bytes(n, 0)` is zeroed.
using Bytes = std::vector<std::uint8_t, UninitialisedAllocator<std::uint8_t>>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void append(Bytes& to, ByteView more) {
    to.insert(to.end(), more.begin(), more.end());
}

inline Bytes to_bytes(ByteView view) {
    return {view.begin(), view.end()};
}

inline bool equal(ByteView a, ByteView b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace vault
