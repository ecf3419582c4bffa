// The clear header of a key slot and the sealed record in it. docs/format.md, section 5.
#pragma once

#include "store/format/cursor.h"
#include "store/format/envelope.h"

namespace vault {

constexpr std::size_t kSlotDerivationBytes = 120;  // what the slot key is bound to
constexpr std::size_t kSlotHeaderBytes = 152;

struct SlotHeader {
    RepositoryId repository;
    bool has_password = false;
    bool has_key_file = false;
    std::uint32_t memory_kib = 0;
    std::uint32_t passes = 0;
    std::array<std::uint8_t, 16> salt{};
    std::array<std::uint8_t, 32> commitment{};
    bool operator==(const SlotHeader&) const = default;
};

std::array<std::uint8_t, kSlotHeaderBytes> encode(const SlotHeader& header);
// `slot` is the whole object; throws Corrupt unless it has exactly kSlotBytes.
SlotHeader decode_slot_header(ByteView slot);

enum class SlotPurpose : std::uint8_t { Password = 1, KeyFile = 2, Recovery = 3 };  // on disk: never renumber

struct SlotRecord {
    std::array<std::uint8_t, 32> keyring_key{};
    Time created;
    SlotPurpose purpose = SlotPurpose::Password;
    std::string label;
    Extensions extensions;
    bool operator==(const SlotRecord&) const = default;
};

Bytes encode(const SlotRecord& record);
SlotRecord decode_slot_record(Cursor& cursor);

}  // namespace vault
