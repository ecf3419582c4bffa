// Turns of a window and the threads that take them.
#include "store/restore_window.h"

#include <algorithm>
#include <tuple>

namespace vault {

namespace {

constexpr std::size_t kBoxesPerTurnMax = 8;  // neighbours hold files of one directory: threads then rarely share one
constexpr std::size_t kTurnsPerThread = 8;   // at least, so that all end at about the same time
constexpr std::size_t kFilesPerTurn = 64;
constexpr auto kPollInterval = std::chrono::milliseconds(100);

auto order(const Piece& piece) {
    const PlacedChunk& from = piece.from;
    return std::tie(from.at.pack, from.box_offset, from.at.offset, piece.id, piece.file, piece.offset);
}

bool same_box(const Piece& a, const Piece& b) {
    return a.from.at.pack == b.from.at.pack && a.from.at.box == b.from.at.box;
}

bool same_chunk(const Piece& a, const Piece& b) {
    return a.id == b.id && a.from.at == b.from.at;
}

// Pieces that lie side by side in the box and in the file.
struct Run {
    std::uint32_t file = 0;  // of the window
    std::uint64_t offset = 0;
    ByteView bytes;
    std::uint64_t pieces = 1;

    bool takes(const Run& next) const {
        return file == next.file && offset + bytes.size() == next.offset &&
               bytes.data() + bytes.size() == next.bytes.data();
    }
};

// Much of a file that is cut finely lies in a box as it does in the file: one call writes it.
std::vector<Run> joined(std::vector<Run> runs) {
    std::ranges::stable_sort(runs, {}, [](const Run& run) { return std::pair(run.file, run.offset); });
    std::size_t kept = 0;
    for (std::size_t i = 1; i < runs.size(); ++i) {
        if (!runs[kept].takes(runs[i])) {
            runs[++kept] = runs[i];
            continue;
        }
        runs[kept].bytes = ByteView(runs[kept].bytes.data(), runs[kept].bytes.size() + runs[i].bytes.size());
        ++runs[kept].pieces;
    }
    if (!runs.empty()) runs.resize(kept + 1);
    return runs;
}

}  // namespace

WindowRunner::WindowRunner(RestoreShared& shared, ChunkSource& chunks, unsigned threads, std::function<bool()> poll)
    : shared_(shared), chunks_(chunks), poll_(std::move(poll)) {
    for (unsigned i = 0; i < threads; ++i) {
        threads_.emplace_back([this] {
            FileWriter writer(shared_);
            work(writer);
        });
    }
}

WindowRunner::~WindowRunner() {
    stop_ = true;
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    started_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    discard_all();
}

void WindowRunner::discard_all() {
    FileWriter writer(shared_);
    for (const auto& file : window_.files) writer.discard(*file);
}

void WindowRunner::run(Window window) {
    wait();
    const std::lock_guard lock(mutex_);
    window_ = std::move(window);
    make_turns();
    next_turn_ = 0;
    ++generation_;
    working_ = static_cast<unsigned>(threads_.size());
    started_.notify_all();
}

void WindowRunner::wait() {
    std::unique_lock lock(mutex_);
    while (working_ != 0) {
        if (finished_.wait_for(lock, kPollInterval, [&] { return working_ == 0; })) break;
        lock.unlock();
        if (poll_()) stop_ = true;
        lock.lock();
    }
    if (failure_) std::rethrow_exception(failure_);
    if (stop_) throw Error(ErrorKind::Interrupted, "the restore was interrupted");
}

void WindowRunner::make_turns() {
    turns_.clear();
    std::vector<Piece>& pieces = window_.pieces;
    std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return order(a) < order(b); });
    std::vector<std::size_t> boxes;  // where each begins
    for (std::size_t i = 0; i < pieces.size(); ++i)
        if (i == 0 || !same_box(pieces[i - 1], pieces[i])) boxes.push_back(i);
    const std::size_t per_turn =
        std::clamp<std::size_t>(boxes.size() / (threads_.size() * kTurnsPerThread), 1, kBoxesPerTurnMax);
    for (std::size_t i = 0; i < boxes.size(); i += per_turn) {
        const std::size_t end = i + per_turn < boxes.size() ? boxes[i + per_turn] : pieces.size();
        turns_.push_back({boxes[i], end, true});
    }
    for (std::size_t i = 0; i < window_.complete.size(); i += kFilesPerTurn)
        turns_.push_back({i, std::min(i + kFilesPerTurn, window_.complete.size()), false});
}

