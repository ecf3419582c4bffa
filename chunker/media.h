// Content that is compressed or encrypted as a whole: cutting it finely finds nothing more, it changes altogether.
#pragma once

#include "chunker/head.h"

namespace vault {

// Classifier version 1. Pictures (JPEG, JPEG 2000, JPEG XL, PNG, GIF, WebP, HEIF and AVIF, DjVu), film (MP4,
// QuickTime, Matroska, WebM, AVI, FLV, ASF, RealMedia, MPEG program, elementary and transport streams), sound (MP3,
// AAC, Ogg, FLAC, WavPack, AMR), archives (zip and what is made of it, 7z, RAR, cab, xar, rpm, deb, crx, SquashFS),
// compressed streams (gzip, compress, bzip2, xz, lzma, lzip, lzop, lrzip, lz4, zstd, framed Snappy), web fonts (WOFF),
// and files encrypted by age or `openssl enc`.
bool is_media(const Head& head);

}  // namespace vault
