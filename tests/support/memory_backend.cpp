// The double in memory.
#include "tests/support/memory_backend.h"

#include <stdexcept>

#include "store/backend/object_names.h"
#include "store/base/error.h"

namespace vault {

class MemoryWriter : public ObjectWriter {
  public:
    MemoryWriter(MemoryBackend& backend, const std::string& session)
        : backend_(backend), temporary_(backend.begin_temporary(session)) {}
    ~MemoryWriter() override { backend_.remove(temporary_); }

    void append(ByteView bytes) override {
        if (closed_) throw std::logic_error("append to an object that was published or failed to be");
        vault::append(contents_, bytes);
    }
    void publish(const std::string& name) override {
        if (closed_) throw std::logic_error("an object is published once");
        require_object_name(name);
        closed_ = true;
        backend_.publish(temporary_, name, contents_);
    }

  private:
    MemoryBackend& backend_;
    std::string temporary_;
    Bytes contents_;
    bool closed_ = false;
};

MemoryBackend::MemoryBackend(Clock clock) : clock_(std::move(clock)) {}

MemoryBackend::Object MemoryBackend::made_now(ByteView contents) {
    constexpr std::int64_t kStart = 1'700'000'000'000'000'000;
    constexpr std::int64_t kSecond = 1'000'000'000;
    return {std::make_shared<const Bytes>(to_bytes(contents)), clock_ ? clock_() : kStart + kSecond * steps_++};
}

void MemoryBackend::put_new(const std::string& name, ByteView contents) {
    require_object_name(name);
    const std::lock_guard lock(mutex_);
    if (objects_.contains(name)) throw Error(ErrorKind::Exists, "cannot create " + name + ": it exists");
    objects_[name] = made_now(contents);
}

std::unique_ptr<ObjectWriter> MemoryBackend::begin_object(const std::string& session) {
    if (!is_session_name(session)) throw std::logic_error("not a session's name");
    return std::make_unique<MemoryWriter>(*this, session);
}

std::string MemoryBackend::begin_temporary(const std::string& session) {
    const std::lock_guard lock(mutex_);
    const std::string name = "tmp/" + session + '-' + std::to_string(++temporaries_);
    objects_[name] = made_now({});
    return name;
}

void MemoryBackend::publish(const std::string& temporary, const std::string& name, ByteView contents) {
    const std::lock_guard lock(mutex_);
    if (objects_.contains(name)) throw Error(ErrorKind::Exists, "cannot create " + name + ": it exists");
    // Somebody who takes the session for dead may remove its temporaries; a rename then finds nothing.
    if (objects_.erase(temporary) == 0) throw Error(ErrorKind::NotFound, "cannot create " + name + ": temporary gone");
    objects_[name] = made_now(contents);
}

Bytes MemoryBackend::get(const std::string& name, std::optional<ByteRange> range) {
    require_object_name(name);
    std::shared_ptr<const Bytes> contents;
    {
        const std::lock_guard lock(mutex_);
        const auto found = objects_.find(name);
        if (found == objects_.end()) throw Error(ErrorKind::NotFound, "cannot read " + name + ": it is absent");
        contents = found->second.contents;
    }
    return range_of(name, *contents, range);
}

std::vector<ObjectInfo> MemoryBackend::list(const std::string& prefix) {
    const std::lock_guard lock(mutex_);
    std::vector<ObjectInfo> objects;
    for (auto found = objects_.lower_bound(prefix); found != objects_.end(); ++found) {
        if (!found->first.starts_with(prefix)) break;
        if (!is_object_name(found->first)) continue;
        objects.push_back({found->first, found->second.contents->size(), found->second.modified_ns});
    }
    return objects;
}

void MemoryBackend::remove(const std::string& name) {
    require_object_name(name);
    const std::lock_guard lock(mutex_);
    objects_.erase(name);
}

std::vector<std::string> MemoryBackend::names() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [name, object] : objects_) all.push_back(name);
    return all;
}

bool MemoryBackend::holds(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return objects_.contains(name);
}

std::map<std::string, Bytes> MemoryBackend::snapshot() {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Bytes> all;
    for (const auto& [name, object] : objects_) all[name] = *object.contents;
    return all;
}

void MemoryBackend::restore(const std::map<std::string, Bytes>& objects) {
    const std::lock_guard lock(mutex_);
    objects_.clear();
    for (const auto& [name, contents] : objects) objects_[name] = made_now(contents);
}

void MemoryBackend::overwrite(const std::string& name, ByteView contents) {
    const std::lock_guard lock(mutex_);
    objects_[name] = made_now(contents);
}

std::uint64_t MemoryBackend::total_bytes() {
    const std::lock_guard lock(mutex_);
    std::uint64_t bytes = 0;
    for (const auto& [name, object] : objects_) bytes += object.contents->size();
    return bytes;
}

Bytes range_of(const std::string& name, const Bytes& contents, std::optional<ByteRange> range) {
    if (!range && contents.size() > kObjectBytesMax)
        throw Error(ErrorKind::Corrupt, name + " is longer than any object may be");
    const ByteRange wanted = range.value_or(ByteRange{0, contents.size()});
    if (wanted.offset > contents.size() || wanted.size > contents.size() - wanted.offset)
        throw Error(ErrorKind::Corrupt, name + " has " + std::to_string(contents.size()) + " bytes, but " +
                                            std::to_string(wanted.size) + " are needed from offset " +
                                            std::to_string(wanted.offset));
    const auto start = contents.begin() + static_cast<std::ptrdiff_t>(wanted.offset);
    return {start, start + static_cast<std::ptrdiff_t>(wanted.size)};
}

}  // namespace vault
