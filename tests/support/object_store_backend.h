// A backend in memory that behaves as an object store (S3) does: what vault must live with once it stores remotely.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "store/backend/backend.h"

namespace vault {

struct ObjectStoreOptions {
    std::uint64_t seed = 1;                    // of the delays
    std::size_t page_entries = 7;              // names in one page of a listing; S3 has 1,000
    std::chrono::microseconds delay_max{200};  // before each request, and between what a request decides and its reply
};

// Thread-safe. Reads see every finished write. Other than a local folder it has
// - no rename and no folders: an object is put whole, conditionally (If-None-Match), and a streamed one is an upload in
//   parts that no listing shows before it is completed;
// - no fsync: what was acknowledged is durable;
// - listings by pages, each true for its own moment only: what is created or removed behind the listing's position
//   while it runs is not seen, what happens ahead of it is;
// - times of whole seconds.
class ObjectStoreBackend : public Backend {
  public:
    explicit ObjectStoreBackend(ObjectStoreOptions options = {});

    void put_new(const std::string& name, ByteView contents) override;
    std::unique_ptr<ObjectWriter> begin_object(const std::string& session) override;
    Bytes get(const std::string& name, std::optional<ByteRange> range = std::nullopt) override;
    std::vector<ObjectInfo> list(const std::string& prefix) override;
    void remove(const std::string& name) override;
    void sync() override {}
    std::string location() const override { return "object store"; }

    std::uint64_t requests();                  // so far; a page of a listing is one
    std::size_t uploads_open();                // streamed objects neither completed nor dropped
    void put_foreign(const std::string& key);  // something that is not vault's lies in the bucket

  private:
    friend class ObjectStoreWriter;

    struct Object {
        std::shared_ptr<const Bytes> contents;
        std::int64_t modified_ns = 0;
    };

    void request();  // counts one and waits
    void wait();
    void begin_upload();
    void end_upload();

    ObjectStoreOptions options_;
    std::mutex mutex_;  // guards all below
    std::mt19937_64 random_;
    std::uint64_t requests_ = 0;
    std::size_t uploads_ = 0;
    std::map<std::string, Object> objects_;
};

}  // namespace vault
