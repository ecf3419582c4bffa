// Tombstones in the store.
#include "store/tombstones.h"

#include <algorithm>
#include <span>

#include "store/backend/object_names.h"
#include "store/clock.h"
#include "store/control_objects.h"
#include "store/finding.h"
#include "store/format/limits.h"
#include "store/process_identity.h"
#include "store/put_record.h"

namespace vault {

namespace {

constexpr std::string_view kFolder = "tombstones/", kBundles = "tombstones/bundle-";

std::string name_of(const SessionId& sid) { return std::string(kFolder) + sid.hex(); }

// Throws where that cannot be known.
bool stands(const Repository& repository, const std::string& name) {
    try {
        repository.read_record(name, decode_tombstone);
        return true;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::NotFound) return false;
        throw with_context("the snapshot may be forgotten", error);
    }
}

void read_single(const Repository& repository, const std::string& name, Tombstones& found) {
    const SessionId sid = session_of_name(name);
    try {
        const auto items = read_tombstones(repository, name);
        if (!items) return;  // bundled since it was listed
        found.forgotten[sid] = items->front().time;
        found.singles.insert(sid);
    } catch (const Error& error) {
        if (!is_finding(error)) throw;
        found.doubtful[sid] = with_context(name, error).what() + std::string("; the snapshot counts as kept");
    }
}

// Counts those that are forgotten into `done`.
void put_bundles(const Repository& repository, std::span<const SessionId> sids, std::size_t& done) {
    while (!sids.empty()) {
        const auto now_going = sids.first(std::min(kControlItemsMax, sids.size()));
        std::vector<BundleRecord::Item> items;
        for (const SessionId& sid : now_going) items.push_back({sid, now()});
        put_bundle(repository, std::move(items));
        done += now_going.size();
        sids = sids.subspan(now_going.size());
    }
}

void put_single(const Repository& repository, const SessionId& sid) {
    const std::string name = name_of(sid);
    TombstoneRecord tombstone;
    tombstone.sid = sid;
    tombstone.by = this_process();
    tombstone.time = now();
    try {
        put_record(repository, ObjectKind::Tombstone, name, tombstone);
    } catch (const Error& error) {
        // A damaged object in its place, or one that somebody without the key put there, is never replaced: a bundle
        // of one says the same.
        if (error.kind() == ErrorKind::Exists && list_tombstones(repository).doubtful.contains(sid)) {
            return put_bundle(repository, {{sid, now()}});
        }
        // Somebody else's is as good as ours; and of a put that failed the reply may be all that was lost. Either way
        // it counts only once it is durable.
        if (!stands(repository, name)) throw;
        repository.backend().sync();
    }
}

}  // namespace

std::optional<std::vector<BundleRecord::Item>> read_tombstones(const Repository& repository, const std::string& name) {
    if (name.starts_with(kBundles)) {
        std::optional<BundleRecord> bundle = find_record(repository, name, decode_bundle);
        if (!bundle) return std::nullopt;
        return std::move(bundle->items);
    }
    const std::optional<TombstoneRecord> tombstone = find_record(repository, name, decode_tombstone);
    if (!tombstone) return std::nullopt;
    if (name != name_of(tombstone->sid)) throw Error(ErrorKind::Corrupt, "it is of another snapshot");
    return std::vector{BundleRecord::Item{tombstone->sid, tombstone->time}};
}

// A tombstone is in one of both at any time. A bundle that cannot be read leaves its snapshots visible: damage there
// must not take the others away.
Tombstones list_tombstones(const Repository& repository) {
    Tombstones found;
    Backend& backend = repository.backend();
    for (const ObjectInfo& info : backend.list(std::string(kFolder)))
        if (!info.name.starts_with(kBundles)) read_single(repository, info.name, found);
    for (const ObjectInfo& info : backend.list(std::string(kBundles))) {
        try {
            const auto items = read_tombstones(repository, info.name);
            if (!items) continue;
            for (const auto& item : *items) {
                found.forgotten.emplace(item.sid, item.time);
                found.doubtful.erase(item.sid);
            }
        } catch (const Error& error) {
            if (!is_finding(error)) throw;
            found.unreadable_bundles.push_back(with_context(info.name, error).what());
        }
    }
    return found;
}

bool has_tombstone(const Repository& repository, const SessionId& sid) {
    Backend& backend = repository.backend();
    if (object_exists(backend, name_of(sid))) return true;
    for (const ObjectInfo& info : backend.list(std::string(kBundles))) {
        const auto bundle = find_record(repository, info.name, decode_bundle);
        if (bundle && std::any_of(bundle->items.begin(), bundle->items.end(),
                                  [&](const BundleRecord::Item& item) { return item.sid == sid; }))
            return true;
    }
    return false;
}

void put_bundle(const Repository& repository, std::vector<BundleRecord::Item> items) {
    std::ranges::sort(items, {}, &BundleRecord::Item::sid);
    const auto twice = std::ranges::unique(items, {}, &BundleRecord::Item::sid);
    items.erase(twice.begin(), twice.end());
    BundleRecord bundle;
    fill_random(bundle.number.bytes);
    bundle.items = std::move(items);
    put_record(repository, ObjectKind::Bundle, std::string(kBundles) + bundle.number.hex(), bundle);
}

void put_tombstones(const Repository& repository, const std::vector<SessionId>& sids, std::size_t& done) {
    for (done = 0; done < sids.size(); ++done) {
        try {
            put_single(repository, sids[done]);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::NoSpace || !repository.backend().release_reserve()) throw;
            put_bundles(repository, std::span(sids).subspan(done), done);
            return;
        }
    }
}

void put_tombstone(const Repository& repository, const SessionId& sid) {
    std::size_t done = 0;
    put_tombstones(repository, {sid}, done);
}

}  // namespace vault
