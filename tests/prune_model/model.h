// An explicit-state model of docs/prune.md: writers, pruners, forget, undelete, marks, bundles of tombstones, damage,
// quarantine and a power cut over one small store, in every order that there is. Each rule is a mutation too: leaving
// it out must be caught. What a step does is one call of the backend or one event; anybody may sleep or die between
// two.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace prune_model {

using Bits = std::uint8_t;  // a set of up to eight things
constexpr int kPacks = 8, kSids = 6, kLists = 4, kWriters = 2, kPruners = 2;
constexpr Bits bit(int i) { return static_cast<Bits>(1u << i); }
inline bool has(Bits set, int i) { return (set >> i & 1) != 0; }
inline Bits but(Bits set, Bits without) { return set & static_cast<Bits>(~without); }
inline int lowest(Bits set) { return __builtin_ctz(set); }  // of a set that is not empty

// Name, the configuration in which it must be caught, what is left out. Two rules have none, for no order of steps was
// found in which leaving them out does harm, since each sync is for everything: the sync before a decision is obeyed
// (that of P9 comes before anything rests on it) and the sync of P9 (what a power cut brings back is sound, and its
// list with its decision comes back or is not missed). They are kept: a store may sync less at once.
#define PRUNE_MODEL_MUTATIONS(X) \
    X(None, "", "the rules as they are") \
    X(B1AfterB3, "writer", "B1: the session is put after the packs were listed") \
    X(B2Skipped, "writer", "B2: the condemned lists are not read") \
    X(B3BeforeB2, "writer", "B3: the packs are listed before the condemned lists are read") \
    X(B3IgnoresDamage, "damage", "B3: damage on record is ignored") \
    X(B4TrustsParent, "writer", "B4: what the parent holds is copied without looking it up") \
    X(B4CarriesOwn, "restart", "B4: a run that starts again counts on the packs of its fenced session") \
    X(B5NoSync, "power-pruner", "B5: no sync before the commit") \
    X(B6ReadBackNoSync, "power-writer", "B6: own bytes read back are success without a sync") \
    X(B7Skipped, "lost-reply", "B7: no look for a tombstone") \
    X(SessionRemovedEarly, "writer", "the session object goes before the commit is put") \
    X(P1LostNodeGoesOn, "node", "P1: marking goes on below a lost tree node") \
    X(P4BeforeP3, "writer", "P4: the sessions are listed before the condemned list is put") \
    X(P5NoWait, "writer", "P5: nobody is waited for") \
    X(P5JudgesOnly, "writer", "P5: who is judged dead is passed over without a fence") \
    X(AdopterSkipsP4, "adoption", "P0: an adopter of a list without waiting/<n> waits for nobody") \
    X(P6NotDone, "writer", "P6: the marks from before the list was put are used") \
    X(P6BeforeP5, "writer", "P6: marking comes before the waiting") \
    X(P6PacksFirst, "pruners", "P6: the packs are listed before the condemned lists") \
    X(P7UnreachableOnly, "quarantine", "P7: what was chosen goes, needed or not") \
    X(P7OwnVictims, "writers", "P7: a survivor may lie in a pack of the same list") \
    X(P7OthersVictims, "pruners", "P7: a survivor may be condemned by another pruner") \
    X(P7Unread, "damage", "P7: survivors are not read") \
    X(P7ReadBeforeP3, "damage-repack", "P7: survivors were read before the list was put") \
    X(P7NoSync, "power-again", "P7: no sync before the decision") \
    X(P8NoDecision, "pruners-writer", "P8: packs are removed without a decision") \
    X(P8NotObeyed, "pruners-writer", "P8: a decision that stands is not obeyed") \
    X(P9ListFirst, "writer", "P9: the list is removed before the packs") \
    X(P9CommitEarly, "power-again", "P9: forgotten commits are removed before P7's sync") \
    X(DecisionRemoved, "pruners-writer", "the decision is removed with its list") \
    X(DecidedIgnored, "writer", "packs that a decision deletes do not count as condemned") \
    X(UndecidedIgnored, "writer", "packs without a decision do not count as condemned") \
    X(GiveUpNoDecision, "pruners-writer", "giving up: the list is removed without a decision") \
    X(GiveUpNotObeying, "pruners-writer", "giving up: the list is removed although a decision deletes some of it") \
    X(NoVictimsNoSync, "power-again", "a prune without victims removes commits without a sync") \
    X(ForgetDeletes, "lost-reply", "forget removes the commit and leaves no tombstone") \
    X(NamesReused, "writer", "a pack that was deleted may come back under its name") \
    X(UndeleteTrustsCondemned, "undelete", "undelete counts on condemned packs") \
    X(BundleNoSync, "power-bundles", "bundling: singles go before the bundle is durable") \
    X(BundlesFirst, "bundles", "bundling: readers list bundles before singles") \
    X(BundleDropsFence, "bundles", "bundling: a fence goes without a tombstone of its sid") \
    X(BundleBusy, "bundles", "bundling takes tombstones of sessions that have an object, of which B7 reads no bundle") \
    X(DamageRecordEarly, "damage", "a damage record goes while its pack is listed") \
    X(WithdrawnUnread, "alarm", "damage is withdrawn without reading the box") \
    X(QuarantineUnnamed, "quarantine", "quarantine removes chunks that are not named lost") \
    X(QuarantineNoCopy, "quarantine", "P9: a pack with lost chunks is removed without a copy") \
    X(QuarantineNoSync, "power-quarantine", "P9: a pack is removed before its copy is durable") \
    X(QuarantineOwnOnly, "quarantine-again", "P9: who carries out another's decision copies nothing") \
    X(QuarantineWithdrawn, "withdrawn", "P9: a pack whose damage was withdrawn after the decision is not copied") \
    X(ResumeUnlisted, "resume", "P6 goes on from P1's marks although a pack with one is gone") \
    X(MarksOfForgotten, "marks-spared", "marks of forgotten snapshots go whose commit still stands") \
    X(MarksUnlisted, "marks", "marks of snapshots go that P1 did not list") \
    X(MarksStale, "marks", "marks go of what is forgotten now and had no commit when P1 listed") \
    X(MarksNoSync, "power-marks", "marks go before the removal of their commits is durable") \
    X(UndeleteMarksLate, "undelete-marks", "undelete does not look for the commit again after it read the marks")

