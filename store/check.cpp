// The order of a check: objects, packs, trees; data where asked for; what it means; on record.
#include "store/check.h"

#include <algorithm>
#include <set>

#include "store/backend/object_names.h"
#include "store/check_boxes.h"
#include "store/check_findings.h"
#include "store/check_index.h"
#include "store/check_objects.h"
#include "store/check_packs.h"
#include "store/check_trees.h"
#include "store/control_objects.h"
#include "store/index_view.h"
#include "store/tombstones.h"
#include "store/vanished.h"
#include "store/verified_packs.h"

namespace vault {

namespace {

// What a prune takes away meanwhile looks like loss: everything is looked at again then, so often.
constexpr int kAttempts = 4;
// An unfinished reading of all packs that is older is not gone on with.
constexpr std::int64_t kUnfinishedSecondsMax = 30 * 86'400;
constexpr std::chrono::seconds kStateInterval(30);

class Check {
  public:
    Check(const Repository& repository, const CheckOptions& options, CheckProgress& progress,
          const std::function<bool()>& interrupted)
        : repository_(repository), options_(options), progress_(progress), interrupted_(interrupted) {}

    CheckReport run(const std::function<void(const HarmedEntry&)>& harmed) {
        const CheckFolder folder(repository_.cache_folder());
        for (int attempt = 1; !structure(folder) && attempt < kAttempts; ++attempt) close();
        Findings findings(repository_, *chunks_, listed_);
        findings.add(std::move(packs_));
        if (options_.read_data) read_data(findings);
        progress_.phase = "assessing damage";
        findings.read_recorded(read_damage_marks(repository_), poll_unless_interrupted());
        report_.damage.packs = findings.finish();
        forget_moved();
        report_.damage.missing.assign(chunks_->missing().begin(), chunks_->missing().end());
        find_harm(findings, harmed);
        if (options_.record) {
            record();
            remember();
        }
        return std::move(report_);
    }

  private:
    std::function<void()> poll() {
        return [this] {
            if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted; nothing was found out to its end");
        };
    }

    // Once it is interrupted the report is all that is left to do.
    std::function<void()> poll_unless_interrupted() {
        return report_.interrupted ? std::function<void()>([] {}) : poll();
    }

    // False where something is missing or cannot be read, and packs came or went meanwhile (a prune may have moved it),
    // or a snapshot that was walked was forgotten (its packs may have gone before they were listed).
    bool structure(const CheckFolder& folder) {
        report_ = {};
        progress_.phase = "checking objects";
        CheckedObjects objects = check_objects(repository_, poll());
        progress_.phase = "checking packs";
        listed_ = repository_.backend().list("packs/");
        packs_ = check_packs(repository_, listed_, poll());
        progress_.phase = "reading directories";
        view_ = open_check_view(repository_, folder, listed_, [&](std::uint64_t, std::uint64_t) { poll()(); });
        chunks_.emplace(view_);
        take(objects);
        seen_.emplace(repository_);
        note_vanished(objects.known);
        note_deleted(std::move(objects.standing));
        choose_snapshots(objects.live);
        walk_trees();
        progress_.errors = report_.damage.objects.size() + packs_.damaged_packs.size() + chunks_->missing().size();
        if (packs_.gone == 0 && chunks_->missing().empty() && !chunks_->any_unread()) return true;
        const Tombstones tombstones = list_tombstones(repository_);
        const auto is_forgotten = [&](const CommitRecord& walked) { return tombstones.forgotten.contains(walked.sid); };
        if (std::ranges::any_of(snapshots_, is_forgotten)) return false;
        const std::vector<ObjectInfo> again = repository_.backend().list("packs/");
        return std::ranges::equal(again, listed_, {}, &ObjectInfo::name, &ObjectInfo::name);
    }

    void close() {
        chunks_.reset();
        view_ = {};
    }

    void take(CheckedObjects& objects) {
        report_.objects = objects.objects;
        report_.quarantined = objects.quarantined;
        report_.reserved = objects.reserved;
        report_.snapshots_vanished = objects.snapshots_vanished;
        report_.damage.objects = std::move(objects.damaged);
        std::ranges::move(packs_.damaged, std::back_inserter(report_.damage.objects));
        report_.packs = packs_.packs;
        report_.packed_bytes = packs_.bytes;
        report_.directories = packs_.directory_objects;
        report_.packs_without_copy = packs_.without_copy;
    }

    // Those that are not known may be new: they are looked for again.
    void note_vanished(const std::set<SessionId>& known) {
        std::erase_if(packs_.writers,
                      [&](const SessionId& sid) { return known.contains(sid) || seen_->knows_end_of(sid); });
        report_.vanished_with_packs = vanished_writers(repository_, std::move(packs_.writers));
        for (const SessionId& sid : report_.vanished_with_packs)
            report_.damage.objects.push_back({"snapshots/" + sid.hex(), ErrorKind::NotFound,
                                              "it is gone without having been forgotten; packs that it put are there"});
    }

