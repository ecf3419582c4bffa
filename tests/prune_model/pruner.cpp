// A prune up to P5, and who takes over a list. P0 to P2 are free choices: any victims, any session fenced, any list
// taken over.
#include "tests/prune_model/model.h"

namespace prune_model {

void Model::end_prune(State& t, int i) const {
    const Bits next = static_cast<Bits>(t.pruners[i].run + 1);
    t.pruners[i] = {};
    t.pruners[i].run = next;
    t.pruners[i].at = next < of.pruner_runs ? At::Choose : At::Done;
}

// P1 may find each chunk in any pack that is listed. `walked` are the snapshots that it marked: P6 goes on from there.
void Model::each_marking(State& t, int i, Bits walked, const std::function<void()>& found) const {
    Pruner& n = t.pruners[i];
    n.walked = walked;
    const auto each_place = [&](Bits chunk, Bits& place, const std::function<void()>& next) {
        place = 0;
        if ((n.marked_first & chunk) == 0) return next();
        for (int pack = 0; pack < kPacks; ++pack) {
            if (!has(t.packs.seen, pack) || (t.content[pack] & chunk) == 0) continue;
            place = static_cast<Bits>(pack + 1);
            next();
        }
    };
    each_place(1, n.a_in, [&] { each_place(2, n.b_in, found); });
}

void Model::pruner_chooses(const State& s, int i, Successors& out) const {
    const std::string who = "pruner " + std::to_string(i) + ": ";
    const auto go = [&](const State& t, const std::string& what) { out.add(t, [&] { return who + what; }); };
    const auto lists_first = [&](Pruner& p) {
        if (of.sweeping) p.tombs_first = s.tombs.seen | s.bundled.seen, p.commits_first = s.commits.seen;
    };
    const auto first_mark = [&](Pruner& p) {
        bool whole = true;
        const Bits live = of.spares ? s.commits.seen : but(s.commits.seen, s.tombs.seen | s.bundled.seen);
        p.marked_first = reach(s, live, s.packs.seen, whole);
        p.read = but(s.packs.seen, s.bad);
        p.waits = s.sessions;
        lists_first(p);
        // Nobody goes on from marks that lack something.
        return whole && but(p.marked_first, chunks_in(s, s.packs.seen)) == 0 ? live : Bits{0};
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
            const Bits walked = first_mark(n);
            n.at = At::P3;
            const std::string chooses = "P2 chooses packs " + std::to_string(victims);
            if (!of.resume || walked == 0) go(t, chooses);
            else each_marking(t, i, walked, [&] {
                std::string marks = "P1 marks";
                if (n.a_in != 0) marks += " a in P" + std::to_string(n.a_in - 1);
                if (n.b_in != 0) marks += " b in P" + std::to_string(n.b_in - 1);
                go(t, marks + ", " + chooses);
            });
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
    lists_first(t.pruners[i]);
    t.pruners[i].at = At::NoVictimsTombs;
    go(t, "has no victims");
}

void Model::pruner(const State& s, int i, Successors& out) const {
    const Pruner& p = s.pruners[i];
    if (p.at == At::Done) return;
    if (p.at == At::Idle || p.at == At::Choose) return pruner_chooses(s, i, out);
    if (of.deaths) {
        State t = s;
        end_prune(t, i);
        out.add("pruner", i, t, "killed");
    }
    const auto go = [&](State t, At next, const char* what) {
        t.pruners[i].at = next;
        out.add("pruner", i, t, what);
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
        default: return pruner_decides(s, i, out);
    }
}

}  // namespace prune_model
