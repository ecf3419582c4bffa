// The keyed table of the gear hash (W. Xia et al., "Ddelta", 2014; "FastCDC", USENIX ATC 2016). The key stream that
// it is read from is made elsewhere: this house knows no cipher.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vault {

// Bytes of the ChaCha20 key stream that make one table (docs/format.md): 16 u16 A, 16 u16 B, 256 values of 48 bits.
inline constexpr std::size_t kGearStreamBytes = 2 * 16 + 2 * 16 + 6 * 256;

// The low 16 bits of a value by nibble, for byte shuffles: those of byte b are of_low[i][b & 15] ^ of_high[i][b >> 4],
// the lower eight with i = 0, the upper with 1.
struct GearNibbles {
    std::array<std::array<std::uint8_t, 16>, 2> of_low, of_high;
};

// 256 values of 64 bits. The low 16 bits of value b are A[b & 15] xor B[b >> 4], so that sixteen of them at once can
// be looked up by two byte shuffles; the 48 bits above are free. Immutable, so any number of threads may share one.
class GearTable {
  public:
    // `key_stream` is the beginning of the stream, all integers little-endian: A, B, then the upper 48 bits of each
    // value.
    explicit GearTable(std::span<const std::uint8_t, kGearStreamBytes> key_stream);

    std::uint64_t operator[](std::uint8_t byte) const { return values_[byte]; }
    const std::uint64_t* values() const { return values_.data(); }
    const GearNibbles& nibbles() const { return nibbles_; }

  private:
    alignas(64) std::array<std::uint64_t, 256> values_;
    GearNibbles nibbles_;
};

}  // namespace vault
