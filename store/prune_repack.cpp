// Box by box, in the order of the old packs.
#include "store/prune_repack.h"

#include <algorithm>
#include <utility>

#include "store/backend/object_names.h"
#include "store/box_gatherer.h"
#include "store/damage_report.h"
#include "store/finding.h"
#include "store/run_in_lanes.h"
#include "store/thread_count.h"
#include "store/turns.h"
#include "store/writer_session.h"

namespace vault {

namespace {

// One box of a pack that is copied, from its directory to what is to be appended.
struct BoxCopy {
    std::uint32_t number = 0;
    std::vector<bool> needed;  // by chunk
    bool is_whole = false;     // to be copied as it is
    // Once it was read: why it could not be had whole, or `chunks` as one of the other two.
    std::optional<Error> trouble;
    std::vector<DirectoryChunk> chunks;
    SealedBox sealed;
    Bytes plain;              // of a box of tree nodes: to be gathered with others
    bool was_copied = false;  // `sealed` is the old box
};

// One more than there are cores: one that waits for its turn does not work.
std::size_t lanes_of(unsigned threads) { return threads > 1 ? threads + 1 : 1; }

class Repacker {
  public:
    Repacker(const Repository& repository, const Marked& marked, const SessionId& sid, const PlanLimits& limits,
             unsigned threads)
        : repository_(repository), marked_(marked), limits_(limits),
          lanes_(lanes_of(thread_count(threads))),
          copied_(repository.cache_folder(), sid),
          writer_(repository.backend(), repository.keys(), sid, limits.packs, [this](NewPack pack) {
              report_.packs_written.insert(pack.id);
              report_.bytes_written += pack.bytes;
          }) {}

    void copy(const PackUse& use, const std::function<void()>& poll) {
        const PackDirectory directory = marked_.view.index->directory(use.number);
        std::vector<BoxCopy> copies = copies_of(use, directory);
        Turns turns;
        bool whole = true, ended = false;  // guarded by the turn
        run_in_lanes(lanes_, copies.size(), [&](std::size_t, std::size_t i) {
            Turns::Turn turn(turns, i);
            read(use, directory, copies[i]);
            turn.wait();
            if (std::exchange(ended, true)) return;  // by what was thrown at another box
            poll();
            if (!append(use, directory, copies[i])) whole = false;
            copies[i] = {};
            ended = false;
        });
        if (whole) report_.copied.push_back(use.id);
    }

    RepackReport finish() {
        gatherer_.close_all();
        report_.boxes_sealed += seal_closed(gatherer_, repository_.keys(), writer_);
        writer_.finish();
        return std::move(report_);
    }

  private:
    // Of the boxes that hold anything needed.
    std::vector<BoxCopy> copies_of(const PackUse& use, const PackDirectory& directory) const {
        std::vector<BoxCopy> copies;
        std::uint32_t entry = 0;
        for (std::uint32_t box = 0; box < directory.boxes.size(); ++box) {
            BoxCopy copy = copy_of(use, directory.boxes[box], box, entry);
            entry += static_cast<std::uint32_t>(directory.boxes[box].chunks.size());
            if (std::ranges::find(copy.needed, true) != copy.needed.end()) copies.push_back(std::move(copy));
        }
        return copies;
    }

    BoxCopy copy_of(const PackUse& use, const DirectoryBox& box, std::uint32_t number, std::uint32_t entry) const {
        BoxCopy copy;
        copy.number = number;
        copy.needed.resize(box.chunks.size());
        std::uint64_t unneeded_bytes = 0;
        for (std::size_t i = 0; i < box.chunks.size(); ++i) {
            const DirectoryChunk& chunk = box.chunks[i];
            copy.needed[i] = marked_.marker->bits().test(use.number, entry++) && !copied_.find(chunk.id);
            unneeded_bytes += copy.needed[i] ? 0 : chunk.length;
        }
        copy.is_whole = !is_worth_sealing_anew(box.plain_bytes(), unneeded_bytes, limits_);
        return copy;
    }

