// Comparing one entry after the other.
#include "fuse/versions.h"

#include "store/finding.h"
#include "store/format/manifest_key.h"
#include "store/tree_diff.h"

namespace vault {

namespace {

struct Version {
    std::shared_ptr<const SnapshotTree> tree;
    TreeRoot root;
    Entry entry;
};

// `entry` without what may differ between two copies of one version.
Entry essence(Entry entry) {
    entry.ctime = {};
    entry.btime.reset();
    entry.inode = 0;
    entry.links = 1;
    entry.first_link.reset();
    entry.allocated = 0;
    entry.changed_while_read = false;
    entry.implied = false;
    if (entry.type == EntryType::Directory) entry.size = 0;
    return entry;
}

bool is_same(NodeSource& chunks, const Version& a, const Version& b, const std::string& key) {
    if (essence(a.entry) != essence(b.entry)) return false;
    if (a.entry.type != EntryType::Directory) return true;
    const std::string prefix = subtree_prefix(components_of_key(key));
    return manifests_agree(chunks, a.root, b.root, prefix, prefix_end(prefix));
}

}  // namespace

std::shared_ptr<const std::vector<SnapshotLink>> Versions::of(const std::string& path,
                                                              const std::shared_ptr<const Catalogue>& catalogue) {
    const auto load = [&] { return std::make_shared<const std::vector<SnapshotLink>>(work_out(path, *catalogue)); };
    return kept_.get(std::to_string(catalogue->number) + ":" + path, load, [](const auto&) { return 1; });
}

std::vector<SnapshotLink> Versions::work_out(const std::string& path, const Catalogue& catalogue) {
    const std::string key = manifest_key(components_of_path(path));
    std::vector<SnapshotLink> links;
    std::optional<Version> last;
    bool anything = false;
    for (const MountedSnapshotPointer& shown : catalogue.by_time) {
        try {
            Version version{trees_.tree(shown->slot), shown->snapshot.root(), {}};
            auto found = version.tree->at_key(key);
            if (!found) {
                last.reset();  // what comes back after it was gone is a version again
                continue;
            }
            anything = true;
            version.entry = std::move(found->entry);
            if (!last || !is_same(trees_.chunks(), *last, version, key)) links.push_back({shown->name, shown});
            last = std::move(version);
        } catch (const Error& error) {
            if (!is_damaged_or_gone(error)) throw;
            links.push_back({shown->name, shown});
            last.reset();
        }
    }
    if (!anything) links.clear();  // a path that no snapshot is known to have
    std::ranges::sort(links, {}, [](const SnapshotLink& link) { return link.snapshot->slot; });
    return links;
}

}  // namespace vault
