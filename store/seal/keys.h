// The keys of an open repository: everything derived from a keyring. docs/format.md, 4.2 to 4.4.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "store/format/config_record.h"
#include "store/format/envelope.h"
#include "store/seal/primitives.h"

namespace vault {

// Immutable and thread-safe after construction.
class Keys {
  public:
    // Derives all subkeys of the keyring. The caller wipes the record.
    explicit Keys(const KeyringRecord& keyring);
    ~Keys();
    Keys(const Keys&) = delete;
    Keys& operator=(const Keys&) = delete;

    const RepositoryId& repository() const { return repository_; }
    std::uint32_t newest_generation() const { return newest_generation_; }

    // The id of one chunk, and of several at once (ids.size() == plaintexts.size(); faster than one by one).
    ChunkId chunk_id(ChunkKind kind, ByteView plaintext) const;
    void chunk_ids(ChunkKind kind, std::span<const ByteView> plaintexts, std::span<ChunkId> ids) const;

    // LE64(BLAKE2b-64(boundary key; level | item)): where tree nodes end.
    std::uint64_t boundary_hash(std::uint8_t level, ByteView item) const;

    // The 1,600 bytes that the gear table is made of.
    Bytes gear_stream() const;

    // The padding of a pack with this salt.
    Bytes pack_padding(std::uint32_t generation, const PackSalt& salt, std::size_t bytes) const;

    // nonce | ciphertext | tag of `frame` (what goes into the cipher: compressed where context.codec says so). The key
    // follows from the context's domain and generation. Throws std::logic_error for config, keyring and slots, which
    // have functions of their own.
    Bytes seal(const SealContext& context, ByteView frame) const;
    // The frame. Throws Corrupt where it does not verify, Unsupported for a generation that the keyring does not have.
    // `what` names the object in the message.
    Bytes open(const SealContext& context, ByteView sealed, std::string_view what) const;

  private:
    struct Generation;
    const Generation& generation(std::uint32_t number, std::string_view what) const;

    RepositoryId repository_;
    std::uint32_t newest_generation_ = 0;
    std::map<std::uint32_t, std::unique_ptr<Generation>> generations_;
    Secret gear_key_, data_id_key_, tree_id_key_;
    std::optional<KeyedHash> data_ids_, tree_ids_, boundaries_;
};

}  // namespace vault
