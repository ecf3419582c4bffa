// Fixed-width names: an Id is never a string, and ids of different things are different types.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <functional>
#include <string>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/text.h"

namespace vault {

template <class Tag, std::size_t Size = 32>
struct Id {
    static constexpr std::size_t kBytes = Size;
    std::array<std::uint8_t, Size> bytes{};

    auto operator<=>(const Id&) const = default;
    ByteView view() const { return bytes; }
    std::string hex() const { return to_hex(bytes); }
    bool is_zero() const {
        return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
    }

    // Throws Corrupt unless `from` has exactly Size bytes.
    static Id from(ByteView from) {
        if (from.size() != Size) throw Error(ErrorKind::Corrupt, "an id of the wrong length");
        Id id;
        std::copy(from.begin(), from.end(), id.bytes.begin());
        return id;
    }
    // Throws Corrupt unless `text` is exactly 2 x Size lower-case hexadecimal digits.
    static Id from_hex(std::string_view text) { return from(vault::from_hex(text)); }
};

using ChunkId = Id<struct ChunkTag>;            // keyed hash of a chunk's plaintext
using PackId = Id<struct PackTag>;              // SHA-256 of a pack's bytes
using ObjectHash = Id<struct ObjectHashTag>;    // SHA-256 of another object's bytes
using RepositoryId = Id<struct RepositoryTag>;  // random, made at init
using SlotId = Id<struct SlotTag>;              // SHA-256 of a slot's bytes
using SessionId = Id<struct SessionTag, 16>;    // of a session and of its snapshot: "sid"
using ControlId = Id<struct ControlTag, 16>;    // n of condemned, waiting, decision; number of a bundle; writer ids
using MarkId = Id<struct MarkTag, 8>;           // second part of the names of marks and damage records
using PackSalt = Id<struct SaltTag, 16>;

enum class ChunkKind : std::uint8_t { Data = 0, Tree = 1 };  // on disk: never renumber

}  // namespace vault

// Ids are uniformly distributed already: eight of their bytes are a hash.
template <class Tag, std::size_t Size>
struct std::hash<vault::Id<Tag, Size>> {
    std::size_t operator()(const vault::Id<Tag, Size>& id) const noexcept {
        std::size_t h;
        static_assert(Size >= sizeof h);
        std::memcpy(&h, id.bytes.data(), sizeof h);
        return h;
    }
};
