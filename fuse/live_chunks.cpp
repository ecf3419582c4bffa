// Views and their renewal.
#include "fuse/live_chunks.h"

namespace vault {

namespace {

// Chunks below this are verified again at each use, which costs less than remembering that they were; reads of a
// megabyte would verify a chunk of four megabytes four times.
constexpr std::uint64_t kLargeChunkBytes = std::uint64_t{64} << 10;

}  // namespace

struct LiveChunks::Present {
    View view;
    Moment listed;  // nothing that was there before is missing from the view
};

LiveChunks::LiveChunks(const Repository& repository, ChunkStoreBudget budget)
    : repository_(repository), budget_(budget), large_(kLargeChunksBytesMax), present_(read_view()) {
    read_ahead_.emplace([this](const BoxPlace& place) {
        const auto now = present();
        ChunkStore& chunks = *now->view.chunks;
        if (place.box < chunks.boxes_in(place.pack)) chunks.box(place.kind, place.pack, place.box);
    });
}

LiveChunks::~LiveChunks() = default;

std::shared_ptr<const LiveChunks::Present> LiveChunks::present() const {
    const std::lock_guard lock(mutex_);
    return present_;
}

std::shared_ptr<const LiveChunks::Present> LiveChunks::read_view() {
    auto made = std::make_shared<Present>();
    made->listed = std::chrono::steady_clock::now();
    made->view = repository_.reader_view(budget_);
    made->view.chunks->watch([this](const BoxPlace& place) {
        if (read_ahead_) read_ahead_->used(place);
    });
    ++views_made_;
    return made;
}

bool LiveChunks::renew(const std::shared_ptr<const Present>& seen, bool pack_is_gone) {
    const std::lock_guard renewing(renewing_);
    if (present() != seen) return true;
    const Moment now = std::chrono::steady_clock::now();
    if (!pack_is_gone && fruitless_ && now < *fruitless_ + kRenewalPause) return false;
    std::shared_ptr<const Present> made;
    try {
        made = read_view();
    } catch (const Error& error) {
        throw Error(ErrorKind::Io, "the packs cannot be listed anew: " + std::string(error.what()));
    }
    // The same packs give the same answers, and the old view's caches are full.
    if (made->view.chunks->view() == seen->view.chunks->view()) {
        fruitless_ = now;
        return false;
    }
    fruitless_.reset();
    const std::lock_guard lock(mutex_);
    present_ = std::move(made);
    return true;
}

void LiveChunks::cover(Moment moment) {
    if (present()->listed >= moment) return;
    const std::lock_guard renewing(renewing_);
    if (present()->listed >= moment) return;
    auto made = read_view();
    const std::lock_guard lock(mutex_);
    present_ = std::move(made);
}

template <class Ask>
auto LiveChunks::ask_present(Ask ask) {
    for (int asked = 1;; ++asked) {
        const auto now = present();
        try {
            return ask(*now->view.chunks);
        } catch (const Error& error) {
            const bool is_gone = error.kind() == ErrorKind::NotFound;
            const bool may_have_moved = is_gone || error.kind() == ErrorKind::Corrupt;
            if (!may_have_moved || asked == kViewsAsked || !renew(now, is_gone)) throw;
        }
    }
}

std::shared_ptr<const TreeNode> LiveChunks::node(const ChunkId& id) {
    return ask_present([&](ChunkStore& chunks) { return chunks.node(id); });
}

ChunkStore::Chunk LiveChunks::tree_chunk(const ChunkId& id) {
    return ask_present([&](ChunkStore& chunks) { return chunks.chunk(ChunkKind::Tree, id); });
}

ChunkStore::Chunk LiveChunks::data_chunk(const ChunkId& id, std::uint64_t length) {
    const auto load = [&] { return ask_present([&](ChunkStore& chunks) { return chunks.data_chunk(id, length); }); };
    if (length < kLargeChunkBytes) return load();
    const auto chunk = large_.get(
        id, [&] { return std::make_shared<const ChunkStore::Chunk>(load()); },
        [](const ChunkStore::Chunk& loaded) { return loaded.box->size(); });
    // Another file may have asked for it, by another length.
    return chunk->bytes.size() == length ? *chunk : load();
}

std::uint64_t LiveChunks::packed_bytes() const { return present()->view.packed_bytes; }

std::uint64_t LiveChunks::boxes_loaded() const { return present()->view.chunks->boxes_loaded(); }

}  // namespace vault
