// Uses of packs, and the choice of victims.
#include "store/prune_plan.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "store/control_objects.h"
#include "store/finding.h"
#include "store/index_directories.h"
#include "store/vanished.h"

namespace vault {

namespace {

// Below this share of unused bytes neither a pack nor a box is worth its rewrite, unless every unused byte is to go.
constexpr std::uint64_t kWorthwhileShare = 10;  // one tenth
// Packs of one size are merged when there are so many; with a factor of 4 between sizes a byte is rewritten at most
// once a size.
constexpr std::size_t kSmallPacksMerged = 8;
constexpr std::uint64_t kSmallTierFactor = 4;
constexpr unsigned kSmallTiers = 5;

PackUse use_of(const Marked& marked, PackNumber number, const ObjectInfo& info, const PackId& id) {
    const Index& index = *marked.view.index;
    PackUse use;
    use.number = number;
    use.id = id;
    use.bytes = info.size;
    use.chunks = index.chunk_count(number);
    use.used_chunks = marked.marker->bits().count(number);
    if (use.used_chunks == use.chunks) use.used_bytes = use.copied_bytes = use.bytes;
    return use;
}

// Of a pack of which only some chunks are used.
void measure(const Marked& marked, const PlanLimits& limits, PackUse& use) {
    const PackDirectory directory = marked.view.index->directory(use.number);
    use.content = directory.content;
    std::uint64_t unused = 0, gained = 0;
    std::uint32_t entry = 0;
    for (const DirectoryBox& box : directory.boxes) {
        std::uint64_t plain_unused = 0;
        for (const DirectoryChunk& chunk : box.chunks)
            if (!marked.marker->bits().test(use.number, entry++)) plain_unused += chunk.length;
        const std::uint64_t box_unused = box.sealed_bytes * plain_unused / box.plain_bytes();
        unused += box_unused;
        if (is_worth_sealing_anew(box.plain_bytes(), plain_unused, limits)) gained += box_unused;
    }
    use.used_bytes = use.bytes - std::min(use.bytes, unused);
    use.copied_bytes = use.bytes - std::min(use.bytes, gained);
}

// Whether the pack may be a victim: its directory is read from the store and is what the index has. Sets `session`.
bool is_readable(const Repository& repository, const Marked& marked, const ObjectInfo& info, const PackUse& use,
                 SessionId& session, PrunePlan& plan) {
    try {
        const FoundDirectory found = read_directory(repository.backend(), repository.keys(), info, use.id);
        if (found.directory != marked.view.index->directory(use.number))
            throw Error(ErrorKind::Corrupt, "its directory is not the one that was indexed");
        session = found.directory.session;
        return true;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::NotFound) return false;  // another pruner was quicker
        if (!is_finding(error)) throw;
        plan.unreadable.push_back("pack " + use.id.hex() + ": " + error.what());
        return false;
    }
}

class Planner {
  public:
    Planner(const Repository& repository, const Marked& marked, const std::set<SessionId>& live_sessions,
            const PlanLimits& limits, const std::function<void()>& poll)
        : repository_(repository), marked_(marked), live_sessions_(live_sessions), limits_(limits), poll_(poll) {
        for (const ListedCommit& commit : marked.listing.live) committed_.insert(commit.sid);
    }

    PrunePlan run() {
        for (const auto& damaged : marked_.view.sync.damaged)
            if (damaged.kind != ErrorKind::NotFound)  // else another pruner was quicker
                plan_.unreadable.push_back("pack " + damaged.pack.hex() + ": " + damaged.message);
        for (const ObjectInfo& info : marked_.packs) {
            poll_();
            const auto id = pack_of_name(info.name);
            const auto number = id ? marked_.view.index->number_of(*id) : std::nullopt;
            if (!number || marked_.condemned.contains(*number)) continue;
            take(info, use_of(marked_, *number, info, *id));
        }
        choose_damaged();
        choose_sparse();
        choose_small();
        // Late: who began or ended while this was listed and walked is known by now.
        plan_.vanished = vanished_writers(repository_, std::move(unknown_writers_));
        return std::move(plan_);
    }

  private:
    void take(const ObjectInfo& info, PackUse use) {
        ++plan_.packs;
        plan_.bytes += use.bytes;
        infos_[use.number] = &info;
        if (use.used_chunks == 0) {
            take_dead(info, use);
            return;
        }
        if (use.used_chunks < use.chunks) measure(marked_, limits_, use);
        plan_.used_bytes += use.used_bytes;
        // The kind of a whole pack matters only where it is small.
        if (use.used_chunks == use.chunks && !marked_.doubtful.contains(use.number)) {
            if (use.bytes >= std::max(limits_.packs.data_bytes, limits_.packs.tree_bytes) / kSmallTierFactor) return;
            use.content = marked_.view.index->pack(use.number)->content;
        }
        (marked_.doubtful.contains(use.number) ? damaged_ : partly_).push_back(use);
    }

