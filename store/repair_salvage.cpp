// Box by box, by each pack's directory: its own, or the copy in dirs/.
#include "store/repair_salvage.h"

#include <algorithm>

#include "store/backend/object_names.h"
#include "store/box_gatherer.h"
#include "store/finding.h"
#include "store/index_directories.h"
#include "store/seal/box.h"
#include "store/seal/primitives.h"
#include "store/writer_session.h"

namespace vault {

namespace {

// Nothing where the box cannot be read or opened.
std::optional<Bytes> read_box(const Repository& repository, const PackId& pack, ChunkKind kind, std::uint64_t offset,
                              const DirectoryBox& box) {
    try {
        const Bytes sealed = repository.backend().get(pack_name(pack), ByteRange{offset, box.sealed_bytes});
        return open_box(repository.keys(), kind, sealed, box.codec, box.generation,
                        static_cast<std::uint32_t>(box.plain_bytes()), "a box");
    } catch (const Error& error) {
        if (!is_finding_or_gone(error)) throw;
        return std::nullopt;
    }
}

// The directories of packs, by themselves where they can be read, else by their copies.
std::map<PackId, PackDirectory> directories_of(const Repository& repository, const std::set<PackId>& packs) {
    std::map<PackId, PackDirectory> found;
    for (const PackId& pack : packs) {
        const std::vector<ObjectInfo> listed = repository.backend().list(pack_name(pack));
        if (listed.empty()) continue;
        try {
            found[pack] = read_directory(repository.backend(), repository.keys(), listed[0], pack).directory;
        } catch (const Error& error) {
            if (!is_finding_or_gone(error)) throw;
        }
    }
    if (found.size() == packs.size()) return found;
    for_each_copy(
        repository.backend(), repository.keys(),
        [&](const PackId& pack) { return packs.contains(pack) && !found.contains(pack); },
        [&](const FoundDirectory& copy) { found.emplace(copy.pack, copy.directory); });
    return found;
}

class Salvager {
  public:
    explicit Salvager(const SalvageRequest& request)
        : request_(request), repository_(request.repository), keys_(request.repository.keys()) {
        if (!request.dry_run) session_.emplace(repository_);  // B1
        view_ = repository_.writer_view();                    // B2, B3
        for (const PackNumber number : view_.chunks->view().numbers())
            if (!request.packs.contains(view_.index->pack(number)->id)) trusted_.add(number);
        if (request.other != nullptr) other_ = request.other->reader_view();
        if (session_)
            writer_.emplace(repository_.backend(), keys_, session_->sid(), request.limits,
                            [this](const NewPack&) { ++salvaged_.packs_written; });
    }

    Salvaged run() {
        for (const auto& [pack, directory] : directories()) take(pack, directory);
        std::vector<DamageRecord::LostChunk> left;
        for (const DamageRecord::LostChunk& chunk : request_.missing)
            if (!has(chunk.id) && !take_from_other(chunk)) left.push_back(chunk);
        // What one damaged pack has lost another may have given.
        for (auto& [pack, lost] : salvaged_.lost) std::erase_if(lost, [&](const auto& one) { return has(one.id); });
        std::set<DamageRecord::LostChunk> named;
        for (const auto& [pack, lost] : salvaged_.lost) named.insert(lost.begin(), lost.end());
        std::erase_if(left, [&](const auto& one) { return has(one.id) || named.contains(one); });
        salvaged_.missing = std::move(left);
        if (writer_) {
            gatherer_.close_all();
            seal_closed(gatherer_, keys_, *writer_);
            writer_->finish();
            repository_.require_current_config();
            repository_.backend().sync();
        }
        return std::move(salvaged_);
    }

  private:
    // Where the store has no directory any more, what the client's index remembers of it is as good: every chunk is
    // verified by its id.
    std::map<PackId, PackDirectory> directories() const {
        std::map<PackId, PackDirectory> found = directories_of(repository_, request_.packs);
        for (const PackId& pack : request_.packs)
            if (const auto number = view_.index->number_of(pack); number && !found.contains(pack))
                found.emplace(pack, view_.index->directory(*number));
        return found;
    }

    bool has(const ChunkId& id) const {
        return taken_.contains(id) || view_.index->find(std::span(&id, 1), trusted_)[0].has_value();
    }

    void take(const PackId& pack, const PackDirectory& directory) {
        salvaged_.writers[pack] = directory.session;
        std::uint64_t offset = kPackHeaderBytes;
        for (const DirectoryBox& box : directory.boxes) {
            request_.poll();
            const bool wanted = std::any_of(box.chunks.begin(), box.chunks.end(),
                                            [&](const DirectoryChunk& chunk) { return !has(chunk.id); });
            if (wanted) take_box(pack, directory.content, box, offset);
            offset += box.sealed_bytes;
        }
        auto& lost = salvaged_.lost[pack];
        std::sort(lost.begin(), lost.end());
        lost.erase(std::unique(lost.begin(), lost.end()), lost.end());
    }

