// BLAKE2b in AVX2 and AVX-512 lanes, chosen when the program runs.
#include "store/seal/blake2b_lanes.h"

#include <immintrin.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "store/seal/secret.h"

namespace vault {

namespace {

constexpr std::size_t kBlockBytes = 128;
constexpr std::size_t kRoundsMax = 1u << 16;

constexpr std::uint64_t kInitial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                       0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr int kSigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

// What one lane works on. A lane without a message hashes a block of zeros and nobody looks.
struct Lane {
    const std::uint8_t* rest = nullptr;  // of the message
    std::size_t rest_bytes = 0;
    std::size_t number = 0;     // of the message
    std::uint64_t counted = 0;  // bytes up to there, the key's block among them
    bool active = false;
    bool done = false;  // the block that next_block gave is the last
    alignas(64) std::uint8_t padded[kBlockBytes] = {};

    // How many blocks there are before the last, which needs a look.
    std::size_t quiet_blocks() const { return (rest_bytes - 1) / kBlockBytes; }

    // Full blocks, where they lie.
    const std::uint8_t* take(std::size_t blocks) {
        const std::uint8_t* taken = rest;
        rest += blocks * kBlockBytes;
        rest_bytes -= blocks * kBlockBytes;
        counted += blocks * kBlockBytes;
        return taken;
    }

    const std::uint8_t* next_block() {
        if (!active) return padded;
        done = rest_bytes <= kBlockBytes;
        if (rest_bytes >= kBlockBytes) return take(1);
        std::memcpy(padded, rest, rest_bytes);
        std::memset(padded + rest_bytes, 0, kBlockBytes - rest_bytes);
        counted += rest_bytes;
        return padded;
    }
};

// Hands messages to lanes, one after the other, and takes their hashes.
class Feeder {
  public:
    Feeder(ByteView key, std::span<const ByteView> messages, std::span<Blake2b256> hashes)
        : messages_(messages), hashes_(hashes) {
        std::memcpy(key_block_, key.data(), key.size());
        // Parameter block: digest of 32 bytes, key length, fan-out and depth 1 (RFC 7693, 2.5).
        parameters_ = 0x01010000 ^ (std::uint64_t{key.size()} << 8) ^ sizeof(Blake2b256);
    }
    Feeder(const Feeder&) = delete;
    Feeder& operator=(const Feeder&) = delete;
    ~Feeder() {
        wipe(key_block_);
        wipe({reinterpret_cast<std::uint8_t*>(behind_key_), sizeof behind_key_});
    }

    std::uint64_t initial(int word) const { return word == 0 ? kInitial[0] ^ parameters_ : kInitial[word]; }
    const std::uint8_t* key_block() const { return key_block_; }
    // The state behind the key's block, the first of every message: once, before the first load.
    void set_behind_key(int word, std::uint64_t value) { behind_key_[word] = value; }
    // As load() left the lane.
    std::uint64_t state_of(const Lane& lane, int word) const {
        return lane.counted == 0 ? initial(word) : behind_key_[word];
    }

    bool load(Lane& lane) {
        lane.active = next_ < messages_.size();
        lane.done = false;
        if (!lane.active) return false;
        const ByteView message = messages_[next_];
        // Of an empty message the key's block is the last.
        lane.rest = message.empty() ? key_block_ : message.data();
        lane.rest_bytes = message.empty() ? kBlockBytes : message.size();
        lane.counted = message.empty() ? 0 : kBlockBytes;
        lane.number = next_++;
        return true;
    }

    void store(const Lane& lane, const std::uint64_t (&words)[4]) {
        std::memcpy(hashes_[lane.number].data(), words, sizeof words);
    }

