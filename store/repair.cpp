// Look, save, take the damaged packs away, look again.
#include "store/repair.h"

#include <algorithm>
#include <limits>

#include "store/backend/object_names.h"
#include "store/format/limits.h"
#include "store/objects_seen.h"
#include "store/prune_protocol.h"
#include "store/prune_sessions.h"
#include "store/prune_tidy.h"
#include "store/repair_advice.h"
#include "store/repair_deleted.h"
#include "store/repair_marks.h"
#include "store/repair_objects.h"
#include "store/repair_settled.h"
#include "store/repair_snapshots.h"
#include "store/repair_tombstones.h"

namespace vault {

namespace {

class Repair {
  public:
    Repair(const Repository& repository, const RepairOptions& options, CheckProgress& progress,
           const std::function<void(const HarmedEntry&)>& harmed, const std::function<bool()>& interrupted)
        : repository_(repository), options_(options), progress_(progress), harmed_(harmed), interrupted_(interrupted) {}

    RepairReport run() {
        attempt("config and keyring",
                [&] { report_.generations_put = restore_generations(repository_, options_.dry_run); });
        if (!options_.dry_run) attempt("what was cut short", [&] { go_on_with_lists(); });
        if (options_.from != nullptr) {
            attempt("tombstones of the copy",
                    [&] { report_.settled = restore_tombstones(repository_, *options_.from, options_.dry_run); });
            attempt("snapshots of the copy",
                    [&] { report_.snapshots_put = restore_snapshots(repository_, *options_.from, options_.dry_run); });
        }
        const auto nobody = [](const HarmedEntry&) {};
        report_.before = options_.dry_run ? look(options_.read_data, harmed_) : look(options_.read_data, nobody);
        attempt("damaged packs", [&] {
            // A node that the copy gives back tells of nodes and chunks below it.
            for (int depth = 0; mend_packs() && depth <= kNodeLevelMax; ++depth) report_.before = look(false, nobody);
        });
        if (options_.from != nullptr)
            attempt("marks, and what was deleted", [&] {
                const auto& objects = report_.before.damage.objects;
                report_.objects_put = restore_marks(repository_, *options_.from, objects, options_.dry_run);
                std::ranges::move(restore_deleted(repository_, *options_.from, objects, options_.dry_run),
                                  std::back_inserter(report_.objects_put));
                std::ranges::sort(report_.objects_put);
            });
        progress_.phase = "putting copies of directories";
        attempt("copies of directories", [&] {
            report_.directories_replaced =
                restore_directory_copies(repository_, report_.before.damage.objects, options_.dry_run);
        });
        attempt("damaged small objects", [&] {
            for (std::string& name :
                 quarantine_settled(repository_, report_.before.damage.objects, options_.dry_run))
                if (std::ranges::find(report_.settled, name) == report_.settled.end())
                    report_.settled.push_back(std::move(name));  // of a dry run it may be both
        });
        if (!options_.dry_run) report_.after = look(false, harmed_);
        name_objects(options_.dry_run ? report_.before : report_.after, accept_deletions());
        return std::move(report_);
    }

  private:
    // One object that cannot be read ends the step that needs it, and no other.
    template <class Step>
    void attempt(const char* what, Step step) {
        try {
            step();
        } catch (const Error& error) {
            if (!is_finding(error)) throw;
            report_.left.push_back(std::string(what) + ": left as they are, since " + error.what());
        }
    }

    // Nothing is taken away unless what can be read of it was saved. True where the other copy gave something: a check
    // may find more now.
    bool mend_packs() {
        progress_.phase = "reading what is on record";
        report_.boxes_withdrawn += withdraw_sound_boxes(repository_, options_.dry_run);
        choose_packs();
        const std::uint64_t given = report_.salvaged.chunks_from_other;
        if (!packs_.empty() || !report_.before.damage.missing.empty()) save();
        if (!packs_.empty() && !options_.dry_run) take_away();
        return !options_.dry_run && report_.salvaged.chunks_from_other > given;
    }

    CheckReport look(bool read_data, const std::function<void(const HarmedEntry&)>& harmed) {
        CheckOptions check_options;
        check_options.read_data = read_data;
        check_options.record = !options_.dry_run;
        check_options.threads = options_.threads;
        return check(repository_, check_options, progress_, harmed, interrupted_);
    }

    // P0: what a repair or prune that was cut short has left. Where marking finds too much damage to go on, the list is
    // given up, and its packs are looked at like all others.
    void go_on_with_lists() {
        progress_.phase = "going on with what was cut short";
        end_sessions(repository_, options_.environment);
        const MarkOptions mark = mark_options();
        PruneProtocol protocol(repository_, options_.environment, mark);
        for (const CondemnedList& list : list_condemned(repository_)) {
            try {
                if (!list.decision) require_abandoned(repository_, list.record, options_.environment);
                take(list.decision ? protocol.finish(list.record, *list.decision) : protocol.adopt(list.record));
            } catch (const Error& error) {
                if (!is_finding(error)) throw;
            }
        }
    }

    MarkOptions mark_options() const {
        MarkOptions mark;
        mark.no_live_snapshot_is_fine = true;
        // A repair deletes nothing that is nowhere else: what can be undeleted stays so.
        mark.keep_forgotten_ns = std::numeric_limits<std::int64_t>::max();
        mark.time = options_.environment.time;
        mark.poll = [this] { poll(); };
        mark.quarantine_unknown = true;
        return mark;
    }

