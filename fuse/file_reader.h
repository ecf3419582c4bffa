// The content of one regular file at any offset: pieces of opened boxes as they are, holes, and where holes lie.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "fuse/live_chunks.h"
#include "store/tree_reader.h"

namespace vault {

// Bytes that lie in boxes (or in a reader, or are zeros), with what keeps them alive.
struct FileBytes {
    std::vector<ByteView> parts;  // neighbours in memory are one part
    std::vector<std::shared_ptr<const void>> owners;
    std::size_t size = 0;
};

enum class SeekTo { Data, Hole };

// Immutable and thread-safe.
class FileReader : public std::enable_shared_from_this<FileReader> {
  public:
    // Throws Usage for an entry that is no regular file, Corrupt where its parts do not add up to its size. `chunks`
    // outlives the reader.
    FileReader(LiveChunks& chunks, const Entry& entry);

    // Exactly the bytes from `offset` on, up to `size` or the end of the file. Throws Corrupt, Io: no byte is given
    // that was not verified, and none is left out.
    FileBytes read(std::uint64_t offset, std::size_t size) const;

    // As lseek(2): the first offset not below `offset` in data or in a hole, the end counting as a hole. Nothing for an
    // offset at or past the end, or where no data follows.
    std::optional<std::uint64_t> seek(std::uint64_t offset, SeekTo what) const;

    std::uint64_t size() const { return size_; }
    std::size_t weight() const;  // bytes of memory, about

  private:
    struct Piece {
        std::uint64_t offset = 0;
        Extent extent;
    };
    // Calls `each(offset, extent)` for the extents from the one at `offset` on until it returns false.
    template <class Each>
    void walk(std::uint64_t offset, Each each) const;

    LiveChunks& chunks_;
    const std::uint64_t size_;
    std::shared_ptr<const Bytes> inline_;  // null: the extents below
    std::vector<Piece> list_;
    std::optional<ExtentsReader> tree_;
};

}  // namespace vault