    // On several threads at once.
    void read(const PackUse& use, const PackDirectory& directory, BoxCopy& copy) const {
        const DirectoryBox& box = directory.boxes[copy.number];
        const std::string what = "pack " + use.id.hex() + ", box " + std::to_string(copy.number);
        const BoxLocation at = marked_.view.index->pack(use.number)->boxes[copy.number];
        try {
            Bytes sealed = repository_.backend().get(pack_name(use.id), ByteRange{at.offset, at.sealed_bytes});
            const Bytes plain = open_box(repository_.keys(), directory.content, sealed, at.codec, at.generation,
                                         at.plain_bytes, what);
            const std::vector<bool> sound = sound_chunks(repository_.keys(), directory.content, box.chunks, plain);
            for (std::size_t i = 0; i < sound.size(); ++i)
                if (copy.needed[i] && !sound[i])
                    throw Error(ErrorKind::Corrupt, what + ": not the bytes of chunk " + box.chunks[i].id.hex());
            copy.was_copied = copy.is_whole && std::find(sound.begin(), sound.end(), false) == sound.end();
            if (copy.was_copied) {
                copy.sealed = {std::move(sealed), at.codec, at.generation};
                copy.chunks = box.chunks;
                return;
            }
            copy.plain = take_needed(box, plain, copy);
            if (directory.content == ChunkKind::Tree) return;
            // Which source root it is of is not on record; what shared a box may share the new one.
            copy.sealed = seal_box(repository_.keys(), ChunkKind::Data, copy.plain, copy.chunks,
                                   level_of(BoxSort::General));
            copy.plain.clear();
        } catch (const Error& error) {
            if (!is_finding_or_gone(error)) throw;
            copy.trouble = error;
        }
    }

    // Their plaintext; `copy.chunks` names them.
    static Bytes take_needed(const DirectoryBox& box, ByteView plain, BoxCopy& copy) {
        Bytes taken;
        std::size_t offset = 0;
        for (std::size_t i = 0; i < box.chunks.size(); offset += box.chunks[i++].length) {
            if (!copy.needed[i]) continue;
            vault::append(taken, plain.subspan(offset, box.chunks[i].length));
            copy.chunks.push_back(box.chunks[i]);
        }
        return taken;
    }

    // False where the box could not be had whole.
    bool append(const PackUse& use, const PackDirectory& directory, BoxCopy& copy) {
        if (copy.trouble) {
            note(use.id, copy.number, *copy.trouble);
            return false;
        }
        for (std::size_t i = 0; i < copy.needed.size(); ++i) {
            const DirectoryChunk& chunk = directory.boxes[copy.number].chunks[i];
            if (copy.needed[i]) copied_.add(chunk.id, {0, chunk.length});
        }
        if (copy.plain.empty()) {
            writer_.append(copy.sealed, {directory.content, std::move(copy.chunks)});
            ++(copy.was_copied ? report_.boxes_copied : report_.boxes_sealed);
            return true;
        }
        // Inner nodes have boxes of their own, so that the first chunk tells of all.
        const BoxSort sort = sort_of_tree(ByteView(copy.plain).first(copy.chunks.front().length));
        std::size_t offset = 0;
        for (const DirectoryChunk& chunk : copy.chunks) {
            gatherer_.add(sort, chunk.id, ByteView(copy.plain).subspan(offset, chunk.length));
            offset += chunk.length;
        }
        report_.boxes_sealed += seal_closed(gatherer_, repository_.keys(), writer_);
        return true;
    }

    void note(const PackId& pack, std::uint64_t box, const Error& error) {
        if (error.kind() == ErrorKind::NotFound) return;  // another pruner was quicker
        report_.damaged.push_back(error.what());
        // A medium that refuses now may give it next time, and what is not known may be known to another program.
        if (error.kind() == ErrorKind::Corrupt)
            record_damage(repository_, marked_.listing.damage, {pack, {box}, {}}, DamageAction::Found);
    }

    const Repository& repository_;
    const Marked& marked_;
    const PlanLimits& limits_;
    const std::size_t lanes_;
    SessionChunks copied_;
    BoxGatherer gatherer_;
    RepackReport report_;  // before writer_, whose threads count in it
    PackWriter writer_;
};

}  // namespace

RepackReport repack(const Repository& repository, const Marked& marked, const std::vector<PackUse>& packs,
                    const PlanLimits& limits, unsigned threads, const std::function<void()>& poll) {
    RepackReport report;
    {
        WriterSession session(repository);  // fences itself at the end: it commits nothing
        Repacker repacker(repository, marked, session.sid(), limits, threads);
        for (const PackUse& use : packs) repacker.copy(use, poll);
        report = repacker.finish();
    }
    // What this process puts from now on must not pass for the remains of a session that has ended.
    SessionId none;
    fill_random(none.bytes);
    repository.backend().name_temporaries_after(none.hex());
    return report;
}

}  // namespace vault
