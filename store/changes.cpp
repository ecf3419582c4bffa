// Two manifests -> changes.
#include "store/changes.h"

#include "store/format/manifest_key.h"
#include "store/list_entries.h"
#include "store/tree_diff.h"

namespace vault {

namespace {

bool same_content(const Entry& before, const Entry& after) {
    if (after.type == EntryType::Regular) return before.content == after.content && before.size == after.size;
    return before.target == after.target && before.device_major == after.device_major &&
           before.device_minor == after.device_minor;  // a folder has none: its size is its file system's affair
}

bool differs_in_content_alone(Entry before, const Entry& after) {
    before.content = after.content;
    return before == after;
}

PlacedEntry find_top(NodeSource& source, const SnapshotPart& part) {
    try {
        return find_entry(ManifestReader(source, part.root), part.path);
    } catch (const Error& error) {
        throw with_context(part.name, error);
    }
}

// One of the two parts, with the entry at its path.
struct Part {
    PlacedEntry top;
    std::string prefix;  // of the keys below it

    Part(NodeSource& source, const SnapshotPart& part)
        : top(find_top(source, part)),
          prefix(subtree_prefix(components_of_key(top.key))) {}

    bool is_directory() const { return top.entry.type == EntryType::Directory; }
    ManifestPart below(const TreeRoot& root) const {
        return {is_directory() ? std::optional(root) : std::nullopt, prefix};
    }
    std::string path(std::string_view key) const {
        return key.empty() ? top.path() : path_of_key(prefix + std::string(key));
    }

    // What counts of an entry is where its first link lies in the part, not where the part lies.
    Entry entry(ByteView record) const {
        Entry entry = decode_entry(record);
        if (entry.first_link && entry.first_link->starts_with(prefix)) entry.first_link->erase(0, prefix.size());
        return entry;
    }
};

class Comparison {
  public:
    Comparison(const Part& before, const Part& after, const std::function<void(const Change&)>& each)
        : before_(before), after_(after), each_(each) {}

    void added(std::string_view key, const Entry& entry) {
        sums_.added.add(entry);
        tell(ChangeSort::Added, after_, key, entry);
    }
    void removed(std::string_view key, const Entry& entry) {
        sums_.removed.add(entry);
        tell(ChangeSort::Removed, before_, key, entry);
    }
    void both(std::string_view key, const Entry& before, const Entry& after) {
        if (before.type != after.type) {
            ++sums_.types;
            sums_.removed.add(before);
            sums_.added.add(after);
            tell(ChangeSort::OtherType, after_, key, after);
        } else if (!same_content(before, after)) {
            count_content(before, after);
            tell(ChangeSort::OtherContent, after_, key, after, differs_in_content_alone(before, after));
        } else if (!same_metadata(before, after)) {
            ++sums_.metadata;
            tell(ChangeSort::OtherMetadata, after_, key, after);
        }
    }
    const ChangeSums& sums() const { return sums_; }

  private:
    void count_content(const Entry& before, const Entry& after) {
        if (after.type != EntryType::Regular) {
            ++sums_.others;
            return;
        }
        ++sums_.files;
        sums_.bytes_before += before.size;
        sums_.bytes_after += after.size;
    }
    void tell(ChangeSort sort, const Part& part, std::string_view key, const Entry& entry, bool unnoticed = false) {
        each_({sort, unnoticed, entry.type == EntryType::Directory, part.path(key)});
    }

    const Part& before_;
    const Part& after_;
    const std::function<void(const Change&)>& each_;
    ChangeSums sums_;
};

}  // namespace

void EntryCounts::add(const Entry& entry) {
    if (entry.type == EntryType::Regular) {
        ++files;
        bytes += entry.size;
    } else if (entry.type == EntryType::Directory) {
        ++directories;
    } else {
        ++others;
    }
}

bool same_metadata(const Entry& before, const Entry& after) {
    const bool is_directory = after.type == EntryType::Directory;
    return before.mode == after.mode && before.uid == after.uid && before.gid == after.gid &&
           before.user == after.user && before.group == after.group && before.mtime == after.mtime &&
           before.attributes == after.attributes && before.attribute_flags == after.attribute_flags &&
           (is_directory || before.links == after.links) && before.first_link == after.first_link &&
           before.extensions == after.extensions;
}

ChangeSums find_changes(NodeSource& source, const SnapshotPart& before, const SnapshotPart& after,
                        const std::function<bool()>& interrupted, const std::function<void(const Change&)>& each) {
    const Part a(source, before), b(source, after);
    Comparison comparison(a, b, each);
    comparison.both({}, a.top.entry, b.top.entry);
    diff_manifests(source, a.below(before.root), b.below(after.root), [&](const ManifestDifference& difference) {
        if (interrupted()) throw Error(ErrorKind::Interrupted, "interrupted");
        if (difference.key.empty()) return;  // the root is below nothing; it was compared above
        if (!difference.before) return comparison.added(difference.key, b.entry(*difference.after));
        if (!difference.after) return comparison.removed(difference.key, a.entry(*difference.before));
        comparison.both(difference.key, a.entry(*difference.before), b.entry(*difference.after));
    });
    return comparison.sums();
}

}  // namespace vault