    // What nothing in the store tells of, and this client does.
    void note_deleted(SeenObjects standing) {
        GoneObjects gone = seen_->compare(std::move(standing));
        report_.keys_gone = std::move(gone.keys);
        report_.fences_gone = std::move(gone.fences);
        // Only a check may begin anew: those who forget look for holds in there.
        if (!seen_->unread().empty()) report_.not_remembered = seen_->unread() + "; remove it to begin anew";
        report_.snapshots_vanished -= std::min<std::uint64_t>(report_.snapshots_vanished, gone.pruned);
        std::set<std::string> named;
        for (const DamagedObject& object : report_.damage.objects) named.insert(object.name);
        for (DamagedObject& object : gone.deleted)
            if (!named.contains(object.name)) report_.damage.objects.push_back(std::move(object));
    }

    void choose_snapshots(std::vector<CommitRecord>& live) {
        const auto& wanted = options_.snapshots;
        for (const SessionId& sid : wanted)
            if (std::ranges::find(live, sid, &CommitRecord::sid) == live.end())
                throw Error(ErrorKind::NotFound, "snapshot " + sid.hex() + " is not there, forgotten, or damaged");
        snapshots_ = std::move(live);
        if (!wanted.empty())
            std::erase_if(snapshots_, [&](const CommitRecord& snapshot) {
                return std::ranges::find(wanted, snapshot.sid) == wanted.end();
            });
        report_.snapshots = snapshots_.size();
    }

    void walk_trees() {
        progress_.phase = "walking snapshots";
        TreeCheck* walked = nullptr;
        TreeCheck trees(repository_, *chunks_, [&] {
            poll()();
            if (walked != nullptr) progress_.entries_done = walked->entries();
        });
        walked = &trees;
        for (const CommitRecord& snapshot : snapshots_) {
            std::vector<std::string> lines = trees.walk(snapshot);
            if (!lines.empty()) report_.wrong.push_back({snapshot.sid, std::move(lines)});
        }
        report_.nodes = trees.nodes();
        report_.entries = trees.entries();
    }

    // --- reading data ---

    void read_data(Findings& findings) {
        report_.read_data = true;
        VerifiedPacks& verified = verified_.emplace(repository_.state_folder());
        std::vector<PackToRead> by_copy = findings.packs_to_read_by_copy();
        std::vector<PackToRead> packs = choose_packs(verified, by_copy);
        for (const auto* list : {&by_copy, &packs})
            for (const PackToRead& pack : *list) progress_.bytes_all += pack.info.size;
        std::ranges::move(packs, std::back_inserter(by_copy));
        packs = std::move(by_copy);

        progress_.phase = "reading packs";
        const auto started = std::chrono::steady_clock::now();
        auto saved = started;
        ReadPacksRequest request{repository_, *chunks_, options_.threads, {}, {}, {}};
        request.stop = [&](bool between_packs) {
            if (interrupted_()) return report_.interrupted = true;
            const auto time = std::chrono::steady_clock::now();
            if (between_packs && options_.max_duration && time - started >= *options_.max_duration)
                return report_.time_up = true;
            return false;
        };
        request.done = [&](const PackId& pack, bool sound) {
            if (sound) {
                verified.set(pack, now().seconds);
            } else {
                verified.forget(pack);
                unsound_.push_back(pack);
                ++progress_.errors;
            }
            if (std::chrono::steady_clock::now() - saved < kStateInterval) return;
            save(verified);
            saved = std::chrono::steady_clock::now();
        };
        request.progress = [&](std::uint64_t bytes) { progress_.bytes_done += bytes; };
        ReadPacks read = read_packs(request, packs);
        report_.packs_read = read.packs;
        report_.bytes_read = read.bytes;
        report_.boxes_read = read.boxes;
        report_.packs_left += packs.size() - read.packs - read.gone.size();
        if (is_whole() && !read.stopped) verified.set_unfinished(std::nullopt);
        save(verified);
        forget_removed(read.gone);
        findings.add(std::move(read));
    }

    bool is_whole() const { return options_.snapshots.empty() && options_.read_share >= 1; }

