// Packs as docs/format.md, section 7, lays them out.
#include "tests/support/pack_maker.h"

#include <algorithm>
#include <random>

#include "store/backend/object_names.h"
#include "store/seal/object.h"
#include "store/seal/primitives.h"

namespace vault {

std::unique_ptr<Keys> fixed_keys(std::uint8_t seed, std::uint32_t generations) {
    KeyringRecord keyring;
    keyring.repository.bytes.fill(seed);
    keyring.id_root.fill(static_cast<std::uint8_t>(seed + 1));
    for (std::uint32_t number = 1; number <= generations; ++number) {
        KeyringRecord::MasterKey master;
        master.number = number;
        master.key.fill(static_cast<std::uint8_t>(seed + 10 + number));
        keyring.master_keys.push_back(master);
    }
    return std::make_unique<Keys>(keyring);
}

std::string MadePack::name() const {
    return pack_name(id);
}

std::vector<ChunkId> MadePack::chunk_ids() const {
    std::vector<ChunkId> ids;
    for (const DirectoryBox& box : directory.boxes)
        for (const DirectoryChunk& chunk : box.chunks) ids.push_back(chunk.id);
    return ids;
}

MadePack make_pack(const Keys& keys, PackDirectory directory, ByteView boxes) {
    MadePack pack;
    pack.generation = keys.newest_generation();
    fill_random(pack.salt.bytes);
    pack.directory = std::move(directory);
    const Bytes sealed = seal_pack_directory(keys, pack.generation, pack.salt, encode(pack.directory));

    pack.object = pack_header(pack.generation, pack.salt);
    append(pack.object, boxes);
    PackTrailer trailer;
    trailer.boxes_end = pack.object.size();
    const std::uint64_t bytes = padme_bytes(trailer.boxes_end + sealed.size() + kPackTrailerBytes);
    const std::size_t padding = bytes - trailer.boxes_end - sealed.size() - kPackTrailerBytes;
    append(pack.object, keys.pack_padding(pack.generation, pack.salt, padding));
    trailer.directory_offset = pack.object.size();
    trailer.directory_sealed_bytes = static_cast<std::uint32_t>(sealed.size());
    append(pack.object, sealed);
    append(pack.object, seal_pack_trailer(keys, pack.generation, pack.salt, trailer));
    pack.id = PackId{sha256(pack.object)};
    return pack;
}

MadePack make_pack(const Keys& keys, std::span<const Bytes> chunks, const PackRecipe& recipe) {
    PackDirectory directory;
    directory.session = recipe.session;
    directory.content = recipe.content;
    Bytes boxes;
    for (std::size_t first = 0; first < chunks.size(); first += recipe.chunks_per_box) {
        DirectoryBox box;
        Bytes plain;
        for (const Bytes& chunk : chunks.subspan(first, std::min(recipe.chunks_per_box, chunks.size() - first))) {
            box.chunks.push_back({keys.chunk_id(recipe.content, chunk), static_cast<std::uint32_t>(chunk.size())});
            append(plain, chunk);
        }
        const SealedBox sealed = seal_box(keys, recipe.content, plain, box.chunks, recipe.level);
        box.sealed_bytes = static_cast<std::uint32_t>(sealed.sealed.size());
        box.codec = sealed.codec;
        box.generation = sealed.generation;
        append(boxes, sealed.sealed);
        directory.boxes.push_back(std::move(box));
    }
    return make_pack(keys, std::move(directory), boxes);
}

std::string directories_name(const SessionId& session, std::uint64_t number) {
    return "dirs/" + session.hex() + "-" + std::to_string(number);
}

Bytes make_directories(const Keys& keys, const SessionId& session, std::uint64_t number,
                       std::span<const MadePack> packs) {
    DirectoriesRecord record;
    record.session = session;
    record.number = number;
    for (const MadePack& pack : packs) {
        DirectoryCopy copy{pack.id, pack.object.size(), {}, encode(pack.directory)};
        std::copy_n(pack.object.begin(), copy.header.size(), copy.header.begin());
        record.copies.push_back(std::move(copy));
    }
    std::ranges::sort(record.copies, {}, &DirectoryCopy::pack);
    return seal_object(keys, ObjectKind::Directories, directories_name(session, number), encode(record));
}

std::vector<Bytes> seeded_chunks(std::uint64_t seed, std::size_t count, std::size_t bytes) {
    std::mt19937_64 random(seed);
    std::vector<Bytes> chunks(count);
    for (Bytes& chunk : chunks) {
        chunk.resize(bytes);
        std::ranges::generate(chunk, [&] { return static_cast<std::uint8_t>(random()); });
    }
    return chunks;
}

}  // namespace vault
