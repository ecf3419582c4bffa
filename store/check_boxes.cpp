// read (in order) → hash (in order) → open and verify (parallel) → note (in order).
#include "store/check_boxes.h"

#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>

#include "store/in_flight.h"
#include "store/index_directories.h"
#include "store/seal/primitives.h"
#include "store/stage_fence.h"
#include "store/thread_count.h"

namespace vault {

namespace {

namespace tbb = oneapi::tbb;

constexpr std::uint64_t kPieceBytes = std::uint64_t{2} << 20;

// A pack in the reading. Shared by its pieces; what several stages touch is written by stages in order only.
struct ReadPack {
    PackToRead pack;
    std::optional<PackDirectory> directory;  // by which its boxes are known
    std::uint64_t padding_offset = 0, padding_bytes = 0;
    std::optional<PackNumber> number;        // in the index
    std::optional<PackHeader> header;        // sound
    DamagedPack damage;  // whys: of the reading stage; the rest: of the last
    Sha256 hash;         // of the hashing stage
    bool name_is_hash = false;
    bool gone = false;    // the reading stage's
    bool unread = false;  // bytes of it could not be read
};

// Consecutive bytes of a pack, from the start of a box to the end of one, or its head or tail.
struct Piece {
    std::shared_ptr<ReadPack> of;
    Bytes bytes;
    std::uint64_t offset = 0;  // of the bytes in the pack
    std::uint32_t first_box = 0, first_entry = 0;
    std::vector<DirectoryBox> boxes;  // that lie in it, back to back, from `boxes_offset` on
    std::uint64_t boxes_offset = 0;   // in `bytes`
    bool last = false;
    bool gone = false;  // the pack was removed: nothing was read
    // Found:
    std::vector<DamagedBox> damaged;
    std::vector<bool> sound;  // by entry, from first_entry on
    std::string padding_trouble;
};

// Cuts packs into pieces and reads them. The first stage's alone.
class Reader {
  public:
    Reader(const ReadPacksRequest& request, const std::vector<PackToRead>& packs, ReadPacks& report)
        : request_(request), packs_(packs), report_(report) {}

    // Null at the end.
    std::unique_ptr<Piece> next() {
        for (;;) {
            if (!current_) {
                if (next_pack_ == packs_.size()) return nullptr;
                if (request_.stop(true)) {
                    report_.stopped = true;
                    return nullptr;
                }
                open(packs_[next_pack_++]);
            } else if (request_.stop(false)) {
                report_.stopped = true;
                return nullptr;
            }
            auto piece = read_piece();
            if (piece->last) current_.reset();
            return piece;
        }
    }

    // The pack that was not read to its end, if there is one.
    std::shared_ptr<const ReadPack> begun() const { return current_; }

  private:
    void open(const PackToRead& pack) {
        current_ = std::make_shared<ReadPack>();
        ReadPack& reading = *current_;
        reading.pack = pack;
        reading.damage.bytes = pack.info.size;
        offset_ = 0;
        box_ = entry_ = 0;
        const Index& index = *request_.chunks.view().index;
        reading.number = index.number_of(pack.id);
        // What the index says is what readers go by; where that is not the pack's own, check_packs tells.
        if (reading.number) reading.directory = index.directory(*reading.number);
        else reading.directory = pack.copy;
        try {
            FoundDirectory own =
                read_directory(request_.repository.backend(), request_.repository.keys(), pack.info, pack.id);
            reading.header = decode_pack_header(own.header);
            if (!reading.directory) reading.directory = std::move(own.directory);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) reading.gone = true;
            else if (!is_finding(error)) throw;
            reading.damage.whys.push_back(without_context(pack.info.name, error));
            reading.damage.directory = reading.directory ? DirectoryFound::Copy : DirectoryFound::None;
        }
        if (!reading.directory) return;
        reading.padding_offset = reading.directory->boxes_end();
        const std::uint64_t rest =
            encode(*reading.directory).size() + kSealOverheadBytes + kPackTrailerBytes + reading.padding_offset;
        reading.padding_bytes = rest < pack.info.size ? pack.info.size - rest : 0;
    }

