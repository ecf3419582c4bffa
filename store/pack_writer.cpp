// Threads that publish closed packs, and the dirs/ objects that follow them.
#include "store/pack_writer.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "store/backend/object_names.h"
#include "store/format/limits.h"
#include "store/open_pack.h"
#include "store/seal/object.h"

namespace vault {

namespace {

// A dirs/ object is padded by up to an eighth and stays below its limit.
constexpr std::uint64_t kDirsBytesTarget = 6 * kMiB;

// Collects copies of directories until an object of them is full. Not thread-safe.
class DirectoryCopies {
  public:
    DirectoryCopies(Backend& backend, const Keys& keys, const SessionId& session) : backend_(backend), keys_(keys) {
        record_.session = session;
    }

    void add(DirectoryCopy copy) {
        if (!record_.copies.empty() && bytes_ + copy.directory.size() > kDirsBytesTarget) flush();
        bytes_ += copy.directory.size();
        record_.copies.push_back(std::move(copy));
        if (record_.copies.size() == kDirsEntriesMax || bytes_ > kDirsBytesTarget) flush();
    }

    void flush() {
        if (record_.copies.empty()) return;
        std::sort(record_.copies.begin(), record_.copies.end(),
                  [](const DirectoryCopy& a, const DirectoryCopy& b) { return a.pack < b.pack; });
        const Bytes encoded = encode(record_);
        const std::string name = "dirs/" + record_.session.hex() + "-" + std::to_string(record_.number);
        // One too large for its limit stays unwritten: the packs keep their own directories.
        if (encoded.size() < kDirsObjectBytesMax * 7 / 8)
            backend_.put_new(name, seal_object(keys_, ObjectKind::Directories, name, encoded));
        ++record_.number;
        record_.copies.clear();
        bytes_ = 0;
    }

  private:
    Backend& backend_;
    const Keys& keys_;
    DirectoriesRecord record_;
    std::uint64_t bytes_ = 0;
};

}  // namespace

struct PackWriter::Impl {
    Impl(Backend& b, const Keys& k, const SessionId& s, PackLimits l, std::function<void(NewPack)> durable)
        : backend(b), keys(k), session(s), limits(l), on_durable(std::move(durable)), copies(b, k, s) {
        for (unsigned i = 0; i < std::max(1u, limits.publishers); ++i) threads.emplace_back([this] { publish_all(); });
    }

    void publish_all() {
        for (;;) {
            ClosedPack pack;
            {
                std::unique_lock lock(mutex);
                changed.wait(lock, [&] { return !waiting.empty() || stopping; });
                if (waiting.empty()) return;
                pack = std::move(waiting.front());
                waiting.pop_front();
                ++publishing;
            }
            try {
                publish(std::move(pack));
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!failure) failure = std::current_exception();
            }
            const std::lock_guard lock(mutex);
            --publishing;
            changed.notify_all();
        }
    }

    void publish(ClosedPack closed) {
        closed.object->publish(pack_name(closed.pack.id));
        closed.object.reset();
        // I/O under this lock is meant: one dirs/ object at a time, and nobody else needs the lock for long.
        const std::lock_guard lock(durable_mutex);
        copies.add({closed.pack.id, closed.pack.bytes, closed.header, std::move(closed.directory_record)});
        on_durable(std::move(closed.pack));
    }

    void enqueue(ClosedPack pack) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return waiting.size() < limits.publishers || failure; });
        if (failure) std::rethrow_exception(failure);
        waiting.push_back(std::move(pack));
        changed.notify_all();
    }

    void close(std::optional<OpenPack>& pack) {
        ClosedPack closed = pack->close();
        pack.reset();
        enqueue(std::move(closed));
    }

    void stop() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
            changed.notify_all();
        }
        for (std::thread& thread : threads)
            if (thread.joinable()) thread.join();
    }

    Backend& backend;
    const Keys& keys;
    const SessionId session;
    const PackLimits limits;
    const std::function<void(NewPack)> on_durable;
    std::array<std::optional<OpenPack>, 2> open;  // by kind
    std::uint64_t sealed_bytes = 0;

    std::mutex durable_mutex;  // guards copies
    DirectoryCopies copies;

    std::mutex mutex;  // guards all below
    std::condition_variable changed;
    std::deque<ClosedPack> waiting;
    unsigned publishing = 0;
    bool stopping = false;
    std::exception_ptr failure;

    std::vector<std::thread> threads;
};

PackWriter::PackWriter(Backend& backend, const Keys& keys, const SessionId& session, PackLimits limits,
                       std::function<void(NewPack)> on_durable)
    : impl_(std::make_unique<Impl>(backend, keys, session, limits, std::move(on_durable))) {}

PackWriter::~PackWriter() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->waiting.clear();
    }
    impl_->stop();
}

void PackWriter::append(const SealedBox& box, BoxContents contents) {
    auto& open = impl_->open[static_cast<std::size_t>(contents.kind)];
    const std::uint64_t bytes_max =
        contents.kind == ChunkKind::Data ? impl_->limits.data_bytes : impl_->limits.tree_bytes;
    DirectoryBox listed{static_cast<std::uint32_t>(box.sealed.size()), box.codec, box.generation,
                        std::move(contents.chunks)};
    if (open && !open->has_room_for(listed, bytes_max)) impl_->close(open);
    if (!open) open.emplace(impl_->backend, impl_->keys, impl_->session, contents.kind);
    open->append(box.sealed, std::move(listed));
    impl_->sealed_bytes += box.sealed.size();
    if (open->bytes() >= bytes_max) impl_->close(open);
}

void PackWriter::finish() {
    for (auto& open : impl_->open)
        if (open) impl_->close(open);
    {
        std::unique_lock lock(impl_->mutex);
        impl_->changed.wait(lock, [&] { return impl_->failure || (impl_->waiting.empty() && impl_->publishing == 0); });
        if (impl_->failure) std::rethrow_exception(impl_->failure);
    }
    const std::lock_guard lock(impl_->durable_mutex);
    impl_->copies.flush();
}

std::uint64_t PackWriter::sealed_bytes() const { return impl_->sealed_bytes; }

}  // namespace vault
