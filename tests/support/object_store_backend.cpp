// The double of an object store.
#include "tests/support/object_store_backend.h"

#include <stdexcept>
#include <thread>

#include "store/backend/object_names.h"
#include "store/base/error.h"
#include "tests/support/memory_backend.h"

namespace vault {

class ObjectStoreWriter : public ObjectWriter {
  public:
    explicit ObjectStoreWriter(ObjectStoreBackend& backend) : backend_(backend) { backend_.begin_upload(); }
    ~ObjectStoreWriter() override { backend_.end_upload(); }

    void append(ByteView bytes) override {
        if (closed_) throw std::logic_error("append to an object that was published or failed to be");
        vault::append(contents_, bytes);
    }
    void publish(const std::string& name) override {
        if (closed_) throw std::logic_error("an object is published once");
        require_object_name(name);
        closed_ = true;
        backend_.put_new(name, contents_);
    }

  private:
    ObjectStoreBackend& backend_;
    Bytes contents_;
    bool closed_ = false;
};

ObjectStoreBackend::ObjectStoreBackend(ObjectStoreOptions options) : options_(options), random_(options.seed) {}

void ObjectStoreBackend::wait() {
    std::chrono::microseconds delay{0};
    {
        const std::lock_guard lock(mutex_);
        const auto most = static_cast<std::uint64_t>(options_.delay_max.count());
        delay = std::chrono::microseconds(random_() % (most + 1));
    }
    if (delay.count() > 0) std::this_thread::sleep_for(delay);
}

void ObjectStoreBackend::request() {
    {
        const std::lock_guard lock(mutex_);
        ++requests_;
    }
    wait();
}

void ObjectStoreBackend::put_new(const std::string& name, ByteView contents) {
    require_object_name(name);
    request();
    {
        const std::lock_guard lock(mutex_);
        if (objects_.contains(name)) throw Error(ErrorKind::Exists, "cannot create " + name + ": precondition failed");
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now);
        objects_[name] = {std::make_shared<const Bytes>(to_bytes(contents)), std::chrono::nanoseconds(seconds).count()};
    }
    wait();  // others see the object before its writer hears of it
}

std::unique_ptr<ObjectWriter> ObjectStoreBackend::begin_object(const std::string& session) {
    if (!is_session_name(session)) throw std::logic_error("not a session's name");
    request();
    return std::make_unique<ObjectStoreWriter>(*this);
}

Bytes ObjectStoreBackend::get(const std::string& name, std::optional<ByteRange> range) {
    require_object_name(name);
    request();
    std::shared_ptr<const Bytes> contents;
    {
        const std::lock_guard lock(mutex_);
        const auto found = objects_.find(name);
        if (found == objects_.end()) throw Error(ErrorKind::NotFound, "cannot read " + name + ": no such key");
        contents = found->second.contents;
    }
    return range_of(name, *contents, range);
}

std::vector<ObjectInfo> ObjectStoreBackend::list(const std::string& prefix) {
    std::vector<ObjectInfo> objects;
    std::string after;  // the last key of the page before
    while (true) {
        request();
        const std::lock_guard lock(mutex_);
        auto next = after.empty() ? objects_.lower_bound(prefix) : objects_.upper_bound(after);
        std::size_t entries = 0;
        for (; next != objects_.end() && next->first.starts_with(prefix) && entries < options_.page_entries; ++next) {
            ++entries;
            after = next->first;
            if (is_object_name(next->first))
                objects.push_back({next->first, next->second.contents->size(), next->second.modified_ns});
        }
        if (entries < options_.page_entries) return objects;
    }
}

void ObjectStoreBackend::remove(const std::string& name) {
    require_object_name(name);
    request();
    const std::lock_guard lock(mutex_);
    objects_.erase(name);
}

void ObjectStoreBackend::begin_upload() {
    const std::lock_guard lock(mutex_);
    ++uploads_;
}

void ObjectStoreBackend::end_upload() {
    const std::lock_guard lock(mutex_);
    --uploads_;
}

std::uint64_t ObjectStoreBackend::requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::size_t ObjectStoreBackend::uploads_open() {
    const std::lock_guard lock(mutex_);
    return uploads_;
}

void ObjectStoreBackend::put_foreign(const std::string& key) {
    const std::lock_guard lock(mutex_);
    objects_[key] = {std::make_shared<const Bytes>(), 0};
}

}  // namespace vault