    void take_box(const PackId& pack, ChunkKind kind, const DirectoryBox& box, std::uint64_t offset) {
        const std::optional<Bytes> plain = read_box(repository_, pack, kind, offset, box);
        const std::vector<bool> sound =
            plain ? sound_chunks(keys_, kind, box.chunks, *plain) : std::vector<bool>(box.chunks.size(), false);
        std::size_t at = 0;
        for (std::size_t i = 0; i < box.chunks.size(); at += box.chunks[i++].length) {
            const DirectoryChunk& chunk = box.chunks[i];
            if (has(chunk.id)) continue;
            if (sound[i]) {
                put(kind, chunk.id, ByteView(*plain).subspan(at, chunk.length));
                ++salvaged_.chunks;
                salvaged_.bytes += chunk.length;
            } else if (!take_from_other({kind, chunk.id})) {
                salvaged_.lost[pack].push_back({kind, chunk.id});
            }
        }
        // Which source root a box is of is not on record; what shared one may share the new one.
        gatherer_.close_data_boxes();
        if (writer_) seal_closed(gatherer_, keys_, *writer_);
        else gatherer_.take_closed();
    }

    bool take_from_other(const DamageRecord::LostChunk& wanted) {
        if (!other_) return false;
        try {
            const ChunkStore::Chunk chunk = other_->chunks->chunk(wanted.kind, wanted.id);
            put(wanted.kind, wanted.id, chunk.bytes);
            ++salvaged_.chunks_from_other;
            salvaged_.bytes_from_other += chunk.bytes.size();
            return true;
        } catch (const Error& error) {
            if (!is_finding_or_gone(error)) throw;
            return false;
        }
    }

    void put(ChunkKind kind, const ChunkId& id, ByteView bytes) {
        gatherer_.add(kind == ChunkKind::Data ? BoxSort::General : sort_of_tree(bytes), id, bytes);
        taken_.insert(id);
    }

    const SalvageRequest& request_;
    const Repository& repository_;
    const Keys& keys_;
    std::optional<WriterSession> session_;
    View view_;
    std::optional<View> other_;
    PackSet trusted_;
    std::set<ChunkId> taken_;  // chunks of damaged packs alone
    BoxGatherer gatherer_;
    Salvaged salvaged_;  // before writer_, whose threads count in it
    std::optional<PackWriter> writer_;
};

}  // namespace

void Salvaged::add(const Salvaged& earlier) {
    chunks += earlier.chunks;
    bytes += earlier.bytes;
    chunks_from_other += earlier.chunks_from_other;
    bytes_from_other += earlier.bytes_from_other;
    packs_written += earlier.packs_written;
}

Salvaged salvage(const SalvageRequest& request) {
    Salvaged salvaged = Salvager(request).run();
    // What this process puts from now on must not pass for the remains of a session that has ended.
    SessionId none;
    fill_random(none.bytes);
    request.repository.backend().name_temporaries_after(none.hex());
    return salvaged;
}

std::uint64_t withdraw_sound_boxes(const Repository& repository, bool dry_run) {
    const DamageMarks marks = read_damage_marks(repository);
    std::set<PackId> packs;
    for (const auto& [pack, damage] : marks.packs) packs.insert(pack);
    std::uint64_t boxes = 0;
    for (const auto& [pack, directory] : directories_of(repository, packs)) {
        const DamageMarks::Pack& damage = marks.packs.at(pack);
        PackDamage sound{pack, {}, {}};
        std::uint64_t offset = kPackHeaderBytes;
        for (std::size_t i = 0; i < directory.boxes.size(); offset += directory.boxes[i++].sealed_bytes) {
            const DirectoryBox& box = directory.boxes[i];
            const bool names_lost = std::any_of(box.chunks.begin(), box.chunks.end(), [&](const DirectoryChunk& chunk) {
                return damage.lost.contains(chunk.id);
            });
            if (!damage.boxes.contains(i) && !names_lost) continue;
            bool is_sound = true;
            for (int reading = 0; reading < 2 && is_sound; ++reading) {
                const std::optional<Bytes> plain = read_box(repository, pack, directory.content, offset, box);
                const auto chunks = plain ? sound_chunks(repository.keys(), directory.content, box.chunks, *plain)
                                          : std::vector<bool>{false};
                is_sound = std::find(chunks.begin(), chunks.end(), false) == chunks.end();
            }
            if (!is_sound) continue;
            ++boxes;
            if (damage.boxes.contains(i)) sound.boxes.push_back(i);
            for (const DirectoryChunk& chunk : box.chunks)
                if (damage.lost.contains(chunk.id)) sound.lost.push_back({directory.content, chunk.id});
        }
        std::sort(sound.lost.begin(), sound.lost.end());
        sound.lost.erase(std::unique(sound.lost.begin(), sound.lost.end()), sound.lost.end());
        if (!dry_run) record_damage(repository, marks, std::move(sound), DamageAction::Withdrawn);
    }
    return boxes;
}

}  // namespace vault
