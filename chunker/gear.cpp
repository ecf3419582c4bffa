// Reads the gear table from its key stream.
#include "chunker/gear.h"

namespace vault {

namespace {

std::uint64_t little_endian(std::span<const std::uint8_t> bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = (value << 8) | bytes[i];
    return value;
}

}  // namespace

GearTable::GearTable(std::span<const std::uint8_t, kGearStreamBytes> key_stream) {
    const auto a = key_stream.subspan(0, 32);
    const auto b = key_stream.subspan(32, 32);
    const auto upper = key_stream.subspan(64);
    for (std::size_t byte = 0; byte < values_.size(); ++byte) {
        const auto low = little_endian(a.subspan(2 * (byte & 15), 2)) ^ little_endian(b.subspan(2 * (byte >> 4), 2));
        values_[byte] = (little_endian(upper.subspan(6 * byte, 6)) << 16) | low;
    }
    for (std::size_t i = 0; i < 2; ++i) {
        for (std::size_t nibble = 0; nibble < 16; ++nibble) {
            nibbles_.of_low[i][nibble] = a[2 * nibble + i];
            nibbles_.of_high[i][nibble] = b[2 * nibble + i];
        }
    }
}

}  // namespace vault
