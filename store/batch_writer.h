// Fills batches: events in order, and contents that become their chunks.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "store/batch.h"

namespace vault {

constexpr std::size_t kReadBytes = 512u << 10;  // of a file at once

// Fills the batch that it is given, however full it becomes. Not thread-safe.
class BatchWriter {
  public:
    explicit BatchWriter(Batch& batch) : batch_(&batch) {}
    virtual ~BatchWriter() = default;

    // Built in its place: g++ 12 takes moved temporaries of the variant for uninitialised ones.
    template <class AnyEvent>
    void emit(AnyEvent&& event) {
        batch_->events.emplace_back(std::forward<AnyEvent>(event));
        event_added();
    }

    // Room for `bytes` more contents, at the end of the batch. The caller fills it and keeps `keep` of it, at most once
    // before the next call.
    MutableByteView room(std::size_t bytes);
    void keep(std::size_t bytes);
    // The last `bytes` contents.
    ByteView last(std::size_t bytes) const { return ByteView(batch_->bytes).last(bytes); }
    // The chunk that ends `after` bytes before the end of the contents.
    void take_chunk(std::size_t length, std::size_t after, ChunkClass chunk_class);
    void add_hole(std::uint64_t length) { batch_->events.emplace_back(HolePiece{length}); }

    // Between two reads of one file: the batch may go, but for its last `open_bytes`, which are no chunk yet.
    virtual void contents_added(std::size_t) {}

  protected:
    virtual void event_added() {}

    Batch* batch_;

  private:
    std::size_t room_at_ = 0;  // where the room given last begins
};

// Takes a batch, and gives an empty one to go on with; or none: stop.
using HandOut = std::function<std::unique_ptr<Batch>(std::unique_ptr<Batch>)>;

// Hands a batch out when it is full, and goes on with another.
class BatchStream : public BatchWriter {
  public:
    // Where `hand_out` says stop, what was called throws Interrupted.
    explicit BatchStream(HandOut hand_out);

    Batch& batch() { return *batch_; }
    void flush() { flush(0); }
    void contents_added(std::size_t open_bytes) override;

  private:
    explicit BatchStream(HandOut hand_out, std::unique_ptr<Batch> first);
    void event_added() override;
    void flush(std::size_t open_bytes);

    HandOut hand_out_;
    std::unique_ptr<Batch> owned_;  // what batch_ points to
};

}  // namespace vault
