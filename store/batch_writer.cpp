// What a batch may hold before it goes out.
#include "store/batch_writer.h"

#include <algorithm>

#include "store/base/error.h"

namespace vault {

namespace {

constexpr std::size_t kBatchBytes = 1u << 20;  // of contents at which a batch goes out
constexpr std::size_t kBatchRoomBytes = kBatchBytes + kReadBytes;
constexpr std::size_t kBatchEvents = 1'024;
constexpr std::size_t kBatchCopiedBytes = 512u << 10;

}  // namespace

MutableByteView BatchWriter::room(std::size_t bytes) {
    Bytes& contents = batch_->bytes;
    room_at_ = contents.size();
    if (contents.capacity() < room_at_ + bytes)
        contents.reserve(std::max(kBatchRoomBytes, room_at_ + std::max(bytes, kReadBytes)));
    contents.resize(room_at_ + bytes);
    return MutableByteView(contents).subspan(room_at_);
}

void BatchWriter::keep(std::size_t bytes) { batch_->bytes.resize(room_at_ + bytes); }

void BatchWriter::take_chunk(std::size_t length, std::size_t after, ChunkClass chunk_class) {
    if (batch_->events.empty() || !std::holds_alternative<ChunkPieces>(batch_->events.back()))
        batch_->events.emplace_back(ChunkPieces{batch_->chunks.size(), 0});
    ++std::get<ChunkPieces>(batch_->events.back()).count;
    batch_->chunks.push_back(
        {batch_->bytes.size() - after - length, static_cast<std::uint32_t>(length), chunk_class});
}

BatchStream::BatchStream(HandOut hand_out)
    : BatchStream(std::move(hand_out), std::make_unique<Batch>()) {}

BatchStream::BatchStream(HandOut hand_out, std::unique_ptr<Batch> first)
    : BatchWriter(*first), hand_out_(std::move(hand_out)), owned_(std::move(first)) {}

void BatchStream::contents_added(std::size_t open_bytes) {
    if (batch_->bytes.size() - open_bytes >= kBatchBytes) flush(open_bytes);
}

void BatchStream::event_added() {
    if (batch_->bytes.size() + batch_->put_off_bytes >= kBatchBytes || batch_->events.size() >= kBatchEvents ||
        batch_->copied_bytes >= kBatchCopiedBytes)
        flush(0);
}

// Hands the batch out; its last `open_bytes` start the next one.
void BatchStream::flush(std::size_t open_bytes) {
    const Bytes open = open_bytes > 0 ? to_bytes(last(open_bytes)) : Bytes();
    batch_->bytes.resize(batch_->bytes.size() - open_bytes);
    owned_ = hand_out_(std::move(owned_));
    if (!owned_) throw Error(ErrorKind::Interrupted, "the run is ending");
    batch_ = owned_.get();
    if (open_bytes > 0) {
        batch_->bytes.reserve(kBatchRoomBytes + open_bytes);
        append(batch_->bytes, open);
    }
}

}  // namespace vault
