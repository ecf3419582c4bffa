// A prune: P0 to P9, giving up, taking over, and a prune without victims. P0 to P2 are free choices: any victims, any
// session fenced, any list taken over.
#include "tests/prune_model/model.h"

namespace prune_model {

namespace {

Bits but(Bits set, Bits without) { return set & static_cast<Bits>(~without); }

void end_prune(State& t, int i, const Model& model) {
    const Bits next = static_cast<Bits>(t.pruners[i].run + 1);
    t.pruners[i] = {};
    t.pruners[i].run = next;
    t.pruners[i].at = next < model.of.pruner_runs ? At::Choose : At::Done;
}

// What snapshots of these sids need, as marking finds it in the listed packs; `whole` false: something is missing.
Bits reach(const Model& model, const State& s, Bits live, Bits listed, bool& whole) {
    Bits reached = 0;
    whole = true;
    for (int sid = 0; sid < kSids; ++sid) {
        if (!has(live, sid)) continue;
        const Bits needed = model.tree(sid), there = model.chunks_in(s, listed);
        Bits here = needed;
        if (model.of.a_names_b && (needed & 1) != 0) {
            // b is known only through a sound copy of a, which is a node.
            const bool node = (model.chunks_in(s, but(listed, s.bad)) & 1) != 0;
            if (!node) {
                if (!model.is(Mutation::P1LostNodeGoesOn)) whole = false;
                here &= 1;
            }
        }
        const Bits missing = but(here, there);
        if (but(missing, s.lost) != 0) whole = false;
        reached |= here;
    }
    return reached;
}

}  // namespace

void Model::pruner_chooses(const State& s, int i, Successors& out) const {
    const std::string who = "pruner " + std::to_string(i) + ": ";
    const auto go = [&](const State& t, const std::string& what) { out.add(t, [&] { return who + what; }); };
    const auto first_mark = [&](Pruner& p) {
        bool whole = true;
        p.marked_first = reach(*this, s, but(s.commits.seen, s.tombs.seen | s.bundled.seen), s.packs.seen, whole);
        p.read = but(s.packs.seen, s.bad);
        p.waits = s.sessions;
    };
    if (s.copies < of.copies) {
        for (Bits chunks = 1; chunks <= 3; ++chunks) {
            if (but(chunks, chunks_in(s, but(s.packs.seen, s.bad))) != 0) continue;
            const int pack = free_pack(s, chunks);
            if (pack < 0) continue;
            State t = s;
            ++t.copies;
            t.packs.seen |= bit(pack), t.packs_ever |= bit(pack), t.content[pack] = chunks;
            t.bad = but(t.bad, bit(pack)), t.marked = but(t.marked, bit(pack));
            go(t, "P2 copies into P" + std::to_string(pack));
        }
    }
    int list = 0;
    while (list < kLists && has(s.lists_ever, list)) ++list;
    if (list < kLists) {
        for (int victims = 1; victims < 256; ++victims) {
            if ((victims & ~s.packs.seen) != 0 || __builtin_popcount(static_cast<unsigned>(victims)) > of.victims_max)
                continue;
            State t = s;
            Pruner& n = t.pruners[i];
            n.list = static_cast<Bits>(list);
            n.victims = static_cast<Bits>(victims);
            t.lists_ever |= bit(list);
            first_mark(n);
            n.at = At::P3;
            go(t, "P2 chooses packs " + std::to_string(victims));
        }
    }
    for (int other = 0; other < kLists; ++other) {
        if (!has(s.lists.seen, other)) continue;
        State t = s;
        Pruner& n = t.pruners[i];
        n.list = static_cast<Bits>(other);
        n.victims = s.victims[other];
        if (has(s.decisions.seen, other)) {
            n.goes = s.goes[other];
            n.at = At::ObeySync;
            go(t, "P0 finishes list " + std::to_string(other));
            continue;
        }
        first_mark(n);
        n.at = At::P4;
        if (has(s.waiting.seen, other)) n.waits = s.waits_for[other], n.at = At::P5;
        else if (is(Mutation::AdopterSkipsP4)) n.at = At::P6Lists;
        go(t, "P0 adopts list " + std::to_string(other));
    }
    State t = s;
    t.pruners[i].at = At::NoVictimsTombs;
    go(t, "has no victims");
}

void Model::pruner(const State& s, int i, Successors& out) const {
    const Pruner& p = s.pruners[i];
    if (p.at == At::Done) return;
    if (p.at == At::Idle || p.at == At::Choose) return pruner_chooses(s, i, out);
    if (of.deaths) {
        State t = s;
        end_prune(t, i, *this);
        out.add(t, [&] { return "pruner " + std::to_string(i) + ": killed"; });
    }
    const auto go = [&](State t, At next, const char* what) {
        t.pruners[i].at = next;
        out.add(t, [&] { return "pruner " + std::to_string(i) + ": " + what; });
    };
    const Bits mine = bit(p.list);
    State t = s;
    Pruner& n = t.pruners[i];
    switch (p.at) {
        case At::P3:
            t.lists.seen |= mine;
            t.victims[p.list] = p.victims;
            return go(t, is(Mutation::P4BeforeP3) ? At::P4Put : At::P4, "P3");
        case At::P4:
            n.waits = s.sessions;
            return go(t, At::P4Put, "P4 lists sessions");
        case At::P4Put:
            if (has(s.waiting.seen, p.list)) {
                n.waits = s.waits_for[p.list];
            } else {
                t.waiting.seen |= mine;
                t.waits_for[p.list] = p.waits;
            }
            return go(t, is(Mutation::P6BeforeP5) ? At::P6Lists : At::P5, "P4 puts waiting");
        case At::P5: {
            const Bits left = but(p.waits, s.commits.seen | s.fences.seen);
            const At next = is(Mutation::P6BeforeP5) ? At::P7 : At::P6Lists;
            if (left == 0 || is(Mutation::P5NoWait) || is(Mutation::P5JudgesOnly)) go(t, next, "P5 goes on");
            for (int sid = 0; sid < kSids; ++sid) {
                if (!has(left, sid)) continue;
                State fenced = s;
                fenced.fences.seen |= bit(sid);
                go(fenced, At::P5, "P5 fences a session");
            }
            return go(t, At::GiveUp, "gives up");
        }
        case At::P6Lists: case At::P6ListsRead: case At::P6Tombs: case At::P6Bundles: case At::P6Snapshots:
        case At::P6Packs: case At::P6PacksRest: return pruner_marks(s, i, out);
        default: return pruner_removes(s, i, out);
    }
}

void Model::pruner_marks(const State& s, int i, Successors& out) const {
    const Pruner& p = s.pruners[i];
    State t = s;
    Pruner& n = t.pruners[i];
    const auto go = [&](At next, const char* what) {
        n.at = next;
        out.add(t, [&] { return "pruner " + std::to_string(i) + ": " + what; });
    };
    const At after = is(Mutation::P6BeforeP5) ? At::P5 : At::P7;
    const auto finish = [&] {
        bool whole = true;
        n.reached = reach(*this, s, n.live, n.listed, whole);
        if (is(Mutation::P6NotDone)) n.reached = p.marked_first;
        go(whole ? after : At::GiveUp, whole ? "P6 has marked" : "P6 misses something: gives up");
    };
    switch (p.at) {
        case At::P6Lists:
            n.lists = s.lists.seen;
            if (is(Mutation::P6PacksFirst)) n.listed = s.packs.seen, n.read = but(n.listed, s.bad);
            if (of.split || is(Mutation::P6PacksFirst)) return go(At::P6ListsRead, "P6 lists condemned");
            n.condemned = condemned(s, n.lists);
            return go(At::P6Tombs, "P6 reads condemned");
        case At::P6ListsRead:
            // The mutation has listed the packs in the step before.
            n.condemned = condemned(s, is(Mutation::P6PacksFirst) ? s.lists.seen : p.lists);
            return go(At::P6Tombs, "P6 reads condemned");
        case At::P6Tombs:
            n.tombs = is(Mutation::BundlesFirst) ? s.bundled.seen : s.tombs.seen;
            n.commits = s.tombs.seen | s.bundled.seen;  // all of them must be found
            return go(At::P6Bundles, "P6 lists tombstones");
        case At::P6Bundles:
            n.tombs |= is(Mutation::BundlesFirst) ? s.tombs.seen : s.bundled.seen;
            if (but(p.commits, n.tombs) != 0) t.missed_tombstone = 1;
            return go(At::P6Snapshots, "P6 lists bundles");
        case At::P6Snapshots:
            n.live = but(s.commits.seen, p.tombs);
            n.commits = p.tombs;
            return go(At::P6Packs, "P6 lists snapshots");
        case At::P6Packs:
            if (is(Mutation::P6PacksFirst)) return finish();
            n.listed = of.split ? s.packs.seen & 0x55 : s.packs.seen;
            // Read as soon as they are listed, however long the rest takes.
            if (!is(Mutation::P7ReadBeforeP3)) n.read = but(n.listed, s.bad);
            if (of.split) return go(At::P6PacksRest, "P6 lists packs");
            return finish();
        default:
            n.listed |= s.packs.seen & 0xAA;
            if (!is(Mutation::P7ReadBeforeP3)) n.read = but(n.listed, s.bad);
            return finish();
    }
}

// P7: the victims of which every chunk that is reached has a survivor.
Bits Model::going(const State& s, const Pruner& p) const {
    Bits trusted = but(p.listed, s.marked);
    const Bits own = p.victims, others = but(p.condemned, own);
    if (!is(Mutation::P7OthersVictims)) trusted = but(trusted, others);
    if (!is(Mutation::P7OwnVictims)) trusted = but(trusted, own);
    if (is(Mutation::P7ReadBeforeP3)) trusted &= p.read;
    else if (!is(Mutation::P7Unread)) trusted &= p.read;
    Bits safe = chunks_in(s, trusted);
    Bits goes = 0;
    for (int pack = 0; pack < kPacks; ++pack) {
        if (!has(own & p.listed, pack)) continue;
        Bits named = of.quarantine && has(s.marked, pack) ? s.lost : Bits{0};
        if (of.quarantine && has(s.marked, pack) && is(Mutation::QuarantineUnnamed)) named = 3;
        const Bits needed = s.content[pack] & p.reached;
        if (but(needed, safe | named) == 0 || is(Mutation::P7UnreachableOnly)) goes |= bit(pack);
    }
    return goes;
}

void Model::pruner_removes(const State& s, int i, Successors& out) const {
    const Pruner& p = s.pruners[i];
    State t = s;
    Pruner& n = t.pruners[i];
    const Bits mine = bit(p.list);
    const auto go = [&](At next, const char* what) {
        n.at = next;
        out.add(t, [&] { return "pruner " + std::to_string(i) + ": " + what; });
    };
    const auto end = [&](const char* what) {
        end_prune(t, i, *this);
        out.add(t, [&] { return "pruner " + std::to_string(i) + ": " + what; });
    };
    const auto remove_commits = [&] {
        t.commits.seen = but(s.commits.seen, p.commits);
        n.commits = 0;
    };
    switch (p.at) {
        case At::P7:
            n.goes = going(s, p);
            if (is(Mutation::P9CommitEarly)) remove_commits();
            go(is(Mutation::P7NoSync) ? At::P8 : At::P7Sync, "P7 chooses what goes");
            t = s;
            return go(At::GiveUp, "P7 fails: gives up");
        case At::P7Sync: sync(t); return go(At::P8, "P7 syncs");
        case At::P8:
            if (has(s.decisions.seen, p.list)) {
                if (is(Mutation::P8NotObeyed)) return go(At::P9, "P8 finds a decision and goes its own way");
                n.goes = s.goes[p.list];
                return go(At::ObeySync, "P8 finds a decision");
            }
            if (is(Mutation::P8NoDecision)) return go(At::P9, "P8 decides nothing");
            t.decisions.seen |= mine, t.goes[p.list] = p.goes;
            return go(At::P8Sync, "P8 decides");
        case At::ObeySync:
            sync(t);
            if (!has(s.decisions.seen, p.list)) return go(At::P8, "P8 syncs: the decision is gone");
            return go(At::P9, "P8 syncs before it obeys");
        case At::P8Sync: sync(t); return go(At::P9, "P8 is durable");
        case At::P9: {
            if (is(Mutation::P9ListFirst) && has(s.lists.seen, p.list)) {
                t.lists.seen = but(t.lists.seen, mine);
                return go(At::P9, "P9 removes the list first");
            }
            for (int pack = 0; pack < kPacks; ++pack) {
                if (!has(p.goes & s.packs.seen, pack)) continue;
                t.packs.seen = but(t.packs.seen, bit(pack));
                return go(At::P9, "P9 removes a pack");
            }
            return go(At::P9Sync, "P9 has removed the packs");
        }
        case At::P9Sync: sync(t); return go(At::P9Commits, "P9 syncs");
        case At::P9Commits: remove_commits(); return go(At::P9Waiting, "P9 removes forgotten commits");
        case At::P9Waiting: t.waiting.seen = but(s.waiting.seen, mine); return go(At::P9List, "P9 removes waiting");
        case At::P9List:
            t.lists.seen = but(s.lists.seen, mine);
            if (is(Mutation::DecisionRemoved)) t.decisions.seen = but(t.decisions.seen, mine);
            return end("P9 removes the list");
        case At::GiveUp:
            if (is(Mutation::GiveUpNoDecision)) return go(At::GiveUpRemove, "gives up without a decision");
            if (has(s.decisions.seen, p.list)) {
                if (is(Mutation::GiveUpNotObeying)) return go(At::GiveUpRemove, "gives up, obeys nothing");
                n.goes = s.goes[p.list], n.commits = 0;
                return go(At::ObeySync, "gives up, finds a decision");
            }
            t.decisions.seen |= mine, t.goes[p.list] = 0;
            return go(At::GiveUpSync, "decides to keep all");
        case At::GiveUpSync: sync(t); return go(At::GiveUpRemove, "keep-all is durable");
        case At::GiveUpRemove:
            t.waiting.seen = but(s.waiting.seen, mine);
            t.lists.seen = but(s.lists.seen, mine);
            if (is(Mutation::DecisionRemoved)) t.decisions.seen = but(t.decisions.seen, mine);
            return end("removes its list");
        case At::NoVictimsTombs:
            n.tombs = is(Mutation::BundlesFirst) ? s.bundled.seen : s.tombs.seen;
            return go(At::NoVictimsBundles, "no victims: lists tombstones");
        case At::NoVictimsBundles:
            n.commits = p.tombs | (is(Mutation::BundlesFirst) ? s.tombs.seen : s.bundled.seen);
            return go(is(Mutation::NoVictimsNoSync) ? At::NoVictimsRemove : At::NoVictimsSync, "lists bundles");
        case At::NoVictimsSync: sync(t); return go(At::NoVictimsRemove, "no victims: syncs");
        case At::NoVictimsRemove: remove_commits(); return end("no victims: removes forgotten commits");
        default: return;
    }
}

}  // namespace prune_model
