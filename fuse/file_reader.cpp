// Extents -> pieces of boxes.
#include "fuse/file_reader.h"

#include <algorithm>

namespace vault {

namespace {

constexpr std::size_t kZerosBytes = std::size_t{64} << 10;
constexpr std::size_t kTreeRootBytes = std::size_t{128} << 10;  // decoded, in memory

void append_part(FileBytes& bytes, ByteView part, const std::shared_ptr<const void>& owner) {
    if (part.empty()) return;
    bytes.size += part.size();
    if (!bytes.parts.empty() && bytes.parts.back().data() + bytes.parts.back().size() == part.data() &&
        bytes.owners.back() == owner) {
        bytes.parts.back() = {bytes.parts.back().data(), bytes.parts.back().size() + part.size()};
        return;
    }
    bytes.parts.push_back(part);
    bytes.owners.push_back(owner);
}

void append_zeros(FileBytes& bytes, std::uint64_t count) {
    static const auto zeros = std::make_shared<const Bytes>(kZerosBytes, 0);
    for (; count > 0; count -= std::min<std::uint64_t>(count, zeros->size()))
        append_part(bytes, ByteView(*zeros).first(std::min<std::uint64_t>(count, zeros->size())), zeros);
}

[[noreturn]] void refuse_size(std::uint64_t parts, std::uint64_t entry) {
    throw Error(ErrorKind::Corrupt, "its parts are " + std::to_string(parts) + " bytes where its entry says " +
                                        std::to_string(entry));
}

}  // namespace

FileReader::FileReader(LiveChunks& chunks, const Entry& entry) : chunks_(chunks), size_(entry.size) {
    if (entry.type != EntryType::Regular) throw Error(ErrorKind::Usage, "it is no regular file and has no content");
    std::uint64_t bytes = 0;
    if (const auto* held = std::get_if<Bytes>(&entry.content)) {
        inline_ = std::make_shared<const Bytes>(*held);
        bytes = held->size();
    } else if (const auto* list = std::get_if<ExtentList>(&entry.content)) {
        for (const Extent& extent : list->extents) {
            list_.push_back({bytes, extent});
            if (extent.length > size_ - bytes) refuse_size(bytes + extent.length, size_);
            bytes += extent.length;
        }
    } else if (const auto* root = std::get_if<ExtentsRoot>(&entry.content)) {
        tree_.emplace(chunks_, TreeRoot{root->root, root->level});
        bytes = tree_->totals().apparent;
    }
    if (bytes != size_) refuse_size(bytes, size_);
}

std::size_t FileReader::weight() const {
    return sizeof *this + (inline_ ? inline_->size() : 0) + list_.size() * sizeof(Piece) + (tree_ ? kTreeRootBytes : 0);
}

template <class Each>
void FileReader::walk(std::uint64_t offset, Each each) const {
    if (tree_) {
        for (ExtentsCursor cursor = tree_->seek(offset); cursor.valid(); cursor.next())
            if (!each(cursor.offset(), cursor.extent())) return;
        return;
    }
    auto piece = std::ranges::upper_bound(list_, offset, {}, &Piece::offset);
    if (piece == list_.begin()) return;
    for (--piece; piece != list_.end(); ++piece)
        if (!each(piece->offset, piece->extent)) return;
}

FileBytes FileReader::read(std::uint64_t offset, std::size_t size) const {
    FileBytes bytes;
    if (offset >= size_) return bytes;
    const std::uint64_t end = offset + std::min<std::uint64_t>(size, size_ - offset);
    if (inline_) {
        append_part(bytes, ByteView(*inline_).subspan(offset, end - offset), inline_);
        return bytes;
    }
    walk(offset, [&](std::uint64_t begin, const Extent& extent) {
        const std::uint64_t at = offset + bytes.size;
        if (at >= end) return false;
        const std::uint64_t count = std::min(end, begin + extent.length) - at;
        if (!extent.chunk) {
            append_zeros(bytes, count);
        } else {
            const ChunkStore::Chunk chunk = chunks_.data_chunk(*extent.chunk, extent.length);
            append_part(bytes, chunk.bytes.subspan(at - begin, count), chunk.box);
        }
        return true;
    });
    if (bytes.size != end - offset) throw Error(ErrorKind::Corrupt, "the extents of a file end before the file does");
    return bytes;
}

std::optional<std::uint64_t> FileReader::seek(std::uint64_t offset, SeekTo what) const {
    if (offset >= size_) return std::nullopt;
    std::optional<std::uint64_t> found;
    if (inline_) {
        found = what == SeekTo::Data ? offset : size_;
    } else if (tree_ && tree_->totals().allocated == size_) {
        // No holes: else a file of terabytes would be walked for nothing.
        found = what == SeekTo::Data ? offset : size_;
    } else {
        walk(offset, [&](std::uint64_t begin, const Extent& extent) {
            if (extent.chunk.has_value() == (what == SeekTo::Data)) found = std::max(begin, offset);
            return !found;
        });
        if (!found && what == SeekTo::Hole) found = size_;
    }
    return found;
}

}  // namespace vault
