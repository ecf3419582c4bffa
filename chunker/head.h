// The beginning of a file as the classifier's parts read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace vault {

// Reads never fail: bytes past the end are zero, so that a file cut short is classified like any other.
class Head {
  public:
    explicit Head(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    std::size_t size() const { return bytes_.size(); }

    std::uint8_t u8(std::size_t offset) const { return offset < bytes_.size() ? bytes_[offset] : 0; }
    std::uint16_t u16le(std::size_t offset) const {
        return static_cast<std::uint16_t>(u8(offset) | (u8(offset + 1) << 8));
    }
    std::uint16_t u16be(std::size_t offset) const {
        return static_cast<std::uint16_t>((u8(offset) << 8) | u8(offset + 1));
    }
    std::uint32_t u32le(std::size_t offset) const {
        return u16le(offset) | (static_cast<std::uint32_t>(u16le(offset + 2)) << 16);
    }
    std::uint32_t u32be(std::size_t offset) const {
        return (static_cast<std::uint32_t>(u16be(offset)) << 16) | u16be(offset + 2);
    }

    // Whether all of `signature` stands at `offset`.
    bool has(std::size_t offset, std::string_view signature) const {
        return offset <= bytes_.size() && text().substr(offset, signature.size()) == signature;
    }

    std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

  private:
    std::span<const std::uint8_t> bytes_;
};

}  // namespace vault
