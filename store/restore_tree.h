// The passes of one restore over its range of the manifest. Several, because linking, deleting and renaming disturb the
// times of directories, and a directory that forbids entering, or flags that forbid changing, must come last.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "store/restore_delete.h"
#include "store/restore_losses.h"
#include "store/restore_plan.h"

namespace vault {

// One thread, which shares with those of a WindowRunner what RestoreShared holds.
class RestoreTree {
  public:
    RestoreTree(RestoreShared& shared, const RestoreSource& source, const RestoreRange& range,
                const RestoreOptions& options, std::function<void()> poll);

    // Directories, symlinks and special files as they are met; files by way of windows. All are in place after it. To
    // delete, it looks first whether all nodes can be read, and deletes nothing in this restore where one cannot.
    void place_entries(WindowRunner& runner);
    // Further hard links, now that what they link to is there.
    void place_links();
    void remove_extra();
    // Metadata of directories, children before parents, so that a parent that forbids entering comes last. Those that
    // land directly in the target and what is above wait for finish_top_directories: until then they may have to be
    // renamed, which an unprivileged user cannot do with a directory that is read-only.
    void finish_directories();
    void finish_top_directories();
    // With as_is: chattr flags, last of all.
    void apply_flags();

  private:
    bool note_loss(const LostNode& node);
    void refuse_to_delete_beside_losses();
    void make_up_parents(const std::string& key);
    void make_up(const std::string& key);
    void place_entry(RestorePlanner& planner, const ManifestCursor& at);
    void place_directory(const std::string& key, bool implied);
    void place_file(RestorePlanner& planner, const std::string& key, const Entry& entry);
    void place_other(const std::string& key, const Entry& entry);
    bool is_placed(const std::string& key) const { return range_.contains(key) && !hidden_.hides(key); }
    bool is_link(const ManifestCursor& at, const Entry& entry);
    std::string link_source(const ManifestCursor& at, const Entry& entry);
    void place_link(const ManifestCursor& at);
    void make_way(const std::string& key, const Place& place);

    bool is_left_alone(const std::string& key, bool implied, const Place& place) const;
    void finish_children(const std::string& prefix);
    void finish_above(const std::string& key);
    void finish_directory(const std::string& key, const Entry& entry, bool implied);
    void apply_flags_of(const std::string& key, const Entry& entry, bool implied);
    AttributeSet attributes_of(const Entry& entry);
    Place place_of(std::string_view key) const;
    template <class Work>
    void attempt(const std::string& key, RestoreLog::Source source, Work work);
    template <class Visit>
    void for_each(Visit visit);

    RestoreShared& shared_;
    const RestoreSource& source_;
    const RestoreRange& range_;
    const RestoreOptions& options_;
    std::function<void()> poll_;
    std::optional<EntryMaker> maker_;  // made anew when the target has come to its place
    std::optional<ExtraRemover> remover_;

    std::string last_parent_;  // prefix of a key, and where it lands: most entries have the parent of the one before
    std::shared_ptr<const std::string> last_directory_;

    LostNodes lost_;          // told of
    LostNodes hidden_;        // those whose entries place_entries() did not meet
    bool is_placing_ = true;  // place_entries() goes on
    std::optional<std::string> known_parent_;    // prefix of a key: what was lost on the way to it is made up
    std::unordered_set<std::uint64_t> made_up_;  // folders: hashes of keys, 40 bytes each

    bool has_links_ = false, has_flags_ = false, was_staged_ = false;
    // Implied directories that this run made (hashes of keys): 40 bytes each, only in a target that was not empty.
    std::unordered_set<std::uint64_t> made_implied_;
    // Files whose first link lies outside the range, or is lost: hash of that link's key -> rank of the first one met,
    // which is written out. 40 bytes a group.
    std::unordered_map<std::uint64_t, std::uint64_t> leaders_;
    std::vector<std::string> top_prefixes_;  // directories whose entries land directly in the target
};

}  // namespace vault
