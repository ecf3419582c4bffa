// What happens to a store besides runs and prunes, what must hold of it, and what all parts share.
#include "tests/prune_model/model.h"

namespace prune_model {

namespace {

struct LayeredPart {
    Layered State::*part;
    const char* name;
};
constexpr LayeredPart kLayeredParts[] = {
    {&State::packs, "pack"},      {&State::commits, "commit"}, {&State::fences, "fence"},
    {&State::tombs, "tombstone"}, {&State::bundled, "bundle"}, {&State::lists, "condemned"},
    {&State::waiting, "waiting"}, {&State::decisions, "decision"},
    {&State::quarantine, "quarantined"}, {&State::marks, "mark"},
};

}  // namespace

State Model::initial() const {
    State s;
    std::memset(static_cast<void*>(&s), 0, sizeof s);
    s = State{};
    for (int i = 0; i < 3; ++i) {
        if (of.packs[i] == 0) continue;
        s.content[i] = of.packs[i];
        s.packs.seen |= bit(i);
    }
    s.packs.kept = s.packs_ever = s.packs.seen;
    s.commits = {1, 1};
    s.acknowledged = 1;
    if (of.tagged) s.marks = {1, 1}, s.tagged_ever = 1;
    if (of.undelete || of.forgotten) s.tombs = {1, 1}, s.forgotten = 1;
    for (int i = 0; i < kWriters; ++i) s.writers[i].at = i < of.writers ? At::Idle : At::Done;
    for (int i = 0; i < kPruners; ++i) s.pruners[i].at = i < of.pruners ? At::Choose : At::Done;
    return s;
}

Bits Model::tree(int sid) const {
    const Bits whole = static_cast<Bits>(of.packs[0] | of.packs[1] | of.packs[2]);
    if (sid == 0) return whole;
    const int writer = (sid - 1) / of.writer_runs;
    return of.undelete && writer == 0 ? whole : of.trees[writer];
}

Bits Model::chunks_in(const State& s, Bits packs) const {
    Bits chunks = 0;
    for (int i = 0; i < kPacks; ++i)
        if (has(packs, i)) chunks |= s.content[i];
    return chunks;
}

Bits Model::condemned(const State& s, Bits lists) const {
    Bits packs = 0;
    for (int i = 0; i < kLists; ++i) {
        if (!has(lists & s.lists.seen, i)) continue;
        const bool decided = has(s.decisions.seen, i);
        if (decided && !is(Mutation::DecidedIgnored)) packs |= s.goes[i];
        if (!decided && !is(Mutation::UndecidedIgnored)) packs |= s.victims[i];
    }
    return packs;
}

void Model::sync(State& s) const {
    for (const LayeredPart& part : kLayeredParts) (s.*part.part).kept = (s.*part.part).seen;
}

int Model::free_pack(const State& s, Bits content) const {
    if (is(Mutation::NamesReused))
        for (int i = 0; i < kPacks; ++i)
            if (has(s.packs_ever, i) && s.content[i] == content) return i;
    for (int i = 0; i < kPacks; ++i)
        if (!has(s.packs_ever, i)) return i;
    return -1;
}

// What commits and runs at work need of these chunks, the damage has taken, not the protocol.
void Model::excuse(State& s, Bits chunks) const {
    for (int sid = 0; sid < kSids; ++sid) {
        bool running = false;
        for (int w = 0; w < kWriters; ++w)
            running = running || (this->sid(w, s.writers[w].run) == sid && s.writers[w].at != At::Idle &&
                                  s.writers[w].at != At::Done);
        if (has(s.commits.seen, sid) || running) s.excused[sid] |= chunks;
    }
}

void Model::environment(const State& s, Successors& out) const {
    const Bits tombs = s.tombs.seen | s.bundled.seen;
    const auto go = [&](const State& t, const char* what, int which) {
        out.add(t, [&] { return std::string(what) + " " + std::to_string(which); });
    };
    for (int sid = 0; sid < kSids; ++sid) {
        if (s.forgets < of.forgets && has(but(s.commits.seen, tombs), sid)) {
            State t = s;
            ++t.forgets;
            t.forgotten |= bit(sid);
            if (is(Mutation::ForgetDeletes)) t.commits.seen = but(t.commits.seen, bit(sid));
            else t.tombs.seen |= bit(sid);
            go(t, "forget", sid);
        }
        if (s.tags < of.tags && has(s.commits.seen, sid)) {
            State t = s;
            ++t.tags;
            t.marks.seen |= bit(sid), t.marks.kept |= bit(sid);  // a put that returns is durable
            t.tagged_ever |= bit(sid);
            go(t, "a mark is put on", sid);
        }
        if (has(s.sessions & (s.commits.seen | s.fences.seen), sid) && of.pruners > 0) {
            State t = s;
            sync(t);
            t.sessions = but(t.sessions, bit(sid));
            go(t, "a pruner removes the ended session", sid);
        }
    }
    for (int pack = 0; pack < kPacks; ++pack) {
        if (!has(s.packs.seen, pack)) continue;
        if (s.damages < of.damages && !has(s.bad, pack)) {
            State t = s;
            ++t.damages;
            t.bad |= bit(pack);
            // What no other sound pack holds that is there to stay.
            const Bits sound = but(but(s.packs.seen, s.bad | bit(pack)), condemned(s, 0xFF));
            const Bits taken = but(s.content[pack], chunks_in(s, sound));
            excuse(t, taken);
            go(t, "goes bad: pack", pack);
        }
        const bool bad = has(s.bad, pack), marked = has(s.marked, pack);
        if (bad && !has(s.noticed, pack)) {
            State t = s;
            t.marked |= bit(pack), t.noticed |= bit(pack);
            go(t, "is put on record: pack", pack);
        }
        const Bits unnamed = but(s.content[pack], s.lost | chunks_in(s, but(s.packs.seen, s.bad)));
        if (of.quarantine && bad && marked && unnamed != 0) {
            State t = s;
            t.lost |= unnamed;
            go(t, "has chunks that are named lost: pack", pack);
        }
        if (of.false_alarm && !bad && !marked && s.alarms == 0) {
            State t = s;
            t.alarms = 1;
            t.marked |= bit(pack), t.noticed |= bit(pack);
            go(t, "is put on record though sound: pack", pack);
            const Bits alone = but(s.content[pack], s.lost | chunks_in(s, but(s.packs.seen, s.bad | bit(pack))));
            if (of.false_loss && alone != 0) {
                t.lost |= alone;
                excuse(t, alone);  // of the listed packs; in quarantine it must be found
                go(t, "is put on record though sound, with lost chunks: pack", pack);
            }
        }
        if (of.false_alarm && marked && (!bad || is(Mutation::WithdrawnUnread))) {
            State t = s;
            t.marked = but(t.marked, bit(pack));
            if (!bad) t.noticed = but(t.noticed, bit(pack));
            if (of.false_loss) {
                t.withdrawn |= bit(pack);
                t.lost = but(s.lost, but(s.content[pack], chunks_in(s, but(s.marked & s.bad, bit(pack)))));
            }
            go(t, "is withdrawn from the record: pack", pack);
        }
        if (is(Mutation::DamageRecordEarly) && bad && marked) {
            State t = s;
            t.marked = but(t.marked, bit(pack));
            go(t, "is listed and loses its record: pack", pack);
        }
    }
    if (of.bundling && s.bundles == 0) {
        State t = s;
        if (s.bundle_step == 0 && (s.tombs.seen | s.fences.seen) != 0) {
            t.bundle_of = but(s.tombs.seen | s.fences.seen, s.sessions);
            if (is(Mutation::BundleBusy)) t.bundle_of |= s.tombs.seen;
            t.bundle_step = 1;
            go(t, "bundling chooses", t.bundle_of);
        } else if (s.bundle_step == 1) {
            t.bundled.seen |= is(Mutation::BundleDropsFence) ? but(s.bundle_of, s.fences.seen) : s.bundle_of;
            t.bundle_step = is(Mutation::BundleNoSync) ? 3 : 2;
            go(t, "bundling puts the bundle", 0);
        } else if (s.bundle_step == 2) {
            sync(t);
            t.bundle_step = 3;
            go(t, "bundling syncs", 0);
        } else if (s.bundle_step == 3) {
            t.tombs.seen = but(s.tombs.seen, s.bundle_of);
            t.fences.seen = but(s.fences.seen, s.bundle_of);
            t.bundle_step = 0, t.bundle_of = 0, t.bundles = 1;
            go(t, "bundling removes singles and fences", 0);
        }
    }
}

// Everything that is seen and not kept, or kept and no longer seen, may go either way; every process ends.
void Model::power_cut(const State& s, Successors& out) const {
    if (!of.power_cut || s.cuts > 0) return;
    std::vector<std::pair<const LayeredPart*, int>> loose;
    for (const LayeredPart& part : kLayeredParts)
        for (int i = 0; i < 8; ++i)
            if (has((s.*part.part).seen ^ (s.*part.part).kept, i)) loose.push_back({&part, i});
    for (std::uint32_t choice = 0; choice < (1u << loose.size()); ++choice) {
        State t = s;
        t.cuts = 1;
        for (std::size_t i = 0; i < loose.size(); ++i)
            if ((choice >> i & 1) != 0) (t.*loose[i].first->part).seen ^= bit(loose[i].second);
        sync(t);
        // A forget of which nothing is left did not happen.
        const Bits tombs = t.tombs.seen | t.bundled.seen;
        t.forgotten &= static_cast<Bits>(tombs | ~(s.tombs.seen | s.bundled.seen));
        for (int i = 0; i < kWriters; ++i) {
            Writer& w = t.writers[i];
            if (w.at == At::Done || w.at == At::Idle) continue;
            const Bits next = static_cast<Bits>(w.run + 1);
            w = {};
            w.run = next;
            w.at = next < of.writer_runs ? At::Idle : At::Done;
        }
        for (int i = 0; i < kPruners; ++i) {
            Pruner& p = t.pruners[i];
            if (p.at == At::Done || p.at == At::Choose) continue;
            const Bits next = static_cast<Bits>(p.run + 1);
            p = {};
            p.run = next;
            p.at = next < of.pruner_runs ? At::Choose : At::Done;
        }
        t.bundle_step = 0, t.bundle_of = 0;
        out.add(t, [&] {
            std::string text = "POWER CUT";
            for (std::size_t i = 0; i < loose.size(); ++i)
                if ((choice >> i & 1) != 0) {
                    const Layered& before = s.*loose[i].first->part;
                    text += has(before.seen, loose[i].second) ? " loses " : " brings back ";
                    text += loose[i].first->name + std::to_string(loose[i].second);
                }
            return text;
        });
    }
}

void Model::successors(const State& s, Successors& out) const {
    for (int i = 0; i < of.writers; ++i) writer(s, i, out);
    for (int i = 0; i < of.pruners; ++i) pruner(s, i, out);
    environment(s, out);
    power_cut(s, out);
}

const char* Model::violation(const State& s) const {
    if (s.false_success != 0) return "success was told of a snapshot that had been forgotten before its put";
    if (s.missed_tombstone != 0) return "a reader took a forgotten snapshot for a live one";
    if (but(s.acknowledged, s.commits.seen | s.forgotten) != 0) return "an acknowledged snapshot is gone";
    const Bits live = but(s.commits.seen, s.tombs.seen | s.bundled.seen);
    const Bits sound = chunks_in(s, but(s.packs.seen, s.bad));
    for (int sid = 0; sid < kSids; ++sid)
        if (has(live, sid) && but(tree(sid), sound | s.excused[sid]) != 0) return "a live snapshot has lost a chunk";
    const Bits traced = chunks_in(s, s.packs.seen | s.quarantine.seen);
    for (int sid = 0; sid < kSids; ++sid)
        if (has(live, sid) && but(tree(sid), traced) != 0) return "a chunk of a live snapshot has left no trace";
    if (but(s.tagged_ever & s.commits.seen, s.marks.seen) != 0) return "a snapshot has lost its mark";
    if (of.sweeping && of.undelete && has(s.tagged_ever, 0) && has(but(s.commits.seen, s.tagged_again), sid(0, 0)))
        return "an undelete has lost the mark";
    return nullptr;
}

}  // namespace prune_model