void WindowRunner::work(FileWriter& writer) {
    std::uint64_t seen = 0;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            started_.wait(lock, [&] { return ends_ || generation_ != seen; });
            if (ends_) return;
            seen = generation_;
        }
        try {
            for (std::size_t turn = next_turn_++; turn < turns_.size() && !stop_; turn = next_turn_++)
                carry_out(writer, turns_[turn]);
        } catch (...) {  // a worker's join: the owner gets it
            stop_ = true;
            const std::lock_guard lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        if (--working_ == 0) finished_.notify_all();
    }
}

void WindowRunner::carry_out(FileWriter& writer, const Turn& turn) {
    if (!turn.of_pieces) {
        for (std::size_t i = turn.begin; i < turn.end && !stop_; ++i)
            writer.release(*window_.files[window_.complete[i]]);
        return;
    }
    for (std::size_t begin = turn.begin; begin < turn.end && !stop_;) {
        std::size_t end = begin + 1;
        while (end < turn.end && same_box(window_.pieces[begin], window_.pieces[end])) ++end;
        write_box(writer, begin, end);
        begin = end;
    }
}

void WindowRunner::write_box(FileWriter& writer, std::size_t begin, std::size_t end) {
    Bytes box;
    bool is_loaded = false;
    try {
        const ChunkLocation& at = window_.pieces[begin].from.at;
        box = chunks_.load_box(at.pack, at.box);
        is_loaded = true;
        shared_.log.loaded_box();
    } catch (const Error&) {
        // Each chunk is looked for in another copy below, and the error told where there is none.
    }
    std::vector<std::size_t> firsts;  // the first piece of each chunk
    std::vector<ByteView> found;
    std::vector<ChunkId> ids;
    for (std::size_t i = begin; i < end; ++i) {
        const Piece& piece = window_.pieces[i];
        if (i > begin && same_chunk(window_.pieces[i - 1], piece)) continue;
        const ChunkLocation& at = piece.from.at;
        const bool is_there = is_loaded && at.offset <= box.size() && at.length <= box.size() - at.offset;
        firsts.push_back(i);
        found.push_back(is_there ? ByteView(box).subspan(at.offset, at.length) : ByteView());
        ids.push_back(piece.id);
    }
    const std::vector<bool> sound = chunks_.verify(found, ids);
    firsts.push_back(end);
    std::vector<Run> runs;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!sound[i]) {
            write_other_copy(writer, firsts[i], firsts[i + 1]);
            continue;
        }
        for (std::size_t at = firsts[i]; at < firsts[i + 1]; ++at)
            runs.push_back({window_.pieces[at].file, window_.pieces[at].offset, found[i]});
    }
    for (const Run& run : joined(std::move(runs)))
        writer.write(*window_.files[run.file], run.offset, run.bytes, run.pieces);
}

void WindowRunner::write_other_copy(FileWriter& writer, std::size_t begin, std::size_t end) {
    const Piece& piece = window_.pieces[begin];
    Bytes copy;
    try {
        copy = chunks_.chunk(ChunkKind::Data, piece.id);
        if (copy.size() != piece.from.at.length)
            throw Error(ErrorKind::Corrupt, "chunk " + piece.id.hex() + " has another length than its entry says");
    } catch (const Error& error) {
        for (std::size_t i = begin; i < end; ++i) {
            RestoredFile& file = *window_.files[window_.pieces[i].file];
            writer.fail(file, error, RestoreLog::Source::Repository);
            writer.release(file);
        }
        return;
    }
    for (std::size_t i = begin; i < end; ++i)
        writer.write(*window_.files[window_.pieces[i].file], window_.pieces[i].offset, copy, 1);
}

}  // namespace vault