    void take_dead(const ObjectInfo& info, const PackUse& use) {
        SessionId session;
        if (!is_readable(repository_, marked_, info, use, session, plan_)) return;
        if (live_sessions_.contains(session)) {
            ++plan_.of_live_sessions;
            return;
        }
        if (!is_explained(session)) plan_.unexplained_bytes += bytes_without_copy(use);
        add_victim(plan_.dead, use, session);
    }

    bool is_explained(const SessionId& session) const {
        return marked_.listing.tombstones.forgotten.contains(session) || marked_.listing.fences.contains(session);
    }

    void add_victim(std::vector<PackUse>& victims, const PackUse& use, const SessionId& session) {
        if (!is_explained(session) && !committed_.contains(session)) unknown_writers_.insert(session);
        victims.push_back(use);
    }

    // Two writers at once store the same chunks twice, and then one copy is as good as the other.
    std::uint64_t bytes_without_copy(const PackUse& use) const {
        const PackDirectory directory = marked_.view.index->directory(use.number);
        const std::vector<bool> reached = marked_.reached(use.number, directory);
        std::uint64_t plain = 0, plain_reached = 0;
        std::size_t entry = 0;
        for (const DirectoryBox& box : directory.boxes) {
            for (const DirectoryChunk& chunk : box.chunks) {
                plain += chunk.length;
                if (reached[entry++]) plain_reached += chunk.length;
            }
        }
        return use.bytes - static_cast<std::uint64_t>(static_cast<double>(use.bytes) *
                                                      static_cast<double>(plain_reached) / static_cast<double>(plain));
    }

    bool fits_budget(const PackUse& use) const {
        return !limits_.max_repack_bytes || plan_.copied_bytes() + use.copied_bytes <= *limits_.max_repack_bytes;
    }

    // False where it cannot be, for its directory or its writer.
    bool repack(const PackUse& use) {
        SessionId session;
        if (!is_readable(repository_, marked_, *infos_.at(use.number), use, session, plan_)) return false;
        if (live_sessions_.contains(session)) {
            ++plan_.of_live_sessions;
            return false;
        }
        add_victim(plan_.repacked, use, session);
        return true;
    }

    // A pack with damage on record is no ground to count on, whatever it holds: what is needed of it is copied, where
    // that can be read, and the record goes after the pack.
    void choose_damaged() {
        for (const PackUse& use : damaged_) {
            if (needs_damaged_box(use))
                ++plan_.broken_packs;
            else if (fits_budget(use) && repack(use))
                ++plan_.damaged_packs;
        }
    }

    // A chunk has its bit here only where no trusted pack has a copy.
    bool needs_damaged_box(const PackUse& use) const {
        const DamageMarks::Pack& damage = marked_.listing.damage.packs.at(use.id);
        const PackDirectory directory = marked_.view.index->directory(use.number);
        std::uint32_t entry = 0;
        for (std::size_t box = 0; box < directory.boxes.size(); ++box)
            for (const DirectoryChunk& chunk : directory.boxes[box].chunks)
                if (marked_.marker->bits().test(use.number, entry++) &&
                    (damage.boxes.contains(box) || damage.lost.contains(chunk.id)))
                    return true;
        return false;
    }

    void choose_sparse() {
        std::vector<PackUse> sparse;
        std::uint64_t unused = 0, staying = 0;
        for (const PackUse& use : partly_) unused += use.unused_bytes();
        staying = plan_.bytes - plan_.dead_bytes();
        for (const PackUse& use : partly_)
            if (use.gained_bytes() > 0) sparse.push_back(use);
        std::sort(sparse.begin(), sparse.end(), [](const PackUse& a, const PackUse& b) {
            const double left = static_cast<double>(a.gained_bytes()) / static_cast<double>(a.bytes);
            const double right = static_cast<double>(b.gained_bytes()) / static_cast<double>(b.bytes);
            return left != right ? left > right : a.id < b.id;
        });
        for (const PackUse& use : sparse) {
            if (unused <= limits_.max_unused.of(staying)) break;
            if (!limits_.every_unused_byte() && use.gained_bytes() < use.bytes / kWorthwhileShare) break;
            if (!fits_budget(use) || !repack(use)) continue;
            ++plan_.sparse_packs;
            unused -= use.gained_bytes();
            staying -= use.gained_bytes();
            chosen_.add(use.number);
        }
    }

