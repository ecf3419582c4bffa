// The 56 clear bytes at the head of every sealed object, and the 145 bytes of associated data. docs/format.md,
// sections 3 and 4.4.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "store/base/bytes.h"
#include "store/format/id.h"

namespace vault {

enum class ObjectKind : std::uint16_t {  // on disk: never renumber
    Config = 1, Keyring = 2, Slot = 3, Pack = 4, Directories = 5, Session = 6, Heartbeat = 7, Commit = 8, Fence = 9,
    Tombstone = 10, Bundle = 11, Mark = 12, Damage = 13, Condemned = 14, Waiting = 15, Decision = 16,
};

// On disk: never renumber.
enum class KeyWrap : std::uint8_t { MasterKey = 0, X25519 = 1, KeyringKey = 2, SlotKey = 3 };

constexpr std::uint16_t kFormatVersion = 1;
constexpr std::size_t kEnvelopeBytes = 56;
constexpr std::size_t kSealOverheadBytes = 40;  // nonce 24, tag 16
constexpr std::size_t kAssociatedDataBytes = 145;
constexpr std::size_t kPaddingUnitBytes = 4'096;

struct Envelope {
    ObjectKind kind{};
    std::uint32_t domain = 0;  // of deduplication: 0 in version 1, and nothing else decodes
    std::uint32_t generation = 0;  // of the master key; 0 where the kind is sealed under another key

    bool operator==(const Envelope&) const = default;
    KeyWrap wrap() const;  // follows from the kind
};

std::array<std::uint8_t, kEnvelopeBytes> encode(const Envelope& envelope);

// Decodes the first 56 bytes of `object`. Throws Corrupt or Unsupported; Unsupported too for wrap 1 and other domains
// than 0, and a pack that is refused so lies outside the view (docs/format.md, section 3).
Envelope decode_envelope(ByteView object);

enum class Codec : std::uint8_t { Raw = 0, Zstd = 1 };  // on disk: never renumber

// What is sealed under which domain string.
enum class Domain { BoxData, BoxTree, Directory, Trailer, Object, Slot };

struct SealContext {
    Domain domain{};
    Envelope envelope;  // for a box: its pack's, with the box's own generation
    RepositoryId repository;
    std::uint32_t plain_bytes = 0;  // after decompression
    Codec codec = Codec::Raw;
    ObjectHash identity;  // docs/format.md 4.4, last row
};

std::array<std::uint8_t, kAssociatedDataBytes> associated_data(const SealContext& context);

}  // namespace vault