    // Those that waited longest come first.
    std::vector<PackToRead> choose_packs(VerifiedPacks& verified, const std::vector<PackToRead>& by_copy) {
        std::vector<PackToRead> packs;
        std::uint64_t bytes = 0;
        for (const ObjectInfo& info : listed_) {
            const auto id = pack_of_name(info.name);
            if (!id || std::ranges::find(by_copy, *id, &PackToRead::id) != by_copy.end()) continue;
            const auto number = view_.index->number_of(*id);
            if (!options_.snapshots.empty() && (!number || chunks_->reached.count(*number) == 0)) continue;
            packs.push_back({info, *id, std::nullopt});
            bytes += info.size;
        }
        std::ranges::stable_sort(packs, {}, [&](const PackToRead& p) { return verified.when(p.id).value_or(0); });
        if (is_whole()) {
            const std::int64_t time = now().seconds;
            auto since = verified.unfinished_since();
            if (since && (*since > time || time - *since > kUnfinishedSecondsMax)) since.reset();
            report_.packs_verified_before = static_cast<std::uint64_t>(std::erase_if(
                packs, [&](const PackToRead& p) { return since && verified.when(p.id).value_or(0) >= *since; }));
            if (!since) verified.set_unfinished(time);
            return packs;
        }
        const auto wanted = static_cast<std::uint64_t>(static_cast<double>(bytes) * options_.read_share);
        std::uint64_t taken = 0;
        std::size_t count = 0;
        while (count < packs.size() && (count == 0 || taken < wanted)) taken += packs[count++].info.size;
        report_.packs_left += packs.size() - count;
        packs.resize(count);
        return packs;
    }

    void save(const VerifiedPacks& verified) {
        try {
            verified.save([&](const PackId& pack) { return view_.index->number_of(pack).has_value(); });
        } catch (const Error& error) {
            report_.state_not_kept = error.what();
        }
    }

    // A prune removed them since they were listed: what snapshots need of them it has moved.
    void forget_moved() {
        std::erase_if(report_.damage.packs, [&](const auto& damaged) {
            const std::string name = pack_name(damaged.first);
            const bool was_listed = std::ranges::binary_search(listed_, name, {}, &ObjectInfo::name);
            return was_listed && !object_may_exist(repository_.backend(), name);
        });
    }

    // A prune removed them while we read: what snapshots need of them it has moved. One that is listed still and cannot
    // be opened is another matter.
    void forget_removed(const std::vector<PackId>& gone) {
        if (gone.empty()) return;
        const std::vector<ObjectInfo> listed = repository_.backend().list("packs/");
        for (const ObjectInfo& info : listed) {
            const auto id = pack_of_name(info.name);
            if (id && std::ranges::find(gone, *id) != gone.end())
                report_.damage.objects.push_back({info.name, ErrorKind::NotFound, "it is listed and cannot be opened"});
        }
    }

    // --- what it means ---

    void find_harm(const Findings& findings, const std::function<void(const HarmedEntry&)>& harmed) {
        const auto loses = [](const auto& pack) { return !pack.second.lost.empty(); };
        if (chunks_->missing().empty() && std::ranges::none_of(report_.damage.packs, loses)) return;
        HarmFinder finder(*chunks_, poll_unless_interrupted());
        for (const CommitRecord& snapshot : snapshots_) {
            const std::uint64_t entries = finder.find(snapshot, [&](HarmedEntry entry) {
                for (HarmfulChunk& chunk : entry.chunks)
                    if (!chunk.pack) chunk.pack = findings.holder(chunk.chunk);
                harmed(entry);
            });
            if (entries > 0) report_.harmed_snapshots.push_back(snapshot.sid);
            report_.harmed_entries += entries;
        }
    }

    void record() {
        const auto worth_a_record = [](const auto& pack) {
            return !pack.second.boxes.empty() || !pack.second.lost.empty();
        };
        if (std::ranges::none_of(report_.damage.packs, worth_a_record)) return;
        try {
            repository_.require_current_config();
            report_.records_put = record_damage(repository_, report_.damage);
            // What is on record is read by every check: of those that wait to be read it is the turn of others.
            for (const PackId& pack : unsound_) verified_->set(pack, now().seconds);
            if (!unsound_.empty()) save(*verified_);
        } catch (const Error& error) {
            report_.not_recorded = error.what();
        }
    }

    void remember() {
        std::set<std::string> damaged;
        for (const DamagedObject& object : report_.damage.objects)
            if (object.kind != ErrorKind::NotFound) damaged.insert(object.name);
        std::string why = seen_->remember(damaged);
        if (report_.not_remembered.empty()) report_.not_remembered = std::move(why);
    }

    const Repository& repository_;
    const CheckOptions& options_;
    CheckProgress& progress_;
    const std::function<bool()>& interrupted_;
    CheckReport report_;
    std::vector<ObjectInfo> listed_;
    CheckedPacks packs_;
    std::optional<VerifiedPacks> verified_;  // where data is read
    std::vector<PackId> unsound_;            // of those that were read
    std::optional<ObjectsSeen> seen_;        // small objects
    View view_;
    std::optional<CheckChunks> chunks_;
    std::vector<CommitRecord> snapshots_;
};

}  // namespace

CheckReport check(const Repository& repository, const CheckOptions& options, CheckProgress& progress,
                  const std::function<void(const HarmedEntry&)>& harmed, const std::function<bool()>& interrupted) {
    return Check(repository, options, progress, interrupted).run(harmed);
}

}  // namespace vault
