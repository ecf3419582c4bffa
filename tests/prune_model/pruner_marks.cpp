// P6 and P7: what is reached now, and which victims may go.
#include "tests/prune_model/model.h"

namespace prune_model {

Bits Model::reach(const State& s, Bits live, Bits listed, bool& whole) const {
    Bits reached = 0;
    whole = true;
    for (int sid = 0; sid < kSids; ++sid) {
        if (!has(live, sid)) continue;
        const Bits needed = tree(sid), there = chunks_in(s, listed);
        Bits here = needed;
        if (of.a_names_b && (needed & 1) != 0) {
            // b is known only through a sound copy of a, which is a node.
            const bool node = (chunks_in(s, but(listed, s.bad)) & 1) != 0;
            if (!node) {
                if (!is(Mutation::P1LostNodeGoesOn)) whole = false;
                here &= 1;
            }
        }
        const Bits missing = but(here, there);
        if (but(missing, s.lost) != 0) whole = false;
        reached |= here;
    }
    return reached;
}

// P6 goes on from P1's marks: only where all packs with a mark are still listed. Of the snapshots that were walked
// nothing is walked again; their chunks count by the marks alone, which lie on entries of packs.
Bits Model::reach_again(const State& s, const Pruner& p, bool& whole) const {
    Bits marked = 0, marked_in = 0;
    for (int chunk = 0; chunk < 2; ++chunk) {
        const Bits place = chunk == 0 ? p.a_in : p.b_in;
        if (place == 0) continue;
        marked_in |= bit(place - 1);
        if (has(p.listed, place - 1)) marked |= bit(chunk);
    }
    const bool goes_on = p.walked != 0 && (but(marked_in, p.listed) == 0 || is(Mutation::ResumeUnlisted));
    if (!goes_on) return reach(s, p.live, p.listed, whole);
    return marked | reach(s, but(p.live, p.walked), p.listed, whole);
}

void Model::pruner_marks(const State& s, int i, Successors& out) const {
    const Pruner& p = s.pruners[i];
    State t = s;
    Pruner& n = t.pruners[i];
    const auto go = [&](At next, const char* what) {
        n.at = next;
        out.add("pruner", i, t, what);
    };
    const At after = is(Mutation::P6BeforeP5) ? At::P5 : At::P7;
    const auto finish = [&] {
        bool whole = true;
        n.reached = reach_again(s, n, whole);
        n.a_in = n.b_in = n.walked = 0;
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
            n.live = of.spares ? s.commits.seen : but(s.commits.seen, p.tombs);
            n.commits = of.sweeping ? p.tombs & s.commits.seen : p.tombs;
            if (of.spares) n.commits = 0;
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

// P7: the victims of which every chunk that is reached has a survivor, or is named lost: those are in `copied` too.
Model::Fates Model::going(const State& s, const Pruner& p) const {
    Bits trusted = but(p.listed, s.marked);
    const Bits own = p.victims, others = but(p.condemned, own);
    if (!is(Mutation::P7OthersVictims)) trusted = but(trusted, others);
    if (!is(Mutation::P7OwnVictims)) trusted = but(trusted, own);
    if (is(Mutation::P7ReadBeforeP3)) trusted &= p.read;
    else if (!is(Mutation::P7Unread)) trusted &= p.read;
    Bits safe = chunks_in(s, trusted);
    Fates fates;
    for (int pack = 0; pack < kPacks; ++pack) {
        if (!has(own & p.listed, pack)) continue;
        Bits named = of.quarantine && has(s.marked, pack) ? s.lost : Bits{0};
        if (of.quarantine && has(s.marked, pack) && is(Mutation::QuarantineUnnamed)) named = 3;
        const Bits needed = s.content[pack] & p.reached;
        if (but(needed, safe | named) == 0 || is(Mutation::P7UnreachableOnly)) fates.goes |= bit(pack);
        if (has(fates.goes, pack) && but(needed, safe) != 0) fates.copied |= bit(pack);
    }
    return fates;
}

}  // namespace prune_model
