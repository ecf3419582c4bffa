// Box by box, in the order of the old packs.
#include "store/prune_repack.h"

#include <mutex>

#include "store/box_gatherer.h"
#include "store/backend/object_names.h"
#include "store/damage_report.h"
#include "store/writer_session.h"

namespace vault {

namespace {

class Repacker {
  public:
    Repacker(const Repository& repository, const Marked& marked, const SessionId& sid, PackLimits limits)
        : repository_(repository), marked_(marked), copied_(repository.cache_folder(), sid),
          writer_(repository.backend(), repository.keys(), sid, limits, [this](NewPack pack) {
              ++report_.packs_written;
              report_.bytes_written += pack.bytes;
          }) {}

    void copy(const PackUse& use, const std::function<void()>& poll) {
        const PackDirectory directory = marked_.view.index->directory(use.number);
        bool whole = true;
        std::uint32_t entry = 0;
        for (std::uint32_t box = 0; box < directory.boxes.size(); ++box) {
            poll();
            const std::vector<DirectoryChunk>& chunks = directory.boxes[box].chunks;
            std::vector<bool> needed(chunks.size(), false);
            std::size_t count = 0;
            for (std::size_t i = 0; i < chunks.size(); ++i) {
                needed[i] = marked_.marker->bits().test(use.number, entry++) && !copied_.find(chunks[i].id);
                count += needed[i] ? 1 : 0;
            }
            if (count > 0 && !copy_box(use, directory, box, needed, count == chunks.size())) whole = false;
        }
        if (whole) report_.copied.push_back(use.id);
    }

    RepackReport finish() {
        gatherer_.close_all();
        report_.boxes_sealed += seal_closed(gatherer_, repository_.keys(), writer_);
        writer_.finish();
        return std::move(report_);
    }

  private:
    // False where the box does not verify.
    bool copy_box(const PackUse& use, const PackDirectory& directory, std::uint32_t number,
                  const std::vector<bool>& needed, bool is_whole) {
        const DirectoryBox& box = directory.boxes[number];
        const std::string what = "pack " + use.id.hex() + ", box " + std::to_string(number);
        const BoxLocation at = marked_.view.index->pack(use.number)->boxes[number];
        Bytes sealed, plain;
        try {
            sealed = repository_.backend().get(pack_name(use.id), ByteRange{at.offset, at.sealed_bytes});
            plain = open_box(repository_.keys(), directory.content, sealed, at.codec, at.generation, at.plain_bytes,
                             what);
            verify_needed(directory.content, box, plain, needed, what);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Corrupt) throw;
            note_damage(use.id, number, error);
            return false;
        }
        if (is_whole) {
            writer_.append({std::move(sealed), at.codec, at.generation}, {directory.content, box.chunks});
            ++report_.boxes_copied;
        } else {
            gather(directory.content, box, plain, needed);
        }
        for (std::size_t i = 0; i < needed.size(); ++i)
            if (needed[i]) copied_.add(box.chunks[i].id, {0, box.chunks[i].length});
        return true;
    }

    // Throws Corrupt unless all chunks that are needed are the bytes that their ids say.
    void verify_needed(ChunkKind content, const DirectoryBox& box, const Bytes& plain, const std::vector<bool>& needed,
                       const std::string& what) const {
        const std::vector<bool> sound = sound_chunks(repository_.keys(), content, box.chunks, plain);
        for (std::size_t i = 0; i < needed.size(); ++i)
            if (needed[i] && !sound[i])
                throw Error(ErrorKind::Corrupt, what + ": not the bytes of chunk " + box.chunks[i].id.hex());
    }

    void gather(ChunkKind content, const DirectoryBox& box, const Bytes& plain, const std::vector<bool>& needed) {
        std::optional<BoxSort> sort;
        std::size_t offset = 0;
        for (std::size_t i = 0; i < needed.size(); offset += box.chunks[i++].length) {
            if (!needed[i]) continue;
            const ByteView chunk = ByteView(plain).subspan(offset, box.chunks[i].length);
            if (!sort) sort = content == ChunkKind::Data ? BoxSort::General : sort_of_tree(chunk);
            gatherer_.add(*sort, box.chunks[i].id, chunk);
        }
        // Which source root it is of is not on record; what shared a box may share the new one.
        if (content == ChunkKind::Data) gatherer_.close_data_boxes();
        report_.boxes_sealed += seal_closed(gatherer_, repository_.keys(), writer_);
    }

    void note_damage(const PackId& pack, std::uint64_t box, const Error& error) {
        report_.damaged.push_back(error.what());
        record_damage(repository_, marked_.listing.damage, {pack, {box}, {}}, DamageAction::Found);
    }

    const Repository& repository_;
    const Marked& marked_;
    SessionChunks copied_;
    BoxGatherer gatherer_;
    RepackReport report_;  // before writer_, whose threads count in it
    PackWriter writer_;
};

}  // namespace

RepackReport repack(const Repository& repository, const Marked& marked, const std::vector<PackUse>& packs,
                    PackLimits limits, const std::function<void()>& poll) {
    RepackReport report;
    {
        WriterSession session(repository);  // fences itself at the end: it commits nothing
        Repacker repacker(repository, marked, session.sid(), limits);
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
