// One pack in the writing: its object, its hash so far, and the directory that grows with it. Not thread-safe.
#pragma once

#include <memory>

#include "store/backend/backend.h"
#include "store/format/pack_directory.h"
#include "store/index.h"
#include "store/seal/box.h"
#include "store/seal/primitives.h"

namespace vault {

// A pack whose bytes are all written, not yet published.
struct ClosedPack {
    std::unique_ptr<ObjectWriter> object;
    NewPack pack;
    std::array<std::uint8_t, kPackHeaderBytes> header{};
    Bytes directory_record;
};

class OpenPack {
  public:
    OpenPack(Backend& backend, const Keys& keys, const SessionId& session, ChunkKind content);

    // Whether the box still fits the hard limits of a pack, and the pack would be no longer than `bytes_max`.
    bool has_room_for(const DirectoryBox& box, std::uint64_t bytes_max) const;
    void append(ByteView sealed, DirectoryBox box);
    std::uint64_t bytes() const { return offset_; }

    // Writes padding, directory and trailer. At most once; the pack holds at least one box.
    ClosedPack close();

  private:
    void write(ByteView bytes);

    const Keys& keys_;
    std::unique_ptr<ObjectWriter> object_;
    Sha256 hash_;
    PackSalt salt_;
    std::uint32_t generation_;
    std::array<std::uint8_t, kPackHeaderBytes> header_{};
    PackDirectory directory_;
    std::uint64_t offset_ = 0, chunks_ = 0, plain_bytes_ = 0;
    std::uint64_t directory_bytes_ = kDirectoryBytesBesideBoxes;
};

}  // namespace vault