enum class Mutation {
#define X(name, where, text) name,
    PRUNE_MODEL_MUTATIONS(X)
#undef X
        Count
};

struct Configuration {
    const char* name;
    int writers = 0, writer_runs = 1;
    Bits trees[kWriters] = {1, 1};  // the chunks that each writer saves; bit 0 is a, bit 1 is b
    bool undelete = false;          // writer 0 is an undelete of snapshot 0, which is forgotten
    int pruners = 0, pruner_runs = 1, victims_max = 1, copies = 0, forgets = 0;
    bool deaths = false;            // of pruners; writers may always be followed by their next run
    bool lost_replies = false, split = false, power_cut = false, bundling = false;
    int damages = 0;
    bool false_alarm = false;       // a sound box may be put on record and withdrawn
    bool false_loss = false;        // with a false alarm: what the box holds may be named lost, and so withdrawn
    bool quarantine = false;        // damaged packs are victims whose chunks may be named lost
    bool forgotten = false;         // snapshot 0 has a tombstone at the start
    bool a_names_b = false;         // a is the tree node below which b lies
    bool resume = false;            // P6 goes on from P1's marks
    bool sweeping = false;          // marks are put on snapshots and swept
    bool tagged = false;            // snapshot 0 has a mark at the start
    int tags = 0;                   // marks that may be put
    bool spares = false;            // commits of forgotten snapshots are to be kept (--keep-forgotten)
    Bits packs[3] = {1, 0, 0};      // at the start, and snapshot 0, acknowledged, needs all that is in them
};

enum class At : std::uint8_t {
    Idle, B1, B2, B2Read, B3, B3Rest, B3Damage, B4, B4Sync, B5, B6, B6Lost, B6Sync, B7, End,
    UndeleteMarks, UndeleteLooks,  // writers
    Choose, P3, P4, P4Put, P5, P6Lists, P6ListsRead, P6Tombs, P6Bundles, P6Snapshots, P6Packs, P6PacksRest, P7, P7Sync,
    P8, P8Sync, P9Damage, P9, P9Copied, P9Safe, P9Sync, P9Commits, P9MarksSync, P9Marks, P9Waiting, P9List, GiveUp,
    GiveUpSync, GiveUpRemove, ObeySync, NoVictimsTombs, NoVictimsBundles, NoVictimsSync, NoVictimsRemove,
    NoVictimsMarksSync, NoVictimsMarks, SweepLook, SweepSync, Sweep, Done  // pruners
};

// What is seen, and what of it no power cut undoes.
struct Layered {
    Bits seen = 0, kept = 0;
};

