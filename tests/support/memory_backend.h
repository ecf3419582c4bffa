// A backend in memory: the reference for what Backend means, and the ground of the doubles that misbehave.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/backend/backend.h"

namespace vault {

// Thread-safe. A streamed object lies under tmp/<session>-<number> until it is published, as in a local folder.
class MemoryBackend : public Backend {
  public:
    using Clock = std::function<std::int64_t()>;  // nanoseconds since 1970

    // Without a clock, each object is one second younger than the one before.
    explicit MemoryBackend(Clock clock = nullptr);

    void put_new(const std::string& name, ByteView contents) override;
    std::unique_ptr<ObjectWriter> begin_object(const std::string& session) override;
    Bytes get(const std::string& name, std::optional<ByteRange> range = std::nullopt) override;
    std::vector<ObjectInfo> list(const std::string& prefix) override;
    void remove(const std::string& name) override;
    void sync() override {}
    std::string location() const override { return "memory"; }

    // For tests that damage or compare a store; these obey no rule of the protocol.
    std::vector<std::string> names();
    bool holds(const std::string& name);
    std::map<std::string, Bytes> snapshot();                     // all objects
    void restore(const std::map<std::string, Bytes>& objects);   // exactly these
    void overwrite(const std::string& name, ByteView contents);  // put, or put in place of what is there
    std::uint64_t total_bytes();

  private:
    friend class MemoryWriter;

    struct Object {
        std::shared_ptr<const Bytes> contents;
        std::int64_t modified_ns = 0;
    };

    Object made_now(ByteView contents);  // with mutex_ held
    std::string begin_temporary(const std::string& session);
    void publish(const std::string& temporary, const std::string& name, ByteView contents);

    std::mutex mutex_;  // guards all below
    Clock clock_;
    std::int64_t steps_ = 0;
    std::uint64_t temporaries_ = 0;
    std::map<std::string, Object> objects_;
};

// The bytes that `range` names of an object's whole contents, with the checks that Backend::get promises.
Bytes range_of(const std::string& name, const Bytes& contents, std::optional<ByteRange> range);

}  // namespace vault
