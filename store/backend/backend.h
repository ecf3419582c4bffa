// Where a repository's objects lie: a flat space of immutable named objects that sees ciphertext only. The whole
// interface is five calls and one streamed form of the first; docs/architecture.md says why nothing more is needed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/base/bytes.h"

namespace vault {

// The largest object of docs/format.md is a pack of this size; a reader allocates no more than this for a whole object.
constexpr std::uint64_t kObjectBytesMax = std::uint64_t{256} << 20;

struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct ObjectInfo {
    std::string name;              // whole, as in docs/format.md: "packs/3f/3f09…"
    std::uint64_t size = 0;        // bytes
    std::int64_t modified_ns = 0;  // the store's own clock, nanoseconds since 1970; only for choosing whom to fence
};

// An object written in pieces whose name is known only at its end (a pack is named by its hash). Not thread-safe.
// Destroyed before `publish`, it leaves nothing behind but what a kill could leave: a temporary of its session.
// It must not outlive its backend.
class ObjectWriter {
  public:
    virtual ~ObjectWriter() = default;
    virtual void append(ByteView bytes) = 0;
    // Makes the object durable under `name` unless that name is taken (Exists). At most once; nothing may be appended
    // afterwards. After any failure the writer is useless and the object must be written anew.
    virtual void publish(const std::string& name) = 0;
};

// Thread-safe. Every call throws Io where the medium failed, Denied or ReadOnly where the store refuses, NoSpace where
// it is full. Names are the ones of docs/format.md; any other name is a programming error (std::logic_error).
class Backend {
  public:
    virtual ~Backend() = default;

    // Creates the object, whole and durable, unless something has that name (Exists, and nothing changed). Io may mean
    // that it was created all the same (the reply was lost): the caller reads it back.
    virtual void put_new(const std::string& name, ByteView contents) = 0;

    // The same in pieces. `session` (32 hexadecimal digits) names the temporary, which is removed by others only when
    // that session has ended.
    virtual std::unique_ptr<ObjectWriter> begin_object(const std::string& session) = 0;

    // The whole object, or exactly `range->size` bytes of it. Throws NotFound if it is absent, Corrupt if it is shorter
    // than the range, or if the whole is asked for and longer than kObjectBytesMax.
    virtual Bytes get(const std::string& name, std::optional<ByteRange> range = std::nullopt) = 0;

    // Every object whose name starts with `prefix`, usually a folder with its slash ("packs/", "tmp/"), ascending by
    // name. An object that exists throughout is listed; one that comes or goes meanwhile may be or may not. Never a
    // short list: what cannot be listed whole throws. Names that no object of docs/format.md can have are left out.
    virtual std::vector<ObjectInfo> list(const std::string& prefix) = 0;

    // Removes the object. Absent already is not an error.
    virtual void remove(const std::string& name) = 0;

    // Returns only when all objects visible before the call, and all removals, are durable.
    virtual void sync() = 0;

    // From now on what put_new leaves behind when it is killed is named after `session` (32 hexadecimal digits), where
    // the backend has temporaries. Call it before other threads use the backend.
    virtual void name_temporaries_after(const std::string& session) { static_cast<void>(session); }

    // The caller is going to write. Advice: a store may begin, beside the caller, what its first put would wait for.
    virtual void expect_writing() noexcept {}

    // Gives up the room that the store keeps for a full disk, so that the few small objects that free space can be put.
    // False where there is none to give. Never throws.
    virtual bool release_reserve() noexcept { return false; }
    // Sets that room aside again, where the store keeps any and it is missing. Throws NoSpace, Io, Denied, ReadOnly.
    virtual void restore_reserve() {}

    // For messages: the folder or URL.
    virtual std::string location() const = 0;
};

}  // namespace vault