  private:
    alignas(64) std::uint8_t key_block_[kBlockBytes] = {};
    std::uint64_t behind_key_[8] = {};
    std::uint64_t parameters_ = 0;
    std::span<const ByteView> messages_;
    std::span<Blake2b256> hashes_;
    std::size_t next_ = 0;
};

}  // namespace

#if defined(__x86_64__)

namespace {

namespace four {

#define VAULT_LANES_TARGET __attribute__((target("avx2")))
using Vec = std::uint64_t __attribute__((vector_size(32)));
constexpr std::size_t kTransposeWords = 4;

VAULT_LANES_TARGET inline Vec rotate_right_32(Vec x) {
    return (Vec)_mm256_shuffle_epi32((__m256i)x, _MM_SHUFFLE(2, 3, 0, 1));
}
VAULT_LANES_TARGET inline Vec rotate_right_24(Vec x) {
    const __m256i order = _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10,  //
                                           3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
    return (Vec)_mm256_shuffle_epi8((__m256i)x, order);
}
VAULT_LANES_TARGET inline Vec rotate_right_16(Vec x) {
    const __m256i order = _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9,  //
                                           2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
    return (Vec)_mm256_shuffle_epi8((__m256i)x, order);
}
VAULT_LANES_TARGET inline Vec rotate_right_63(Vec x) { return (x >> 63) ^ (x + x); }

// Words `word` to `word` + 3 of four blocks, one vector a word.
VAULT_LANES_TARGET inline void transpose(const std::uint8_t* const (&blocks)[4], std::size_t word, Vec* out) {
    __m256i row[4];
    for (int i = 0; i < 4; ++i) row[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(blocks[i] + 8 * word));
    const __m256i a = _mm256_unpacklo_epi64(row[0], row[1]), b = _mm256_unpackhi_epi64(row[0], row[1]);
    const __m256i c = _mm256_unpacklo_epi64(row[2], row[3]), d = _mm256_unpackhi_epi64(row[2], row[3]);
    out[0] = (Vec)_mm256_permute2x128_si256(a, c, 0x20);
    out[1] = (Vec)_mm256_permute2x128_si256(b, d, 0x20);
    out[2] = (Vec)_mm256_permute2x128_si256(a, c, 0x31);
    out[3] = (Vec)_mm256_permute2x128_si256(b, d, 0x31);
}

#define VAULT_LANES 4
#define VAULT_LANES_NAME core
#include "store/seal/blake2b_lanes_core.inc"
#undef VAULT_LANES
#undef VAULT_LANES_NAME
#undef VAULT_LANES_TARGET

}  // namespace four

namespace eight {

#define VAULT_LANES_TARGET __attribute__((target("avx512f")))
using Vec = std::uint64_t __attribute__((vector_size(64)));
constexpr std::size_t kTransposeWords = 8;

// Plain operators: the compiler makes one vprorq of each, and g++ 12's own header for the intrinsics does not compile
// without warnings (GCC PR 105593).
VAULT_LANES_TARGET inline Vec rotate_right_32(Vec x) { return x >> 32 | x << 32; }
VAULT_LANES_TARGET inline Vec rotate_right_24(Vec x) { return x >> 24 | x << 40; }
VAULT_LANES_TARGET inline Vec rotate_right_16(Vec x) { return x >> 16 | x << 48; }
VAULT_LANES_TARGET inline Vec rotate_right_63(Vec x) { return x >> 63 | x << 1; }

// Words `word` to `word` + 7 of eight blocks, one vector a word.
VAULT_LANES_TARGET inline void transpose(const std::uint8_t* const (&blocks)[8], std::size_t word, Vec* out) {
    Vec row[8], pair[8], quad[8];
    for (int i = 0; i < 8; ++i) std::memcpy(&row[i], blocks[i] + 8 * word, sizeof(Vec));
    for (int i = 0; i < 8; i += 2) {
        pair[i] = __builtin_shufflevector(row[i], row[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);      // words 0, 2, 4, 6
        pair[i + 1] = __builtin_shufflevector(row[i], row[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);  // 1, 3, 5, 7
    }
    for (int at = 0; at < 8; at += 4) {
        quad[at] = __builtin_shufflevector(pair[at], pair[at + 2], 0, 1, 4, 5, 8, 9, 12, 13);          // words 0 and 4
        quad[at + 1] = __builtin_shufflevector(pair[at + 1], pair[at + 3], 0, 1, 4, 5, 8, 9, 12, 13);  // 1 and 5
        quad[at + 2] = __builtin_shufflevector(pair[at], pair[at + 2], 2, 3, 6, 7, 10, 11, 14, 15);    // 2 and 6
        quad[at + 3] = __builtin_shufflevector(pair[at + 1], pair[at + 3], 2, 3, 6, 7, 10, 11, 14, 15);  // 3 and 7
    }
    for (int i = 0; i < 4; ++i) {
        out[i] = __builtin_shufflevector(quad[i], quad[i + 4], 0, 1, 4, 5, 8, 9, 12, 13);
        out[i + 4] = __builtin_shufflevector(quad[i], quad[i + 4], 2, 3, 6, 7, 10, 11, 14, 15);
    }
}

#define VAULT_LANES 8
#define VAULT_LANES_NAME core
#include "store/seal/blake2b_lanes_core.inc"
#undef VAULT_LANES
#undef VAULT_LANES_NAME
#undef VAULT_LANES_TARGET

}  // namespace eight

}  // namespace

LaneWidth lane_width() {
    static const LaneWidth width = __builtin_cpu_supports("avx512f") ? LaneWidth::Eight
                                   : __builtin_cpu_supports("avx2")  ? LaneWidth::Four
                                                                     : LaneWidth::None;
    return width;
}

void blake2b_256_lanes(ByteView key, std::span<const ByteView> messages, std::span<Blake2b256> hashes,
                       LaneWidth width) {
    assert(messages.size() == hashes.size() && !key.empty() && key.size() <= 64 && width <= lane_width());
    Feeder feeder(key, messages, hashes);
    if (width == LaneWidth::Eight) {
        eight::core::run(feeder);
    } else {
        assert(width == LaneWidth::Four);
        four::core::run(feeder);
    }
}

#else

LaneWidth lane_width() { return LaneWidth::None; }

void blake2b_256_lanes(ByteView, std::span<const ByteView>, std::span<Blake2b256>, LaneWidth) { assert(false); }

#endif

}  // namespace vault
