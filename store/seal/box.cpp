// Boxes: compress, seal, open again, verify.
#include "store/seal/box.h"

#include <stdexcept>

#include "store/format/limits.h"
#include "store/seal/box_steps.h"
#include "store/seal/compress.h"

namespace vault {

namespace {

constexpr std::string_view kJustSealed = "a box just sealed (faulty memory or processor?)";

SealContext box_context(const Keys& keys, ChunkKind kind, Codec codec, std::uint32_t generation,
                        std::size_t plain_bytes) {
    SealContext context;
    context.domain = kind == ChunkKind::Data ? Domain::BoxData : Domain::BoxTree;
    context.envelope = {ObjectKind::Pack, 0, generation};
    context.repository = keys.repository();
    context.plain_bytes = static_cast<std::uint32_t>(plain_bytes);
    context.codec = codec;
    return context;
}

Error corrupt(std::string_view what, const std::string& why) {
    return Error(ErrorKind::Corrupt, std::string(what) + ": " + why);
}

}  // namespace

SealedBox compress_and_seal(const Keys& keys, ChunkKind kind, ByteView plain, CompressionLevel level) {
    if (plain.empty() || plain.size() > kBoxBytesMax) throw std::logic_error("a box is 1 byte to 16 MiB");
    SealedBox box;
    box.generation = keys.newest_generation();
    const std::optional<Bytes> frame = compress(plain, level.value);
    box.codec = frame ? Codec::Zstd : Codec::Raw;
    const SealContext context = box_context(keys, kind, box.codec, box.generation, plain.size());
    box.sealed = keys.seal(context, frame ? ByteView(*frame) : plain);
    return box;
}

void verify_box(const Keys& keys, ChunkKind kind, const SealedBox& box, std::span<const DirectoryChunk> chunks) {
    std::size_t bytes = 0;
    for (const DirectoryChunk& chunk : chunks) bytes += chunk.length;
    if (bytes > kBoxBytesMax) throw std::logic_error("the chunks of a box are longer than a box");
    const Bytes opened = open_box(keys, kind, box.sealed, box.codec, box.generation, static_cast<std::uint32_t>(bytes),
                                  kJustSealed);
    const std::vector<bool> sound = sound_chunks(keys, kind, chunks, opened);
    for (std::size_t i = 0; i < sound.size(); ++i)
        if (!sound[i]) throw corrupt(kJustSealed, "it gives other bytes than chunk " + chunks[i].id.hex());
}

SealedBox seal_box(const Keys& keys, ChunkKind kind, ByteView plain, std::span<const DirectoryChunk> chunks,
                   CompressionLevel level) {
    return seal_box_with(keys, kind, plain, chunks, level, [](SealedBox&) {});
}

Bytes open_box(const Keys& keys, ChunkKind kind, ByteView sealed, Codec codec, std::uint32_t generation,
               std::uint32_t plain_bytes, std::string_view what) {
    if (plain_bytes == 0 || plain_bytes > kBoxBytesMax) throw corrupt(what, "a box is 1 byte to 16 MiB");
    const std::size_t raw_bytes = plain_bytes + kSealOverheadBytes;
    if (codec == Codec::Raw ? sealed.size() != raw_bytes : sealed.size() >= raw_bytes)
        throw corrupt(what, std::to_string(sealed.size()) + " sealed bytes do not fit " + std::to_string(plain_bytes));
    Bytes frame = keys.open(box_context(keys, kind, codec, generation, plain_bytes), sealed, what);
    return codec == Codec::Raw ? std::move(frame) : decompress(frame, plain_bytes, what);
}

void verify_chunk(const Keys& keys, ChunkKind kind, ByteView plaintext, const ChunkId& id, std::string_view what) {
    if (keys.chunk_id(kind, plaintext) != id) throw corrupt(what, "not the bytes of chunk " + id.hex());
}

std::vector<bool> verify_chunks(const Keys& keys, ChunkKind kind, std::span<const ByteView> plaintexts,
                                std::span<const ChunkId> ids) {
    std::vector<ChunkId> found(plaintexts.size());
    keys.chunk_ids(kind, plaintexts, found);
    std::vector<bool> sound(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) sound[i] = found[i] == ids[i];
    return sound;
}

std::vector<bool> sound_chunks(const Keys& keys, ChunkKind kind, std::span<const DirectoryChunk> chunks,
                               ByteView plain) {
    std::vector<ByteView> plaintexts;
    std::vector<ChunkId> ids;
    std::size_t offset = 0;
    for (const DirectoryChunk& chunk : chunks) {
        if (chunk.length > plain.size() - offset) break;
        plaintexts.push_back(plain.subspan(offset, chunk.length));
        ids.push_back(chunk.id);
        offset += chunk.length;
    }
    std::vector<bool> sound = verify_chunks(keys, kind, plaintexts, ids);
    sound.resize(chunks.size(), false);
    return sound;
}

}  // namespace vault