struct Writer {
    At at = At::Idle;
    Bits run = 0, lists = 0, condemned = 0, view = 0, own = 0, again = 0, told = 0;
    Bits tagged = 0;  // an undelete: the mark of its snapshot was read
};
struct Pruner {
    At at = At::Idle;
    Bits run = 0, list = 0, victims = 0, waits = 0, lists = 0, condemned = 0, tombs = 0, live = 0, listed = 0;
    Bits reached = 0, goes = 0, read = 0, commits = 0, marked_first = 0;
    Bits walked = 0, a_in = 0, b_in = 0;      // by P1: snapshots; packs in which it marked a and b, counted from 1
    Bits safe = 0, copied = 0;                // packs: P7 found all of it elsewhere; to be copied before they go
    Bits tombs_first = 0, commits_first = 0;  // as P1 listed them
};

struct State {
    Layered packs, commits, fences, tombs, bundled, lists, waiting, decisions, quarantine, marks;
    Bits content[kPacks] = {};
    Bits bad = 0, marked = 0, noticed = 0, lost = 0;  // packs; on record; ever on record; chunks named lost
    Bits packs_ever = 0, sessions = 0;
    Bits victims[kLists] = {}, waits_for[kLists] = {}, goes[kLists] = {};
    Bits lists_ever = 0;
    Bits acknowledged = 0, forgotten = 0;
    Bits excused[kSids] = {};
    Bits forgets = 0, copies = 0, damages = 0, alarms = 0, cuts = 0, bundles = 0, bundle_step = 0, bundle_of = 0;
    Bits false_success = 0, missed_tombstone = 0;
    Bits withdrawn = 0;  // packs with a damage record that says so
    Bits tagged_ever = 0, tagged_again = 0, tags = 0;  // snapshots that got a mark; by undelete; how often one was put
    Writer writers[kWriters];
    Pruner pruners[kPruners];
    bool operator==(const State& other) const { return std::memcmp(this, &other, sizeof *this) == 0; }
};
static_assert(sizeof(State) < 192, "every member is one byte: no padding to compare");

// Where successors go. The text is asked for only when a trace is printed.
class Successors {
  public:
    void add(const State& state, const std::function<std::string()>& text) {
        states.push_back(state);
        if (with_text) texts.push_back(text());
    }
    // What writer or pruner i does.
    void add(const char* who, int i, const State& state, const char* what) {
        add(state, [&] { return who + (" " + std::to_string(i)) + ": " + what; });
    }
    bool with_text = false;
    std::vector<State> states;
    std::vector<std::string> texts;
};

struct Model {
    const Configuration& of;
    Mutation mutation = Mutation::None;
    bool is(Mutation other) const { return mutation == other; }

    State initial() const;
    void successors(const State& state, Successors& out) const;
    const char* violation(const State& state) const;  // null: none

    int sid(int writer, int run) const { return 1 + writer * of.writer_runs + run; }
    Bits tree(int sid) const;
    Bits chunks_in(const State& state, Bits packs) const;
    Bits condemned(const State& state, Bits lists) const;  // by those of the lists that stand
    void sync(State& state) const;
    void writer(const State& state, int i, Successors& out) const;
    void pruner(const State& state, int i, Successors& out) const;
    void pruner_chooses(const State& state, int i, Successors& out) const;
    void pruner_marks(const State& state, int i, Successors& out) const;
    void pruner_decides(const State& state, int i, Successors& out) const;
    void pruner_removes(const State& state, int i, Successors& out) const;
    void pruner_sweeps(const State& state, int i, Successors& out) const;
    void environment(const State& state, Successors& out) const;
    void power_cut(const State& state, Successors& out) const;
    void end_prune(State& state, int i) const;
    void undelete_reads(const State& state, int i, Successors& out) const;
    void excuse(State& state, Bits chunks) const;
    void each_marking(State& state, int i, Bits walked, const std::function<void()>& found) const;
    // What snapshots of these sids need, as marking finds it in the listed packs; `whole` false: something is missing.
    Bits reach(const State& state, Bits live, Bits listed, bool& whole) const;
    Bits reach_again(const State& state, const Pruner& pruner, bool& whole) const;
    struct Fates {
        Bits goes = 0, copied = 0;
    };
    Fates going(const State& state, const Pruner& pruner) const;
    int free_pack(const State& state, Bits content) const;
};

extern const std::vector<Configuration> kConfigurations;
extern const char* const kMutationNames[];
extern const char* const kMutationTexts[];
extern const char* const kCaughtIn[];

}  // namespace prune_model
