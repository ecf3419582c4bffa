// What a pruner decides, and what it removes then: P7 to P9, giving up, a prune without victims, the sweep of marks.
#include "tests/prune_model/model.h"

namespace prune_model {

void Model::pruner_decides(const State& s, int i, Successors& out) const {
    const Pruner& p = s.pruners[i];
    State t = s;
    Pruner& n = t.pruners[i];
    const Bits mine = bit(p.list);
    const auto go = [&](At next, const char* what) {
        n.at = next;
        out.add("pruner", i, t, what);
    };
    const At p9 = of.quarantine ? At::P9Damage : At::P9;
    switch (p.at) {
        case At::P7: {
            const Fates fates = going(s, p);
            n.goes = fates.goes;
            if (of.quarantine) n.copied = fates.copied, n.safe = but(fates.goes, fates.copied);
            if (is(Mutation::P9CommitEarly)) t.commits.seen = but(s.commits.seen, p.commits), n.commits = 0;
            go(is(Mutation::P7NoSync) ? At::P8 : At::P7Sync, "P7 chooses what goes");
            t = s;
            return go(At::GiveUp, "P7 fails: gives up");
        }
        case At::P7Sync: sync(t); return go(At::P8, "P7 syncs");
        case At::P8:
            if (has(s.decisions.seen, p.list)) {
                if (is(Mutation::P8NotObeyed)) return go(p9, "P8 finds a decision and goes its own way");
                n.goes = s.goes[p.list];
                return go(At::ObeySync, "P8 finds a decision");
            }
            if (is(Mutation::P8NoDecision)) return go(p9, "P8 decides nothing");
            t.decisions.seen |= mine, t.goes[p.list] = p.goes;
            return go(At::P8Sync, "P8 decides");
        case At::ObeySync:
            sync(t);
            if (!has(s.decisions.seen, p.list)) return go(At::P8, "P8 syncs: the decision is gone");
            return go(p9, "P8 syncs before it obeys");
        case At::P8Sync: sync(t); return go(p9, "P8 is durable");
        case At::GiveUp:
            if (is(Mutation::GiveUpNoDecision)) return go(At::GiveUpRemove, "gives up without a decision");
            if (has(s.decisions.seen, p.list)) {
                if (is(Mutation::GiveUpNotObeying)) return go(At::GiveUpRemove, "gives up, obeys nothing");
                n.goes = s.goes[p.list], n.commits = 0;
                n.safe = n.copied = 0;
                return go(At::ObeySync, "gives up, finds a decision");
            }
            t.decisions.seen |= mine, t.goes[p.list] = 0;
            return go(At::GiveUpSync, "decides to keep all");
        case At::GiveUpSync: sync(t); return go(At::GiveUpRemove, "keep-all is durable");
        case At::GiveUpRemove:
            t.waiting.seen = but(s.waiting.seen, mine);
            t.lists.seen = but(s.lists.seen, mine);
            if (is(Mutation::DecisionRemoved)) t.decisions.seen = but(t.decisions.seen, mine);
            end_prune(t, i);
            out.add("pruner", i, t, "removes its list");
            return;
        default: return pruner_removes(s, i, out);
    }
}

void Model::pruner_removes(const State& s, int i, Successors& out) const {
    const Pruner& p = s.pruners[i];
    State t = s;
    Pruner& n = t.pruners[i];
    const Bits mine = bit(p.list);
    const auto go = [&](At next, const char* what) {
        n.at = next;
        out.add("pruner", i, t, what);
    };
    const auto end = [&](const char* what) {
        if (of.sweeping) return go(At::SweepLook, what);
        end_prune(t, i);
        out.add("pruner", i, t, what);
    };
    const auto remove_commits = [&] {
        t.commits.seen = but(s.commits.seen, p.commits);
        if (!of.sweeping) n.commits = 0;
    };
    const auto remove_marks = [&] {
        t.marks.seen = but(s.marks.seen, p.commits);
        n.commits = 0;
    };
    switch (p.at) {
        // Which of them are copied first: what this run's P7 found to be named lost, and where the decision is
        // another's and this run would keep the pack, or knows nothing of it, all with a damage record.
        case At::P9Damage: {
            const Bits unknown = but(p.goes, p.safe | p.copied);
            n.copied = p.goes & p.copied;
            if (!is(Mutation::QuarantineOwnOnly)) n.copied |= unknown & s.marked;
            // The decision may rest on a record that was withdrawn since.
            if (!is(Mutation::QuarantineOwnOnly) && !is(Mutation::QuarantineWithdrawn))
                n.copied |= unknown & s.withdrawn;
            if (is(Mutation::QuarantineNoCopy)) n.copied = 0;
            n.safe = 0;
            return go(At::P9, "P9 reads damage");
        }
        case At::P9Copied:
            sync(t);
            return go(At::P9Safe, "P9 syncs the copy");
        case At::P9Safe: {
            const int pack = lowest(p.copied);
            n.copied = but(p.copied, bit(pack));
            t.packs.seen = but(t.packs.seen, bit(pack));
            return go(At::P9, "P9 removes the pack that it copied");
        }
        case At::P9: {
            if (is(Mutation::P9ListFirst) && has(s.lists.seen, p.list)) {
                t.lists.seen = but(t.lists.seen, mine);
                return go(At::P9, "P9 removes the list first");
            }
            for (int pack = 0; pack < kPacks; ++pack) {
                if (!has(p.goes & s.packs.seen, pack)) continue;
                if (has(p.copied, pack)) {
                    n.copied = but(p.copied, but(0xFF, static_cast<Bits>(0xFF << pack)));  // those below are gone
                    t.quarantine.seen |= bit(pack);
                    return go(is(Mutation::QuarantineNoSync) ? At::P9Safe : At::P9Copied, "P9 copies a pack");
                }
                t.packs.seen = but(t.packs.seen, bit(pack));
                return go(At::P9, "P9 removes a pack");
            }
            return go(At::P9Sync, "P9 has removed the packs");
        }
        case At::P9Sync: sync(t); return go(At::P9Commits, "P9 syncs");
        case At::P9Commits:
            remove_commits();
            return go(of.sweeping && p.commits != 0 ? At::P9MarksSync : At::P9Waiting, "P9 removes forgotten commits");
        case At::P9MarksSync:
            if (!is(Mutation::MarksNoSync)) sync(t);
            return go(At::P9Marks, "P9 syncs before marks go");
        case At::P9Marks: remove_marks(); return go(At::P9Waiting, "P9 removes their marks");
        case At::P9Waiting: t.waiting.seen = but(s.waiting.seen, mine); return go(At::P9List, "P9 removes waiting");
        case At::P9List:
            t.lists.seen = but(s.lists.seen, mine);
            if (is(Mutation::DecisionRemoved)) t.decisions.seen = but(t.decisions.seen, mine);
            return end("P9 removes the list");
        case At::NoVictimsTombs:
            n.tombs = is(Mutation::BundlesFirst) ? s.bundled.seen : s.tombs.seen;
            return go(At::NoVictimsBundles, "no victims: lists tombstones");
        case At::NoVictimsBundles:
            n.commits = p.tombs | (is(Mutation::BundlesFirst) ? s.tombs.seen : s.bundled.seen);
            if (of.sweeping) n.commits &= s.commits.seen;
            if (of.spares) n.commits = 0;
            return go(is(Mutation::NoVictimsNoSync) ? At::NoVictimsRemove : At::NoVictimsSync, "lists bundles");
        case At::NoVictimsSync: sync(t); return go(At::NoVictimsRemove, "no victims: syncs");
        case At::NoVictimsRemove:
            remove_commits();
            if (of.sweeping && p.commits != 0)
                return go(At::NoVictimsMarksSync, "no victims: removes forgotten commits");
            return end("no victims: removes forgotten commits");
        case At::NoVictimsMarksSync:
            if (!is(Mutation::MarksNoSync)) sync(t);
            return go(At::NoVictimsMarks, "no victims: syncs before marks go");
        case At::NoVictimsMarks: remove_marks(); return end("no victims: removes their marks");
        default: return pruner_sweeps(s, i, out);
    }
}

// At the end: marks of snapshots that were forgotten when P1 listed and have no commit now.
void Model::pruner_sweeps(const State& s, int i, Successors& out) const {
    const Pruner& p = s.pruners[i];
    State t = s;
    Pruner& n = t.pruners[i];
    const auto add = [&](const char* what) {
        out.add("pruner", i, t, what);
    };
    switch (p.at) {
        case At::SweepLook:
            n.commits = s.marks.seen & but(p.tombs_first, s.commits.seen);
            if (is(Mutation::MarksOfForgotten)) n.commits = s.marks.seen & p.tombs_first;
            if (is(Mutation::MarksUnlisted)) n.commits = but(s.marks.seen, p.commits_first);
            if (is(Mutation::MarksStale))
                n.commits = s.marks.seen & but(s.tombs.seen | s.bundled.seen, p.commits_first);
            n.at = At::SweepSync;
            if (n.commits == 0) end_prune(t, i);
            return add("looks for marks to sweep");
        case At::SweepSync:
            if (!is(Mutation::MarksNoSync)) sync(t);
            n.at = At::Sweep;
            return add("syncs before marks go");
        case At::Sweep:
            t.marks.seen = but(s.marks.seen, p.commits);
            end_prune(t, i);
            return add("sweeps marks");
        default: return;
    }
}

}  // namespace prune_model
