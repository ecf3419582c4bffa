// zstd, with the rules of a frame checked by ourselves: its one-shot decoder knows no limit for windows, skips
// skippable frames and goes on through frames that follow.
#include "store/seal/compress.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <memory>
#include <string>

#include "store/base/error.h"
#include "store/format/limits.h"

namespace vault {

namespace {

struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::size_t check(std::size_t result, const char* call) {
    if (ZSTD_isError(result)) throw Error(ErrorKind::Io, std::string(call) + " failed: " + ZSTD_getErrorName(result));
    return result;
}

ZSTD_CCtx* thread_compressor() {
    thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
    if (context == nullptr) throw std::bad_alloc();
    return context.get();
}

ZSTD_DCtx* thread_decompressor() {
    thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
    if (context == nullptr) throw std::bad_alloc();
    return context.get();
}

// Why the head of the frame (RFC 8878, 3.1.1) is refused, or nothing. Window: 3.1.1.1.2.
const char* refusal(ByteView frame, std::size_t plain_bytes) {
    constexpr std::uint8_t kMagic[] = {0x28, 0xB5, 0x2F, 0xFD};
    if (frame.size() < 6 || !equal(frame.first(4), kMagic)) return "no zstd frame";
    const std::uint8_t descriptor = frame[4];
    if ((descriptor & 3) != 0) return "needs a dictionary";
    const bool single_segment = (descriptor & 0x20) != 0;  // then the window is the content, its size checked below
    if (!single_segment) {
        const std::uint64_t base = std::uint64_t{1} << (10 + (frame[5] >> 3));
        if (base + base / 8 * (frame[5] & 7) > std::uint64_t{1} << kZstdWindowLogMax) return "too large a window";
    }
    if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != plain_bytes) return "not the size announced";
    if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) return "not exactly one frame";
    return nullptr;
}

}  // namespace

std::optional<Bytes> compress(ByteView plain, int level) {
    ZSTD_CCtx* context = thread_compressor();
    check(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters), "ZSTD_CCtx_reset");
    check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level), "ZSTD_c_compressionLevel");
    check(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1), "ZSTD_c_contentSizeFlag");
    check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0), "ZSTD_c_checksumFlag");
    check(ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0), "ZSTD_c_dictIDFlag");
    // No more room than a frame that pays: zstd stops by itself where the data do not shrink.
    Bytes frame(plain.size() - (plain.size() + 31) / 32);
    const std::size_t size = ZSTD_compress2(context, frame.data(), frame.size(), plain.data(), plain.size());
    if (ZSTD_isError(size) && ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall) return std::nullopt;
    frame.resize(check(size, "ZSTD_compress2"));
    return frame;
}

Bytes decompress(ByteView frame, std::size_t plain_bytes, std::string_view what) {
    const auto corrupt = [&](const std::string& why) {
        return Error(ErrorKind::Corrupt, std::string(what) + ": its compressed content: " + why);
    };
    if (const char* why = refusal(frame, plain_bytes)) throw corrupt(why);
    Bytes plain(plain_bytes);
    ZSTD_DCtx* context = thread_decompressor();
    const std::size_t size = ZSTD_decompressDCtx(context, plain.data(), plain.size(), frame.data(), frame.size());
    if (ZSTD_isError(size)) throw corrupt(ZSTD_getErrorName(size));
    if (size != plain_bytes) throw corrupt("shorter than announced");
    return plain;
}

}  // namespace vault