    // By size: a tier that has gathered many packs is merged into a pack of the next.
    void choose_small() {
        for (const ChunkKind content : {ChunkKind::Data, ChunkKind::Tree}) {
            const std::uint64_t target =
                content == ChunkKind::Data ? limits_.packs.data_bytes : limits_.packs.tree_bytes;
            std::uint64_t above = target / kSmallTierFactor;
            for (unsigned tier = 0; tier < kSmallTiers; ++tier, above /= kSmallTierFactor) {
                const std::uint64_t from = tier + 1 == kSmallTiers ? 0 : above / kSmallTierFactor;
                std::vector<PackUse> small;
                for (const PackUse& use : partly_)
                    if (use.content == content && use.bytes >= from && use.bytes < above &&
                        !chosen_.contains(use.number))
                        small.push_back(use);
                if (small.size() < kSmallPacksMerged) continue;
                for (const PackUse& use : small)
                    if (fits_budget(use) && repack(use)) ++plan_.small_packs;
            }
        }
    }

    const Repository& repository_;
    const Marked& marked_;
    const std::set<SessionId>& live_sessions_;
    const PlanLimits& limits_;
    const std::function<void()>& poll_;
    std::set<SessionId> committed_;
    std::set<SessionId> unknown_writers_;  // of victims: neither live, forgotten nor fenced when that was listed
    std::unordered_map<PackNumber, const ObjectInfo*> infos_;
    std::vector<PackUse> partly_;  // with used chunks, and unused ones or small
    std::vector<PackUse> damaged_;  // with used chunks, and damage on record
    PackSet chosen_;
    PrunePlan plan_;
};

std::uint64_t sum_of(const std::vector<PackUse>& uses, std::uint64_t PackUse::*field) {
    std::uint64_t sum = 0;
    for (const PackUse& use : uses) sum += use.*field;
    return sum;
}

}  // namespace

std::uint64_t ByteLimit::of(std::uint64_t total) const {
    if (!percent) return bytes;
    return static_cast<std::uint64_t>(std::floor(static_cast<double>(total) * *percent / 100));
}

bool is_worth_sealing_anew(std::uint64_t box_bytes, std::uint64_t unused_bytes, const PlanLimits& limits) {
    return unused_bytes > 0 && (limits.every_unused_byte() || unused_bytes >= box_bytes / kWorthwhileShare);
}

std::uint64_t PrunePlan::dead_bytes() const { return sum_of(dead, &PackUse::bytes); }
std::uint64_t PrunePlan::repacked_bytes() const { return sum_of(repacked, &PackUse::bytes); }
std::uint64_t PrunePlan::copied_bytes() const { return sum_of(repacked, &PackUse::copied_bytes); }

PrunePlan plan_prune(const Repository& repository, const Marked& marked, const std::set<SessionId>& live_sessions,
                     const PlanLimits& limits, const std::function<void()>& poll) {
    return Planner(repository, marked, live_sessions, limits, poll).run();
}

void require_explained(const PrunePlan& plan, const PlanLimits& limits, const Vanished& vanished) {
    const std::uint64_t all = plan.dead_bytes() + plan.repacked_bytes() - plan.copied_bytes();
    const std::uint64_t unexplained = vanished.snapshots > 0 ? std::max(all, plan.unexplained_bytes)
                                                             : plan.unexplained_bytes;
    const std::uint64_t allowed = limits.max_delete.of(plan.bytes);
    const bool is_too_much = unexplained > allowed;
    // Data of theirs would go, however little it is.
    const bool has_vanished = !plan.vanished.empty() && allowed < plan.bytes;
    if (!is_too_much && !has_vanished) return;
    std::string text;
    if (is_too_much)
        text = std::to_string(unexplained) + " of " + std::to_string(plan.bytes) +
               " bytes would be deleted although nothing was forgotten that explains it; ";
    if (const std::string gone = describe(vanished, plan.vanished); !gone.empty()) text += gone + "; ";
    text += "nothing was deleted; ";
    if (has_vanished)
        text += "`vault repair --from` a copy brings back a snapshot that is gone, `vault forget` with its whole id "
                "accepts the loss, ";
    throw Error(has_vanished ? ErrorKind::Corrupt : ErrorKind::Io, text + "--max-delete 100% lets it go on");
}

}  // namespace vault
