// A writing run and an undelete: B1 to B7.
#include "tests/prune_model/model.h"

namespace prune_model {

namespace {

void end_run(State& t, int i, const Model& model, bool remove_session) {
    Writer& w = t.writers[i];
    const int sid = model.sid(i, w.run);
    if (remove_session) t.sessions &= static_cast<Bits>(~bit(sid));
    const Bits own = w.own, next = static_cast<Bits>(w.run + 1);
    w = {};
    w.run = next;
    w.at = next < model.of.writer_runs ? At::Idle : At::Done;
    if (model.is(Mutation::B4CarriesOwn)) w.again = own;
}

}  // namespace

void Model::writer(const State& s, int i, Successors& out) const {
    const Writer& w = s.writers[i];
    if (w.at == At::Done) return;
    const int me = sid(i, w.run);
    const auto go = [&](State t, At next, const char* what) {
        if (t.writers[i].at == w.at) t.writers[i].at = next;
        out.add("writer", i, t, what);
    };
    // Killed: its session object stays, and somebody may fence it.
    if (w.at != At::Idle && w.at != At::End && w.run + 1 < of.writer_runs) {
        State t = s;
        end_run(t, i, *this, false);
        out.add("writer", i, t, "killed");
    }
    const At listed = is(Mutation::B3BeforeB2) ? At::B2 : At::B3Damage;
    State t = s;
    Writer& n = t.writers[i];
    switch (w.at) {
        case At::Idle:
            if (of.sweeping && of.undelete && i == 0) return undelete_reads(s, i, out);
            [[fallthrough]];
        case At::B1:
            if (is(Mutation::B1AfterB3)) return go(t, At::B2, "begins without B1");
            t.sessions |= bit(me);
            return go(t, is(Mutation::B3BeforeB2) ? At::B3 : At::B2, "B1");
        case At::B2: {
            const At next = is(Mutation::B3BeforeB2) ? At::B3Damage : At::B3;
            n.lists = is(Mutation::B2Skipped) ? Bits{0} : s.lists.seen;
            if (!of.split) n.condemned = condemned(s, n.lists);
            return go(t, of.split ? At::B2Read : next, "B2 lists condemned");
        }
        case At::B2Read:
            n.condemned = condemned(s, w.lists);
            return go(t, is(Mutation::B3BeforeB2) ? At::B3Damage : At::B3, "B2 reads them");
        case At::B3:
            n.view = of.split ? static_cast<Bits>(s.packs.seen & 0x55) : s.packs.seen;
            return go(t, of.split ? At::B3Rest : listed, "B3 lists packs");
        case At::B3Rest:
            n.view |= s.packs.seen & 0xAA;
            return go(t, listed, "B3 lists the other packs");
        case At::B3Damage: {
            n.view &= static_cast<Bits>(~w.condemned);
            const Bits before = n.view;
            if (!is(Mutation::B3IgnoresDamage)) n.view &= static_cast<Bits>(~s.marked);
            // Damage that nobody noticed: what only bad packs hold is lost to this run too.
            const Bits unnoticed = n.view & s.bad & static_cast<Bits>(~s.noticed);
            const Bits bad_only =
                chunks_in(s, unnoticed) & static_cast<Bits>(~chunks_in(s, static_cast<Bits>(before & ~s.bad)));
            t.excused[me] |= static_cast<Bits>(bad_only & tree(me));
            if (is(Mutation::B1AfterB3)) t.sessions |= bit(me);
            return go(t, At::B4, "B3 reads damage");
        }
        case At::B4: {
            Bits have = chunks_in(s, w.view);
            if (is(Mutation::B4TrustsParent)) have |= tree(0);
            have |= w.again;
            if (of.undelete && i == 0 && is(Mutation::UndeleteTrustsCondemned)) have |= chunks_in(s, s.packs.seen);
            const Bits missing = tree(me) & static_cast<Bits>(~have);
            if (missing == 0) return go(t, At::B5, "B4 has all");
            // An undelete has no source but what is listed, condemned or not.
            if (of.undelete && i == 0 && (missing & ~chunks_in(s, s.packs.seen & static_cast<Bits>(~s.bad))) != 0) {
                t.fences.seen |= bit(me);
                end_run(t, i, *this, true);
                return go(t, At::Done, "B4 lacks a chunk: fences itself");
            }
            const int pack = free_pack(s, missing);
            if (pack < 0) return;
            t.packs.seen |= bit(pack), t.packs_ever |= bit(pack), t.content[pack] = missing;
            t.bad &= static_cast<Bits>(~bit(pack)), t.marked &= static_cast<Bits>(~bit(pack));
            n.own |= missing;
            return go(t, At::B5, "B4 puts a pack");
        }
        case At::B5:
            if (!is(Mutation::B5NoSync)) sync(t);
            if (is(Mutation::SessionRemovedEarly)) t.sessions &= static_cast<Bits>(~bit(me));
            return go(t, At::B6, "B5 syncs");
        case At::B6: {
            if (has(s.fences.seen, me)) {
                end_run(t, i, *this, true);
                return go(t, At::Done, "B6 finds a fence");
            }
            const bool late = has(s.tombs.seen | s.bundled.seen, me) && !has(s.commits.seen, me);
            if (of.lost_replies && !has(s.commits.seen, me)) {
                go(t, At::B6Lost, "B6 puts nothing, and does not know");
                State lost = t;
                lost.commits.seen |= bit(me);
                if (w.tagged != 0) lost.tagged_again |= bit(me);
                lost.writers[i].told |= late ? 1 : 0;
                go(lost, At::B6Lost, "B6 commits, the reply is lost");
            }
            if (has(s.commits.seen, me)) return go(t, At::B6Lost, "B6 finds the name taken");
            t.commits.seen |= bit(me);
            t.commits.kept |= bit(me);  // a put that returns is durable
            if (w.tagged != 0) t.tagged_again |= bit(me);
            n.told |= late ? 1 : 0;
            return go(t, At::B7, "B6 commits");
        }
        case At::B6Lost:
            if (has(s.commits.seen, me))
                return go(t, is(Mutation::B6ReadBackNoSync) ? At::B7 : At::B6Sync, "B6 reads back its own");
            if (has(s.fences.seen, me)) {
                end_run(t, i, *this, true);
                return go(t, At::Done, "B6 reads back a fence");
            }
            return go(t, At::B6, "B6 reads back nothing");
        case At::B6Sync: sync(t); return go(t, At::B7, "B6 syncs");
        case At::B7:
            // A bundle is read only where the session has no object any more.
            if (is(Mutation::B7Skipped) || !has(s.tombs.seen | (s.bundled.seen & static_cast<Bits>(~s.sessions)), me)) {
                t.acknowledged |= bit(me);
                if (w.told != 0) t.false_success = 1;
            }
            return go(t, At::End, "B7");
        case At::End:
            sync(t);
            end_run(t, i, *this, true);
            return go(t, At::Done, "syncs and removes its session");
        case At::UndeleteMarks: case At::UndeleteLooks: return undelete_reads(s, i, out);
        default: return;
    }
}

// Before its session: the commit of the snapshot that is to come back, its marks, and whether it still stands then.
void Model::undelete_reads(const State& s, int i, Successors& out) const {
    State t = s;
    Writer& n = t.writers[i];
    const auto go = [&](At next, const char* what) {
        if (next == At::Done) end_run(t, i, *this, false);
        else n.at = next;
        out.add("writer", i, t, what);
    };
    const bool stands = has(s.commits.seen, 0);
    switch (n.at) {
        case At::Idle:
            return stands ? go(At::UndeleteMarks, "reads the commit to undelete") : go(At::Done, "finds no commit");
        case At::UndeleteMarks:
            n.tagged = has(s.marks.seen, 0) ? 1 : 0;
            return go(is(Mutation::UndeleteMarksLate) ? At::B1 : At::UndeleteLooks, "reads its marks");
        default:
            return stands ? go(At::B1, "finds the commit still there") : go(At::Done, "finds the commit gone");
    }
}

}  // namespace prune_model
