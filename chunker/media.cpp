// Signatures of compressed formats. Those of fewer than four bytes are confirmed by something further inside.
#include "chunker/media.h"

#include <algorithm>
#include <array>
#include <bit>

namespace vault {

namespace {

using namespace std::string_view_literals;

constexpr std::array kSignaturesAtStart{
    "\xff\xd8\xff"sv,                                // JPEG
    "\xff\x4f\xff\x51"sv,                            // JPEG 2000 code stream
    "\0\0\0\x0cjP  \r\n\x87\n"sv,                    // JPEG 2000
    "\0\0\0\x0cJXL \r\n\x87\n"sv,                    // JPEG XL
    "\x89PNG\r\n\x1a\n"sv,                           // PNG
    "GIF87a"sv,                                      // GIF
    "GIF89a"sv,                                      // GIF
    "AT&TFORM"sv,                                    // DjVu
    "\x1a\x45\xdf\xa3"sv,                            // Matroska, WebM
    "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv,            // ASF: wma, wmv
    "FLV\x01"sv,                                     // FLV
    ".RMF\0"sv,                                      // RealMedia
    "\0\0\x01\xba"sv,                                // MPEG program stream
    "\0\0\x01\xb3"sv,                                // MPEG video
    "OggS\0"sv,                                      // Ogg
    "fLaC"sv,                                        // FLAC
    "wvpk"sv,                                        // WavPack
    "#!AMR"sv,                                       // AMR
    "PK\x03\x04"sv,                                  // zip, jar, apk, docx, odt, epub
    "PK\x05\x06"sv,                                  // empty zip
    "PK\x07\x08"sv,                                  // spanned zip
    "7z\xbc\xaf\x27\x1c"sv,                          // 7z
    "Rar!\x1a\x07"sv,                                // RAR
    "MSCF\0\0\0\0"sv,                                // cab
    "xar!"sv,                                        // macOS packages
    "\xed\xab\xee\xdb"sv,                            // rpm
    "!<arch>\ndebian-binary"sv,                      // deb, but not an archive of objects
    "Cr24"sv,                                        // browser extensions
    "hsqs"sv,                                        // SquashFS
    "\xfd" "7zXZ\0"sv,                               // xz
    "\x89LZO\0\r\n\x1a\n"sv,                         // lzop
    "LZIP\x01"sv,                                    // lzip
    "LRZI\0"sv,                                      // lrzip
    "\x04\x22\x4d\x18"sv,                            // lz4
    "\x02\x21\x4c\x18"sv,                            // lz4 as in kernels
    "\x28\xb5\x2f\xfd"sv,                            // zstd
    "\xff\x06\0\0sNaPpY"sv,                          // framed Snappy
    "wOFF"sv,                                        // WOFF
    "wOF2"sv,                                        // WOFF 2
    "age-encryption.org/v1\n"sv,                     // age
    "Salted__"sv,                                    // openssl enc
};

// ISO base media: a box of a sane length that opens a file. "free" and "skip" are English words, so they do not count.
bool is_iso_media(const Head& head) {
    return head.u8(0) == 0 && head.u32be(0) != 0 &&
           (head.has(4, "ftyp") || head.has(4, "moov") || head.has(4, "mdat") || head.has(4, "wide"));
}

bool is_riff(const Head& head) {
    return head.has(0, "RIFF") && (head.has(8, "WEBP") || head.has(8, "AVI "));  // WAVE is not compressed
}

// RFC 1952: deflate, and the three flags that must be zero.
bool is_gzip(const Head& head) {
    return head.has(0, "\x1f\x8b\x08") && (head.u8(3) & 0xe0) == 0;
}

bool is_compress(const Head& head) {
    const unsigned bits = head.u8(2) & 0x1f;
    return head.has(0, "\x1f\x9d") && (head.u8(2) & 0x60) == 0 && bits >= 9 && bits <= 16;
}

bool is_bzip2(const Head& head) {
    return head.has(0, "BZh") && head.u8(3) >= '1' && head.u8(3) <= '9' &&
           (head.has(4, "\x31\x41\x59\x26\x53\x59") || head.has(4, "\x17\x72\x45\x38\x50\x90"));
}

// The old format has no signature: default properties, a dictionary of a power of two, a size that is unknown or below
// 256 GiB, and the first byte of the range coder, which is always zero.
bool is_lzma_alone(const Head& head) {
    const auto dictionary = head.u32le(1);
    const bool unknown_size = head.has(5, "\xff\xff\xff\xff\xff\xff\xff\xff");
    const bool sane_size = head.u32le(9) < 64 && (head.u32le(5) != 0 || head.u32le(9) != 0);
    return head.size() >= 14 && head.u8(0) == 0x5d && std::has_single_bit(dictionary) && dictionary >= 1U << 12 &&
           dictionary <= 1U << 30 && (unknown_size || sane_size) && head.u8(13) == 0;
}

// Frames that are skipped precede the first one in seekable and parallel zstd and in lz4.
bool is_skippable_frame(const Head& head) {
    return (head.u8(0) & 0xf0) == 0x50 && head.has(1, "\x2a\x4d\x18");
}

// Length of an MPEG audio layer III frame whose header stands at `offset`, 0 if none does.
std::size_t mp3_frame_bytes(const Head& head, std::size_t offset) {
    constexpr std::array<std::array<unsigned, 15>, 2> kKilobits{{
        {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
        {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
    }};
    constexpr std::array<unsigned, 3> kHertz{44100, 48000, 32000};
    const unsigned version = (head.u8(offset + 1) >> 3) & 3;  // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
    const unsigned rate = head.u8(offset + 2) >> 4;
    const unsigned frequency = (head.u8(offset + 2) >> 2) & 3;
    const bool sync = head.u8(offset) == 0xff && (head.u8(offset + 1) & 0xe6) == 0xe2;
    if (!sync || version == 1 || rate == 0 || rate == 15 || frequency == 3) return 0;
    const bool mpeg1 = version == 3;
    const unsigned hertz = kHertz[frequency] >> (mpeg1 ? 0 : version == 2 ? 1 : 2);
    const unsigned padding = (head.u8(offset + 2) >> 1) & 1;
    return (mpeg1 ? 144000 : 72000) * kKilobits[mpeg1][rate] / hertz + padding;
}

bool is_mp3(const Head& head) {
    if (head.has(0, "ID3") && head.u8(3) >= 2 && head.u8(3) <= 4 && head.u8(4) != 0xff) return true;
    const auto first = mp3_frame_bytes(head, 0);
    return first != 0 && mp3_frame_bytes(head, first) != 0 && ((head.u8(1) ^ head.u8(first + 1)) & 0xfe) == 0;
}

bool is_adts(const Head& head) {
    const std::size_t length = ((head.u8(3) & 3) << 11) | (head.u8(4) << 3) | (head.u8(5) >> 5);
    return head.u8(0) == 0xff && (head.u8(1) & 0xf6) == 0xf0 && length > 7 && head.u8(length) == 0xff &&
           head.u8(length + 1) == head.u8(1) && ((head.u8(length + 2) ^ head.u8(2)) & 0xfc) == 0;
}

// A packet's sync byte, no error flag, and a payload or an adaptation field: a run of the letter G does not pass.
bool is_transport_packet(const Head& head, std::size_t offset) {
    return head.u8(offset) == 0x47 && (head.u8(offset + 1) & 0x80) == 0 && (head.u8(offset + 3) & 0x30) != 0;
}

// A packet every 188 bytes as far as can be seen whole, or every 192 after a time stamp of four bytes (Blu-ray).
bool is_transport_stream(const Head& head) {
    constexpr std::size_t kPacketsMin = 5;
    constexpr std::size_t kPacketHeaderBytes = 4;
    for (const auto [start, step] : {std::array<std::size_t, 2>{0, 188}, std::array<std::size_t, 2>{4, 192}}) {
        std::size_t at = start;
        while (at + kPacketHeaderBytes <= head.size() && is_transport_packet(head, at)) at += step;
        if (at + kPacketHeaderBytes > head.size() && at >= start + kPacketsMin * step) return true;
    }
    return false;
}

}  // namespace

bool is_media(const Head& head) {
    const bool signature =
        std::ranges::any_of(kSignaturesAtStart, [&](std::string_view bytes) { return head.has(0, bytes); });
    return signature || is_iso_media(head) || is_riff(head) || is_gzip(head) || is_compress(head) || is_bzip2(head) ||
           is_lzma_alone(head) || is_skippable_frame(head) || is_mp3(head) || is_adts(head) ||
           is_transport_stream(head);
}

}  // namespace vault
