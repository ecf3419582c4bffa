// Box by box, in the order of the old packs.
#include "store/prune_repack.h"

#include <mutex>

#include "store/box_gatherer.h"
#include "store/clock.h"
#include "store/control_objects.h"
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
        std::vector<ByteView> bytes;
        std::vector<ChunkId> ids;
        std::size_t offset = 0;
        for (std::size_t i = 0; i < needed.size(); offset += box.chunks[i++].length) {
            if (!needed[i]) continue;
            bytes.push_back(ByteView(plain).subspan(offset, box.chunks[i].length));
            ids.push_back(box.chunks[i].id);
        }
        const std::vector<bool> sound = verify_chunks(repository_.keys(), content, bytes, ids);
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (!sound[i]) throw Error(ErrorKind::Corrupt, what + ": not the bytes of chunk " + ids[i].hex());
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

    // Inner nodes have boxes of their own, so that the first chunk tells of all.
    static BoxSort sort_of_tree(ByteView chunk) {
        try {
            return load_node(chunk)->node.level > 0 ? BoxSort::TreeInner : BoxSort::TreeLeaves;
        } catch (const Error&) {
            return BoxSort::TreeLeaves;  // an attribute set
        }
    }

    void note_damage(const PackId& pack, std::uint64_t box, const Error& error) {
        report_.damaged.push_back(error.what());
        const auto known = marked_.listing.damage.packs.find(pack);
        if (known != marked_.listing.damage.packs.end() && known->second.boxes.contains(box)) return;
        DamageRecord record;
        record.pack = pack;
        fill_random(record.random.bytes);
        record.boxes = {box};
        const auto next = marked_.listing.damage.next_sequence.find(pack);
        record.sequence = next == marked_.listing.damage.next_sequence.end() ? 1 : next->second;
        record.time = now();
        put_record(repository_, ObjectKind::Damage, "damaged/" + pack.hex() + "-" + record.random.hex(), record);
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
