// Each of these may be cut short anywhere: the next prune goes on.
#include "store/prune_tidy.h"

#include <algorithm>

#include "store/backend/object_names.h"
#include "store/clock.h"
#include "store/control_objects.h"
#include "store/finding.h"
#include "store/format/limits.h"
#include "store/marks.h"
#include "store/sessions.h"

namespace vault {

namespace {

std::string snapshot_name(const SessionId& sid) { return "snapshots/" + sid.hex(); }

// When the fence was put; nothing where something else stands there, or nothing, or it cannot be read.
std::optional<Time> time_of_fence(const Repository& repository, const SessionId& sid) {
    const auto fence = unless_finding([&] { return find_record(repository, snapshot_name(sid), decode_fence); });
    if (fence && fence->sid == sid) return fence->time;
    return std::nullopt;
}

}  // namespace

// The sessions are looked for before the bundle is put: an object of a session never comes back, so who has none now
// has none later. A run that still puts its commit finds the bundle in B7.
std::uint64_t bundle_tombstones(const Repository& repository, const PruneListing& listing, std::size_t from) {
    Backend& backend = repository.backend();
    const Tombstones& tombstones = listing.tombstones;
    const std::set<SessionId>& fences = listing.fences;
    std::set<SessionId> candidates = fences;
    candidates.insert(tombstones.singles.begin(), tombstones.singles.end());
    for (const ListedSession& session : list_sessions(backend)) candidates.erase(session.sid);
    if (candidates.size() < from) return 0;
    std::vector<BundleRecord::Item> items;
    std::vector<std::string> going;
    for (const SessionId& sid : candidates) {
        if (items.size() == kControlItemsMax) break;
        const auto forgotten = tombstones.forgotten.find(sid);
        const std::optional<Time> fenced =
            fences.contains(sid) ? time_of_fence(repository, sid) : std::optional<Time>();
        if (forgotten == tombstones.forgotten.end() && !fenced) continue;
        items.push_back({sid, forgotten != tombstones.forgotten.end() ? forgotten->second : *fenced});
        if (tombstones.singles.contains(sid)) going.push_back("tombstones/" + sid.hex());
        if (fenced) going.push_back(snapshot_name(sid));
    }
    if (items.size() < from) return 0;
    put_bundle(repository, std::move(items));
    backend.sync();
    for (const std::string& name : going) backend.remove(name);
    return going.size();
}

std::uint64_t remove_marks_of_forgotten(const Repository& repository, const PruneListing& listing) {
    Backend& backend = repository.backend();
    std::vector<std::string> going;
    std::optional<SessionId> last;
    bool is_gone = false;
    for (const ObjectInfo& info : backend.list("marks/")) {
        const SessionId sid = session_of_name(info.name);
        if (last != sid) {
            last = sid;
            is_gone = listing.tombstones.forgotten.contains(sid) && !object_exists(backend, snapshot_name(sid));
        }
        if (is_gone) going.push_back(info.name);
    }
    remove_marks(backend, going);
    return going.size();
}

void remove_stale_waiting(const Repository& repository) {
    Backend& backend = repository.backend();
    for (const ObjectInfo& info : backend.list("waiting/")) {
        const std::string n = info.name.substr(std::string_view("waiting/").size());
        if (object_exists(backend, "decision/" + n) && !object_exists(backend, "condemned/" + n))
            backend.remove(info.name);
    }
}

std::set<PackId> settled_damage(const Marked& marked) {
    const Index& index = *marked.view.index;
    const auto is_wanted = [&](const ChunkId& id) {
        if (marked.marker->missing().contains(id)) return true;
        if (index.find(std::span(&id, 1), marked.trusted)[0]) return false;
        const auto all = index.find_all(id, marked.view.chunks->view());
        return std::any_of(all.begin(), all.end(),
                           [&](const ChunkLocation& at) { return marked.marker->bits().test(at); });
    };
    std::set<PackId> settled;
    for (const auto& [pack, damage] : marked.listing.damage.packs)
        if (std::none_of(damage.lost.begin(), damage.lost.end(), is_wanted)) settled.insert(pack);
    // Records that were withdrawn whole.
    for (const auto& [pack, sequence] : marked.listing.damage.next_sequence)
        if (!marked.listing.damage.marks(pack)) settled.insert(pack);
    return settled;
}

std::uint64_t remove_settled_damage(const Repository& repository, const std::set<PackId>& settled) {
    if (settled.empty()) return 0;
    Backend& backend = repository.backend();
    const std::set<PackId> listed = packs_of(backend.list("packs/"));
    std::uint64_t removed = 0;
    for (const PackId& pack : settled) {
        if (listed.contains(pack)) continue;
        for (const ObjectInfo& info : backend.list("damaged/" + pack.hex() + "-")) {
            backend.remove(info.name);
            ++removed;
        }
    }
    return removed;
}

}  // namespace vault
