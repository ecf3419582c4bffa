// The order of calls is the point of this file. docs/prune.md says why each stands where it stands.
#include "store/prune_protocol.h"

#include <algorithm>

#include "store/base/text.h"
#include "store/control_objects.h"
#include "store/damage_found.h"
#include "store/marks.h"
#include "store/prune_sessions.h"
#include "store/prune_tidy.h"
#include "store/quarantine.h"

namespace vault {

namespace {

constexpr int kDecisionAttempts = 3;

std::string condemned_name(const ControlId& n) { return "condemned/" + n.hex(); }
std::string decision_name(const ControlId& n) { return "decision/" + n.hex(); }

bool keeps_all(const DecisionRecord& decision) {
    return std::none_of(decision.goes.begin(), decision.goes.end(), [](bool goes) { return goes; });
}

}  // namespace

void require_abandoned(const Repository& repository, const CondemnedRecord& list,
                       const PruneEnvironment& environment) {
    if (repository.abandoned().contains(condemned_name(list.number))) return;
    const Liveness state = environment.liveness_of(list.by, condemned_name(list.number));
    if (state == Liveness::Gone) return;
    if (state == Liveness::Unknown && nanoseconds_between(list.time, environment.time()) >
                                          std::chrono::nanoseconds(environment.silence_limit).count())
        return;
    throw Error(ErrorKind::Busy, "another prune is at work on " + escaped(list.by.host) + ", process " +
                                     std::to_string(list.by.pid));
}

ListOutcome PruneProtocol::condemn(std::vector<PackId> victims, const std::set<PackId>& own) {
    CondemnedRecord list;
    fill_random(list.number.bytes);
    list.by = this_process();
    list.time = environment_.time();
    list.packs = std::move(victims);
    try {
        put_record(repository_, ObjectKind::Condemned, condemned_name(list.number), list);
    } catch (const Error& error) {
        // Where the store refused it, it does not stand, or is all that could be put. Else it may, the reply lost, and
        // must not go on condemning packs of which nobody knows.
        const bool refused = error.kind() == ErrorKind::NoSpace || error.kind() == ErrorKind::Denied ||
                             error.kind() == ErrorKind::ReadOnly;
        if (refused) repository_.abandoned().add(condemned_name(list.number));
        else give_up(list);
        throw;
    }
    return carry_out(list, own);
}

ListOutcome PruneProtocol::adopt(const CondemnedRecord& list) { return carry_out(list, {}); }

ListOutcome PruneProtocol::finish(const CondemnedRecord& list, const DecisionRecord& decision) {
    // Its maker may have seen it and died before it was durable.
    repository_.backend().sync();
    const auto standing = find_decision(repository_, list.number, list.packs.size());
    if (!standing || standing->goes != decision.goes)
        throw Error(ErrorKind::Io, decision_name(list.number) + " changed while it was read");
    Known known;
    known.packs = repository_.backend().list("packs/");
    return remove(list, *standing, known);
}

ListOutcome PruneProtocol::carry_out(const CondemnedRecord& list, const std::set<PackId>& own) {
    try {
        ListOutcome pending;
        pending.waits_for = wait_for_sessions(repository_, list.number, environment_, mark_.poll);  // P4, P5
        if (!pending.waits_for.empty()) return pending;
        Known known;
        {
            const Marked marked = mark_repository(repository_, mark_);  // P6
            Survivors survivors(repository_, marked, own, environment_.threads);
            known.fates = fates(list, survivors);                       // P7
            known.commits = removable_commits(marked.listing, mark_);
            known.packs = marked.packs;
            known.settled_damage = settled_damage(marked);
            known.boxes_damaged = record_bad_copies(repository_, marked.view, survivors.bad());
        }
        repository_.backend().sync();
        std::vector<bool> goes;
        for (const PackId& pack : list.packs) goes.push_back(known.fates.at(pack) != PackFate::Stays);
        const DecisionRecord decision = decide(list, std::move(goes));  // P8
        return remove(list, decision, known);                           // P9
    } catch (...) {
        give_up(list);
        throw;
    }
}

std::map<PackId, PackFate> PruneProtocol::fates(const CondemnedRecord& list, Survivors& survivors) const {
    std::map<PackId, PackFate> fates;
    for (const PackId& pack : list.packs) {
        mark_.poll();
        fates[pack] = survivors.fate_of(pack);
        if (mark_.quarantine_unknown && fates[pack] == PackFate::Stays && !survivors.knows(pack))
            fates[pack] = PackFate::Quarantined;
    }
    return fates;
}

// What stands in the end, durable: this decision or another's.
DecisionRecord PruneProtocol::decide(const CondemnedRecord& list, std::vector<bool> goes) const {
    DecisionRecord own;
    own.number = list.number;
    own.time = environment_.time();
    own.goes = std::move(goes);
    for (int attempt = 1;; ++attempt) {
        try {
            put_record(repository_, ObjectKind::Decision, decision_name(list.number), own);
            repository_.backend().sync();
            return own;
        } catch (const Error&) {
            // Taken, or perhaps put with its reply lost: what can be read after a sync is what stands.
            repository_.backend().sync();
            if (const auto standing = find_decision(repository_, list.number, list.packs.size())) return *standing;
            if (attempt == kDecisionAttempts) throw;
        }
    }
}

// Where this run did not find that all of a pack is safe elsewhere, the decision being another's, and there is a record
// of damage on it, it may hold what is nowhere else: it goes to quarantine. Also where that was withdrawn: the decision
// may rest on what it said before. The records of a listed pack all stand.
ListOutcome PruneProtocol::remove(const CondemnedRecord& list, const DecisionRecord& decision, const Known& known) {
    Backend& backend = repository_.backend();
    std::map<std::string, std::uint64_t> sizes;
    for (const ObjectInfo& info : known.packs) sizes[info.name] = info.size;
    const DamageMarks damage = read_damage_marks(repository_);
    const auto is_to_be_kept = [&](const PackId& pack) {
        const auto fate = known.fates.find(pack);
        if (fate == known.fates.end() || fate->second == PackFate::Stays) return damage.ever_marked(pack);
        return fate->second == PackFate::Quarantined;
    };
    ListOutcome outcome;
    for (std::size_t i = 0; i < list.packs.size(); ++i) {
        if (!decision.goes[i]) {
            ++outcome.packs_kept;
            continue;
        }
        const std::string name = pack_name(list.packs[i]);
        if (is_to_be_kept(list.packs[i]) && copy_to_quarantine(backend, name, list.packs[i].hex()))
            ++outcome.packs_quarantined;
        backend.remove(name);  // also where it is gone: its removal may not be durable
        const auto size = sizes.find(name);
        if (size == sizes.end()) continue;
        ++outcome.packs_removed;
        outcome.bytes_removed += size->second;
    }
    backend.sync();
    outcome.commits_removed = remove_listed_commits(known.commits);
    outcome.settled_damage = known.settled_damage;
    outcome.boxes_damaged = known.boxes_damaged;
    remove_list(list.number);
    return outcome;
}

// A list that stays undecided would condemn its packs until another pruner finds this one dead.
void PruneProtocol::give_up(const CondemnedRecord& list) {
    try {
        const DecisionRecord standing = decide(list, std::vector<bool>(list.packs.size(), false));
        repository_.backend().sync();
        if (keeps_all(standing))
            remove_list(list.number);
        else
            remove(list, standing, {});
    } catch (const std::exception&) {
        // The store does not answer. The list stands, decided or not: the next prune finishes it, here too. What went
        // wrong first is what the caller reports.
        repository_.abandoned().add(condemned_name(list.number));
    }
}

void PruneProtocol::remove_list(const ControlId& n) {
    repository_.backend().remove("waiting/" + n.hex());
    repository_.backend().remove(condemned_name(n));
}

std::uint64_t PruneProtocol::remove_commits(const std::vector<SessionId>& commits) {
    if (commits.empty()) return 0;
    repository_.backend().sync();  // a tombstone that a power cut takes back would bring back half a snapshot
    return remove_listed_commits(commits);
}

std::uint64_t PruneProtocol::remove_listed_commits(const std::vector<SessionId>& commits) {
    Backend& backend = repository_.backend();
    std::vector<std::string> marks;
    for (const SessionId& sid : commits) {
        backend.remove("snapshots/" + sid.hex());
        for (const ObjectInfo& mark : backend.list("marks/" + sid.hex())) marks.push_back(mark.name);
    }
    remove_marks(backend, marks);
    return commits.size();
}

}  // namespace vault
