// Nodes by number, names and cookies.
#include "fuse/upper_tree.h"

#include <unistd.h>

#include <algorithm>

#include "fuse/escape.h"
#include "store/clock.h"
#include "store/format/limits.h"
#include "store/format/manifest_key.h"

namespace vault {

namespace {

constexpr std::uint64_t kRoot = 0, kSnapshots = 1, kSeries = 2, kHosts = 3, kTags = 4, kVersions = 5, kFirstNamed = 16;

struct FixedFolder {
    std::uint64_t number;
    const char* name;
};
constexpr FixedFolder kFixed[] = {
    {kSnapshots, "snapshots"}, {kSeries, "series"}, {kHosts, "hosts"}, {kTags, "tags"}, {kVersions, "versions"}};
constexpr std::string_view kLatest = "latest";
constexpr std::uint64_t kCookieOfLatest = kCookieOfFirstChild + 100;  // behind the fixed folders

std::optional<Grouping> grouping_of(std::uint64_t folder) {
    if (folder == kSeries) return Grouping::Series;
    if (folder == kHosts) return Grouping::Host;
    if (folder == kTags) return Grouping::Tag;
    return std::nullopt;
}

Time newest(const std::vector<SnapshotLink>& links) {
    Time time;
    for (const SnapshotLink& link : links) time = std::max(time, link.snapshot->snapshot.record.time);
    return time;
}

// The path that a name in versions/ stands for; nothing where it stands for none, or for one in another spelling.
std::optional<std::string> path_of_version_folder(std::string_view name) {
    std::optional<std::string> path = unescaped_name(name);
    if (!path || path->empty() || path->front() != '/') return std::nullopt;
    try {
        if (path_of_key(manifest_key(components_of_path(*path))) != *path) return std::nullopt;
    } catch (const Error&) {
        return std::nullopt;  // ".." in it, or too long: no snapshot has it
    }
    return path;
}

// `latest` is another inode whenever it leads elsewhere, because the kernel keeps what a symlink says.
std::string latest_name(const MountedSnapshot& snapshot) {
    return std::string(kLatest) + '/' + std::to_string(snapshot.slot);
}

}  // namespace

UpperTree::UpperTree(SnapshotWatch& watch, Versions& versions)
    : watch_(watch), versions_(versions), numbers_(kFirstNamed, kNodesMax), uid_(::geteuid()), gid_(::getegid()),
      mounted_(now()) {}

NodeAttributes UpperTree::attributes(const UpperNode& node) const {
    NodeAttributes made;
    made.inode = node.inode;
    made.type = node.type;
    made.mode = node.type == EntryType::Symlink ? 0777 : 0555;
    made.uid = uid_;
    made.gid = gid_;
    made.links = node.type == EntryType::Symlink ? 1 : 2;
    made.size = node.target.size();
    made.mtime = made.ctime = node.time == Time{} ? mounted_ : node.time;
    made.lifetime = Lifetime::Moment;
    return made;
}

UpperNode UpperTree::latest(const Catalogue& now) const {
    const MountedSnapshot& snapshot = *now.latest;
    return {{0, numbers_.number_of({kRoot, latest_name(snapshot)})},
            EntryType::Symlink,
            snapshot.snapshot.record.time,
            "snapshots/" + snapshot.name};
}

std::optional<UpperNode> UpperTree::child_of_root(const Catalogue& now, std::string_view name) const {
    if (name == kLatest) return now.latest ? std::optional(latest(now)) : std::nullopt;
    for (const FixedFolder& fixed : kFixed)
        if (name == fixed.name) return UpperNode{{0, fixed.number}, EntryType::Directory, {}, {}};
    return std::nullopt;
}

std::optional<UpperNode> UpperTree::group(const Listed& now, std::uint64_t folder, std::string_view name) {
    const NameNumbers::Place place{folder, std::string(name)};
    const auto found = links_in(now, place);
    if (!found) return std::nullopt;
    return UpperNode{{0, numbers_.number_of(place)}, EntryType::Directory, newest(*found->links), {}};
}

std::optional<UpperTree::Links> UpperTree::links_in(const Listed& now, const NameNumbers::Place& folder) {
    if (const auto grouping = grouping_of(folder.folder)) {
        const auto& groups = now->groups[static_cast<std::size_t>(*grouping)];
        const auto found = groups.find(folder.name);
        if (found == groups.end()) return std::nullopt;
        return Links{{now, &found->second}, {}};  // lives as long as the catalogue
    }
    if (folder.folder != kVersions) return std::nullopt;
    const auto path = path_of_version_folder(folder.name);
    if (!path) return std::nullopt;
    const auto links = versions_.of(*path, now);
    if (links->empty()) return std::nullopt;
    return Links{links, *path};
}

UpperNode UpperTree::link(std::uint64_t folder, const SnapshotLink& link, const std::string& below) {
    return {{0, numbers_.number_of({folder, link.name})},
            EntryType::Symlink,
            link.snapshot->snapshot.record.time,
            "../../snapshots/" + link.snapshot->name + below};
}

std::optional<UpperNode> UpperTree::child(std::uint64_t folder, std::string_view name) {
    const Listed now = watch_.now();
    if (folder == kRoot) return child_of_root(*now, name);
    if (folder == kSnapshots) {
        const auto found = now->by_name.find(name);
        if (found == now->by_name.end()) return std::nullopt;
        return UpperNode{{found->second->slot, 0}, EntryType::Directory, found->second->snapshot.record.time, {}};
    }
    if (folder < kFirstNamed) return group(now, folder, name);
    const auto place = numbers_.place_of(folder);
    const auto links = place ? links_in(now, *place) : std::nullopt;
    if (!links) throw Error(ErrorKind::NotFound, "a folder of the mount that is not there any more");
    for (const SnapshotLink& found : *links->links)
        if (found.name == name) return link(folder, found, links->below);
    return std::nullopt;
}

UpperNode UpperTree::node(std::uint64_t number) {
    if (number == kRoot) return {{0, kRoot}, EntryType::Directory, {}, {}};
    if (number < kFirstNamed) {
        for (const FixedFolder& fixed : kFixed)
            if (number == fixed.number) return {{0, number}, EntryType::Directory, {}, {}};
    } else if (const auto place = numbers_.place_of(number)) {
        if (place->folder == kRoot) {  // a `latest`, perhaps of yesterday: what it says has not changed
            const Listed now = watch_.now();
            if (now->latest && latest_name(*now->latest) == place->name) return latest(*now);
        } else if (const auto found = child(place->folder, place->name)) {
            return *found;
        }
    }
    throw Error(ErrorKind::NotFound, "a node of the mount that is not there any more");
}

std::uint64_t UpperTree::parent(std::uint64_t number) {
    if (number < kFirstNamed) return kRoot;
    const auto place = numbers_.place_of(number);
    return place ? place->folder : kRoot;
}

DirectoryItem UpperTree::item(const UpperNode& node, std::string name, std::uint64_t cookie) const {
    DirectoryItem made;
    made.name = std::move(name);
    made.inode = node.inode;
    made.type = node.type;
    made.next_cookie = cookie;
    made.name_lifetime = Lifetime::Moment;
    // A snapshot's folder has the attributes that its manifest says: a thousand manifests are not read for one ls.
    if (node.inode.is_upper()) made.attributes = attributes(node);
    return made;
}

void UpperTree::list(std::uint64_t folder, std::uint64_t cookie, const TakeItem& take) {
    const Listed now = watch_.now();
    if (folder == kRoot) {
        for (const FixedFolder& fixed : kFixed) {
            const std::uint64_t next = kCookieOfFirstChild + fixed.number;
            const UpperNode node{{0, fixed.number}, EntryType::Directory, {}, {}};
            if (next > cookie && !take(item(node, fixed.name, next))) return;
        }
        if (now->latest && kCookieOfLatest > cookie) take(item(latest(*now), std::string(kLatest), kCookieOfLatest));
    } else if (folder == kSnapshots) {
        for (const auto& [slot, shown] : now->by_slot) {
            const std::uint64_t next = kCookieOfFirstChild + slot;
            const UpperNode node{{slot, 0}, EntryType::Directory, shown->snapshot.record.time, {}};
            if (next > cookie && !take(item(node, shown->name, next))) return;
        }
    } else if (const auto grouping = grouping_of(folder)) {
        std::map<std::uint64_t, std::string> by_number;
        for (const auto& [name, links] : now->groups[static_cast<std::size_t>(*grouping)])
            by_number.emplace(numbers_.number_of({folder, name}), name);
        for (const auto& [number, name] : by_number) {
            const std::uint64_t next = kCookieOfFirstChild + number;
            if (next <= cookie) continue;
            const auto node = group(now, folder, name);
            if (node && !take(item(*node, name, next))) return;
        }
    } else if (folder != kVersions) {
        list_links(now, folder, cookie, take);
    }
}

void UpperTree::list_links(const Listed& now, std::uint64_t folder, std::uint64_t cookie, const TakeItem& take) {
    const auto place = numbers_.place_of(folder);
    const auto links = place ? links_in(now, *place) : std::nullopt;
    if (!links) throw Error(ErrorKind::NotFound, "a folder of the mount that is not there any more");
    for (const SnapshotLink& shown : *links->links) {
        const std::uint64_t next = kCookieOfFirstChild + shown.snapshot->slot;
        if (next > cookie && !take(item(link(folder, shown, links->below), shown.name, next))) return;
    }
}

}  // namespace vault