    std::unique_ptr<Piece> read_piece() {
        ReadPack& reading = *current_;
        auto piece = std::make_unique<Piece>();
        piece->of = current_;
        piece->offset = offset_;
        piece->first_box = box_;
        piece->first_entry = entry_;
        piece->last = piece->gone = reading.gone;
        if (reading.gone) return piece;
        const std::uint64_t size = reading.pack.info.size;
        std::uint64_t end = reading.directory ? take_boxes(*piece) : std::min(offset_ + kPieceBytes, size);
        if (reading.directory && box_ == reading.directory->boxes.size()) end = size;
        end = std::min(end, size);
        piece->last = end == size;
        load(*piece, end);
        offset_ = end;
        return piece;
    }

    // Boxes for one piece; of a pack that is too short also all that would lie behind its end. Returns where they end.
    std::uint64_t take_boxes(Piece& piece) {
        const std::uint64_t size = current_->pack.info.size;
        std::uint64_t end = offset_ == 0 ? kPackHeaderBytes : offset_;
        piece.boxes_offset = end - offset_;
        auto& boxes = current_->directory->boxes;
        while (box_ < boxes.size() && (piece.boxes.empty() || end - offset_ < kPieceBytes || end >= size)) {
            end += boxes[box_].sealed_bytes;
            entry_ += static_cast<std::uint32_t>(boxes[box_].chunks.size());
            piece.boxes.push_back(std::move(boxes[box_++]));
        }
        return end;
    }

    Bytes read(std::uint64_t offset, std::uint64_t bytes) {
        return request_.repository.backend().get(current_->pack.info.name, ByteRange{offset, bytes});
    }

    // One bad sector must not take the boxes beside it: where the piece cannot be read in one, its parts are.
    void load(Piece& piece, std::uint64_t end) {
        ReadPack& reading = *current_;
        try {
            piece.bytes = read(piece.offset, end - piece.offset);
            return;
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) {
                piece.gone = piece.last = true;
                return;
            }
            if (!is_finding(error)) throw;
            reading.unread = true;
            reading.damage.whys.push_back(error.what());
        }
        piece.bytes = Bytes(end - piece.offset, 0);
        std::uint64_t at = piece.boxes_offset;
        for (const DirectoryBox& box : piece.boxes) {
            if (at + box.sealed_bytes > piece.bytes.size()) break;
            try {
                std::ranges::copy(read(piece.offset + at, box.sealed_bytes),
                                  piece.bytes.begin() + static_cast<std::ptrdiff_t>(at));
            } catch (const Error& error) {
                if (!is_finding(error)) throw;  // left zero, it does not open
            }
            at += box.sealed_bytes;
        }
    }

    const ReadPacksRequest& request_;
    const std::vector<PackToRead>& packs_;
    ReadPacks& report_;
    std::size_t next_pack_ = 0;
    std::shared_ptr<ReadPack> current_;
    std::uint64_t offset_ = 0;
    std::uint32_t box_ = 0, entry_ = 0;
};

// One box; which of its chunks are what their ids say goes to `sound`. Returns why not all are.
std::string verify_box(const Keys& keys, ChunkKind kind, const DirectoryBox& box, ByteView sealed,
                       std::vector<bool>& sound) {
    std::vector<bool> here(box.chunks.size());
    std::string why;
    try {
        here = sound_chunks(keys, kind, box.chunks,
                            open_box(keys, kind, sealed, box.codec, box.generation,
                                     static_cast<std::uint32_t>(box.plain_bytes()), "a box"));
        for (std::size_t i = 0; i < here.size(); ++i)
            if (!here[i]) why = "it opens, and does not hold chunk " + box.chunks[i].id.hex();
    } catch (const Error& error) {
        if (!is_finding(error)) throw;
        why = error.what();
    }
    sound.insert(sound.end(), here.begin(), here.end());
    return why;
}

void verify(const Keys& keys, Piece& piece) {
    const ReadPack& of = *piece.of;
    std::uint64_t offset = piece.boxes_offset;
    for (std::size_t i = 0; i < piece.boxes.size(); ++i) {
        const DirectoryBox& box = piece.boxes[i];
        std::string why;
        if (offset + box.sealed_bytes > piece.bytes.size()) {
            why = "its bytes could not be read";
            piece.sound.resize(piece.sound.size() + box.chunks.size());
        } else {
            why = verify_box(keys, of.directory->content, box, ByteView(piece.bytes).subspan(offset, box.sealed_bytes),
                             piece.sound);
        }
        offset += box.sealed_bytes;
        if (!why.empty()) piece.damaged.push_back({piece.first_box + static_cast<std::uint32_t>(i), why});
    }
    // What lies between the boxes and the directory, at once in one piece; the rest of the tail was opened before.
    if (!piece.last || !of.header || of.padding_bytes == 0 || of.unread) return;
    if (of.padding_offset < piece.offset || of.padding_offset >= piece.offset + piece.bytes.size()) return;
    const Bytes wanted = keys.pack_padding(of.header->envelope.generation, of.header->salt, of.padding_bytes);
    if (!equal(wanted, ByteView(piece.bytes).subspan(of.padding_offset - piece.offset, of.padding_bytes)))
        piece.padding_trouble = "its padding is not what its salt makes";
}

