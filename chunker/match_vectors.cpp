// What differs between the widths; match_vectors_core.inc has the search itself.
#include "chunker/match_vectors.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)

#include <immintrin.h>

namespace vault {

namespace {

namespace avx2 {

#define VAULT_MATCH_TARGET __attribute__((target("avx2")))
using Vec = __m256i;
using Positions = std::uint32_t;

VAULT_MATCH_TARGET inline Vec load(const std::uint8_t* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
VAULT_MATCH_TARGET inline Vec repeated(const std::array<std::uint8_t, 16>& table) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data())));
}
VAULT_MATCH_TARGET inline Vec repeated_16(std::uint16_t value) {
    return _mm256_set1_epi16(static_cast<std::int16_t>(value));
}
VAULT_MATCH_TARGET inline Vec looked_up(Vec table, Vec x) { return _mm256_shuffle_epi8(table, x); }
VAULT_MATCH_TARGET inline Vec unpack_low(Vec x, Vec y) { return _mm256_unpacklo_epi8(x, y); }
VAULT_MATCH_TARGET inline Vec unpack_high(Vec x, Vec y) { return _mm256_unpackhi_epi8(x, y); }
VAULT_MATCH_TARGET inline Vec group_before(Vec now, Vec earlier) {
    return _mm256_permute2x128_si256(earlier, now, 0x21);
}
template <int kWords>
VAULT_MATCH_TARGET inline Vec words_before(Vec now, Vec before) {
    return _mm256_alignr_epi8(now, before, 16 - 2 * kWords);
}
template <int kBits>
VAULT_MATCH_TARGET inline Vec plus_shifted(Vec x, Vec y) {
    return _mm256_add_epi16(x, _mm256_slli_epi16(y, kBits));
}
VAULT_MATCH_TARGET inline Positions without_bits(Vec low, Vec high, Vec bits) {
    const Vec zero = _mm256_setzero_si256();
    return static_cast<Positions>(
        _mm256_movemask_epi8(_mm256_packs_epi16(_mm256_cmpeq_epi16(_mm256_and_si256(low, bits), zero),
                                                _mm256_cmpeq_epi16(_mm256_and_si256(high, bits), zero))));
}

#include "chunker/match_vectors_core.inc"
#undef VAULT_MATCH_TARGET

}  // namespace avx2

namespace avx512 {

#define VAULT_MATCH_TARGET __attribute__((target("avx512f,avx512bw,bmi2")))
using Vec = __m512i;
using Positions = std::uint64_t;

VAULT_MATCH_TARGET inline Vec load(const std::uint8_t* at) {
    Vec x;
    std::memcpy(&x, at, sizeof x);
    return x;
}
VAULT_MATCH_TARGET inline Vec repeated(const std::array<std::uint8_t, 16>& table) {
    Vec x;
    for (std::size_t i = 0; i < sizeof x; i += table.size())
        std::memcpy(reinterpret_cast<char*>(&x) + i, table.data(), table.size());
    return x;
}
VAULT_MATCH_TARGET inline Vec repeated_16(std::uint16_t value) {
    return _mm512_set1_epi16(static_cast<std::int16_t>(value));
}
VAULT_MATCH_TARGET inline Vec looked_up(Vec table, Vec x) { return _mm512_shuffle_epi8(table, x); }
VAULT_MATCH_TARGET inline Vec unpack_low(Vec x, Vec y) { return _mm512_unpacklo_epi8(x, y); }
VAULT_MATCH_TARGET inline Vec unpack_high(Vec x, Vec y) { return _mm512_unpackhi_epi8(x, y); }
VAULT_MATCH_TARGET inline Vec group_before(Vec now, Vec earlier) {
    return __builtin_shufflevector(earlier, now, 6, 7, 8, 9, 10, 11, 12, 13);
}
template <int kWords>
VAULT_MATCH_TARGET inline Vec words_before(Vec now, Vec before) {
    return _mm512_alignr_epi8(now, before, 16 - 2 * kWords);
}
template <int kBits>
VAULT_MATCH_TARGET inline Vec plus_shifted(Vec x, Vec y) {
    return _mm512_add_epi16(x, _mm512_slli_epi16(y, kBits));
}
VAULT_MATCH_TARGET inline Positions without_bits(Vec low, Vec high, Vec bits) {
    const Positions in_low = _mm512_testn_epi16_mask(low, bits), in_high = _mm512_testn_epi16_mask(high, bits);
    if ((in_low | in_high) == 0) return 0;
    return _pdep_u64(in_low, 0x00FF'00FF'00FF'00FF) | _pdep_u64(in_high, 0xFF00'FF00'FF00'FF00);
}

#include "chunker/match_vectors_core.inc"
#undef VAULT_MATCH_TARGET

}  // namespace avx512

}  // namespace

std::size_t next_candidate_avx2(const std::uint8_t* at, std::size_t count, const GearTable& gear, std::uint64_t mask) {
    return avx2::next_candidate(at, count, gear.nibbles(), static_cast<std::uint16_t>(mask));
}

std::size_t next_candidate_avx512(const std::uint8_t* at, std::size_t count, const GearTable& gear,
                                  std::uint64_t mask) {
    return avx512::next_candidate(at, count, gear.nibbles(), static_cast<std::uint16_t>(mask));
}

}  // namespace vault

#else

#include <stdexcept>

namespace vault {

std::size_t next_candidate_avx2(const std::uint8_t*, std::size_t, const GearTable&, std::uint64_t) {
    throw std::logic_error("this machine has no AVX2");
}

std::size_t next_candidate_avx512(const std::uint8_t*, std::size_t, const GearTable&, std::uint64_t) {
    throw std::logic_error("this machine has no AVX-512");
}

}  // namespace vault

#endif
