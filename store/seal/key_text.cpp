// Crockford's base32 (https://www.crockford.com/base32.html) with a checksum of five bytes instead of his check symbol.
#include "store/seal/key_text.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "store/base/error.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kKeyBytes = 32, kChecksumBytes = 5;
constexpr std::size_t kCharacters = 60, kGroupCharacters = 5;
constexpr std::size_t kPackedBytes = kKeyBytes + kChecksumBytes + 1;  // 300 bits and four more that stay unused

// Packed bytes: the key, its checksum, then zero bits.
Secret with_checksum(ByteView key) {
    Secret packed(kPackedBytes);
    std::copy(key.begin(), key.end(), packed.mutable_view().begin());
    Sha256 hash;
    hash.add(as_bytes("vault-key-text"));
    hash.add(key);
    const auto digest = hash.finish();
    std::copy_n(digest.begin(), kChecksumBytes, packed.mutable_view().begin() + kKeyBytes);
    return packed;
}

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::optional<unsigned> value_of(char c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    const std::size_t found = kAlphabet.find(c);
    if (found == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(found);
}

Error wrong(const char* why) {
    return Error(ErrorKind::WrongKey, std::string("the key file or recovery key is not one of vault's: ") + why);
}

}  // namespace

std::string key_text(ByteView key32) {
    if (key32.size() != kKeyBytes) throw std::logic_error("a key file holds 32 bytes");
    const Secret packed = with_checksum(key32);
    std::string text;
    text.reserve(kCharacters + kCharacters / kGroupCharacters);
    for (std::size_t i = 0; i < kCharacters; ++i) {
        if (i != 0 && i % kGroupCharacters == 0) text += '-';
        unsigned value = 0;
        for (std::size_t bit = i * 5; bit < i * 5 + 5; ++bit)
            value = value << 1 | (packed.view()[bit / 8] >> (7 - bit % 8) & 1u);
        text += kAlphabet[value];
    }
    return text;
}

Secret parse_key_text(std::string_view text) {
    Secret packed(kPackedBytes);
    std::size_t characters = 0;
    bool comment = false, line_start = true;
    for (const char c : text) {
        if (line_start) comment = c == '#';
        line_start = c == '\n';
        if (comment || is_space(c) || c == '-') continue;
        const std::optional<unsigned> value = value_of(c);
        if (!value) throw wrong("it contains a character that no key has");
        if (characters == kCharacters) throw wrong("it is too long");
        for (std::size_t i = 0; i < 5; ++i) {
            const std::size_t bit = characters * 5 + i;
            packed.mutable_view()[bit / 8] |= static_cast<std::uint8_t>((*value >> (4 - i) & 1u) << (7 - bit % 8));
        }
        ++characters;
    }
    if (characters != kCharacters) throw wrong("it is too short");
    const ByteView key = packed.view().first(kKeyBytes);
    if (!equal(packed.view(), with_checksum(key).view())) throw wrong("its checksum does not fit (mistyped?)");
    return Secret::copy_of(key);
}

}  // namespace vault