void hash(Piece& piece) {
    ReadPack& of = *piece.of;
    if (piece.gone) return;
    of.hash.add(piece.bytes);
    if (piece.last) of.name_is_hash = of.hash.finish() == of.pack.id.bytes;
}

// What a piece tells, into the report. The last stage's alone.
void note(const ReadPacksRequest& request, Piece& piece, ReadPacks& report) {
    ReadPack& of = *piece.of;
    if (piece.gone) {
        report.gone.push_back(of.pack.id);
        return;
    }
    report.bytes += piece.bytes.size();
    report.boxes += piece.boxes.size();
    for (std::size_t i = 0; of.number && i < piece.sound.size(); ++i) {
        ChunkLocation at;
        at.pack = *of.number;
        at.entry = piece.first_entry + static_cast<std::uint32_t>(i);
        (piece.sound[i] ? request.chunks.verified : request.chunks.bad).set(at);
    }
    if (of.pack.copy && !of.number) {
        auto& sound = report.by_copy[of.pack.id];
        sound.insert(sound.end(), piece.sound.begin(), piece.sound.end());
    }
    std::ranges::move(piece.damaged, std::back_inserter(of.damage.boxes));
    if (!piece.padding_trouble.empty()) of.damage.whys.push_back(piece.padding_trouble);
    request.progress(piece.bytes.size());
    if (!piece.last) return;
    ++report.packs;
    // Where something else is wrong that is the cause, and says more.
    if (!of.name_is_hash && of.damage.whys.empty() && of.damage.boxes.empty())
        of.damage.whys.push_back("its name is not the SHA-256 of its bytes");
    const bool sound = of.damage.whys.empty() && of.damage.boxes.empty();
    request.done(of.pack.id, sound);
    if (!sound) report.damaged.emplace(of.pack.id, std::move(of.damage));
}

}  // namespace

ReadPacks read_packs(const ReadPacksRequest& request, const std::vector<PackToRead>& packs) {
    ReadPacks report;
    Reader reader(request, packs, report);
    InFlight<Piece> in_flight;
    const Keys& keys = request.repository.keys();
    const auto stages =
        tbb::make_filter<void, Piece*>(tbb::filter_mode::serial_in_order,
                                       [&](tbb::flow_control& flow) -> Piece* {
                                           const StageFence fence;
                                           auto piece = reader.next();
                                           if (!piece) {
                                               flow.stop();
                                               return nullptr;
                                           }
                                           return in_flight.add(std::move(piece));
                                       }) &
        tbb::make_filter<Piece*, Piece*>(tbb::filter_mode::serial_in_order,
                                         [&](Piece* piece) {
                                             const StageFence fence;
                                             hash(*piece);
                                             return piece;
                                         }) &
        tbb::make_filter<Piece*, Piece*>(tbb::filter_mode::parallel,
                                         [&](Piece* piece) {
                                             const StageFence fence;
                                             verify(keys, *piece);
                                             return piece;
                                         }) &
        tbb::make_filter<Piece*, void>(tbb::filter_mode::serial_in_order, [&](Piece* piece) {
            const StageFence fence;
            note(request, *piece, report);
            in_flight.remove(piece);
        });
    const unsigned threads = thread_count(request.threads);
    { const StageFence fence; }
    tbb::task_arena arena(static_cast<int>(threads));
    arena.execute([&] { tbb::parallel_pipeline(2 * threads + 2, stages); });
    { const StageFence fence; }
    // What was found in a pack that was not read to its end counts all the same.
    if (const auto begun = reader.begun(); begun && !(begun->damage.whys.empty() && begun->damage.boxes.empty()))
        report.damaged.emplace(begun->pack.id, begun->damage);
    return report;
}

}  // namespace vault
