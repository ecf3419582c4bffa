// Extents -> chunks -> bytes.
#include "store/cat.h"

#include <algorithm>

#include "store/tree_reader.h"

namespace vault {

namespace {

constexpr std::size_t kZerosBytes = std::size_t{64} << 10;

void write_hole(std::uint64_t length, const std::function<void(ByteView)>& take) {
    static const Bytes zeros(kZerosBytes, 0);
    while (length > 0) {
        const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(length, zeros.size()));
        take(ByteView(zeros).first(part));
        length -= part;
    }
}

void write_extent(ChunkStore& chunks, const Extent& extent, const std::function<void(ByteView)>& take) {
    if (!extent.chunk) return write_hole(extent.length, take);
    const ChunkStore::Chunk chunk = chunks.data_chunk(*extent.chunk, extent.length);
    take(chunk.bytes);
}

}  // namespace

void list_extents(ChunkStore& chunks, const Entry& entry, const std::function<void(const Extent&)>& each) {
    if (const auto* list = std::get_if<ExtentList>(&entry.content)) {
        for (const Extent& extent : list->extents) each(extent);
    } else if (const auto* tree = std::get_if<ExtentsRoot>(&entry.content)) {
        const ExtentsReader reader(chunks, {tree->root, tree->level});
        for (ExtentsCursor cursor = reader.begin(); cursor.valid(); cursor.next()) each(cursor.extent());
    }
}

void read_content(ChunkStore& chunks, const Entry& entry, const std::function<void(ByteView)>& take) {
    if (entry.type != EntryType::Regular) throw Error(ErrorKind::Usage, "it is no regular file and has no content");
    std::uint64_t given = 0;
    const auto count = [&](ByteView bytes) {
        // Before it goes out: an entry that names fewer bytes than its extents hold must not give more than it names.
        if (bytes.size() > entry.size - given)
            throw Error(ErrorKind::Corrupt, "its parts are longer than its " + std::to_string(entry.size) + " bytes");
        given += bytes.size();
        take(bytes);
    };
    if (const auto* held = std::get_if<Bytes>(&entry.content)) {
        count(*held);
    } else {
        list_extents(chunks, entry, [&](const Extent& extent) { write_extent(chunks, extent, count); });
    }
    if (given != entry.size)
        throw Error(ErrorKind::Corrupt,
                    "its parts end after " + std::to_string(given) + " of " + std::to_string(entry.size) + " bytes");
}

}  // namespace vault