    void take(const ListOutcome& outcome) {
        report_.packs_removed += outcome.packs_removed;
        report_.packs_quarantined += outcome.packs_quarantined;
        report_.waits_for.insert(report_.waits_for.end(), outcome.waits_for.begin(), outcome.waits_for.end());
    }

    // Those that the check found, and those on record.
    void choose_packs() {
        const std::set<PackId> listed = packs_of(repository_.backend().list("packs/"));
        packs_.clear();
        for (const auto& [pack, damaged] : report_.before.damage.packs)
            if (listed.contains(pack)) packs_.insert(pack);
        for (const auto& [pack, damage] : read_damage_marks(repository_).packs)
            if (listed.contains(pack)) packs_.insert(pack);
        report_.packs.insert(packs_.begin(), packs_.end());
    }

    void save() {
        progress_.phase = "saving what can be read";
        SalvageRequest request{repository_, options_.from, packs_, report_.before.damage.missing,
                               options_.dry_run, [this] { poll(); }, options_.limits};
        Salvaged salvaged = salvage(request);
        salvaged.add(report_.salvaged);
        report_.salvaged = std::move(salvaged);
        if (options_.dry_run) return;
        // Whoever carries out the list of these packs keeps in quarantine what is on record.
        const DamageMarks marks = read_damage_marks(repository_);
        for (const PackId& pack : packs_) {
            PackDamage damage{pack, {}, {}};
            if (const auto lost = report_.salvaged.lost.find(pack); lost != report_.salvaged.lost.end())
                damage.lost = lost->second;
            if (damage.lost.empty() && !marks.marks(pack)) damage.boxes = {0};
            record_damage(repository_, marks, std::move(damage), DamageAction::Found);
        }
    }

    void take_away() {
        progress_.phase = "putting damaged packs into quarantine";
        end_sessions(repository_, options_.environment);
        const std::set<SessionId> live = live_sessions(repository_.backend());
        std::vector<PackId> victims;
        for (const PackId& pack : packs_) {
            const auto writer = report_.salvaged.writers.find(pack);
            if (writer == report_.salvaged.writers.end() || !live.contains(writer->second)) victims.push_back(pack);
            else report_.left.push_back(pack_name(pack) + ": its run is at work; repair again when it has ended");
        }
        if (victims.empty()) return;
        if (victims.size() > kControlItemsMax) victims.resize(kControlItemsMax);  // the next repair takes the rest
        const MarkOptions mark = mark_options();
        try {
            const ListOutcome outcome = PruneProtocol(repository_, options_.environment, mark).condemn(victims);
            take(outcome);
            if (outcome.waits_for.empty()) remove_settled_damage(repository_, outcome.settled_damage);
            if (outcome.packs_kept > 0)
                report_.left.push_back(std::to_string(outcome.packs_kept) +
                                       " damaged packs stay: not all that they hold could be saved or is on record as "
                                       "lost; repair with --read-data");
        } catch (const Error& error) {
            if (!is_finding(error)) throw;
            report_.left.push_back("the damaged packs stay where they are: " + std::string(error.what()));
        }
    }

    void name_objects(const CheckReport& found, bool accepted) {
        std::set<std::string> put_right(report_.settled.begin(), report_.settled.end());  // of a dry run
        put_right.insert(report_.objects_put.begin(), report_.objects_put.end());
        if (options_.dry_run)
            for (const SessionId& sid : report_.snapshots_put) put_right.insert("snapshots/" + sid.hex());
        for (const DamagedObject& object : found.damage.objects) {
            const auto lies_in = [&](std::string_view folder) { return object.name.starts_with(folder); };
            if (options_.dry_run && (lies_in("config/") || lies_in("keyring/"))) continue;  // superseded
            if (options_.dry_run && lies_in("dirs/")) continue;                             // to be replaced
            if (put_right.contains(object.name)) continue;
            report_.left.push_back(object.name + ": " + object.why + "; " +
                                   advice_on(object, found, accepted));
        }
    }

    // What is gone for good is accepted where no copy was asked: it is named, which is all that can be done, and the
    // next check is about what stands. False also where that cannot be remembered.
    bool accept_deletions() {
        if (options_.dry_run || options_.from != nullptr) return false;
        std::set<std::string> names;
        for (const DamagedObject& object : report_.after.damage.objects)
            if (object.kind == ErrorKind::NotFound) names.insert(object.name);
        return ObjectsSeen(repository_).accept(names);
    }

    void poll() const {
        if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted; the next repair goes on");
    }

    const Repository& repository_;
    const RepairOptions& options_;
    CheckProgress& progress_;
    const std::function<void(const HarmedEntry&)>& harmed_;
    const std::function<bool()>& interrupted_;
    std::set<PackId> packs_;  // damaged and listed, as far as was looked last
    RepairReport report_;
};

}  // namespace

bool RepairReport::whole(bool dry_run) const {
    if (!left.empty() || !waits_for.empty()) return false;
    const auto loses = [](const auto& pack) { return !pack.second.empty(); };
    const bool lost = std::any_of(salvaged.lost.begin(), salvaged.lost.end(), loses) || !salvaged.missing.empty();
    return dry_run ? before.sound() && generations_put.empty() && !lost
                   : after.damage.packs.empty() && after.damage.missing.empty() && after.wrong.empty() &&
                         after.harmed_entries == 0;
}

RepairReport repair(const Repository& repository, const RepairOptions& options, CheckProgress& progress,
                    const std::function<void(const HarmedEntry&)>& harmed, const std::function<bool()>& interrupted) {
    return Repair(repository, options, progress, harmed, interrupted).run();
}

}  // namespace vault
