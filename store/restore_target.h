// The folder that a restore fills: a staging folder that becomes the target at the end, or the target itself.
// store/restore.h says which and what a killed run leaves.
#pragma once

#include <string>

#include "store/base/unique_fd.h"

namespace vault {

// Not thread-safe.
class RestoreTarget {
  public:
    // Makes what is missing above `path`, removes staging folders of dead restores, and makes and locks the folder to
    // fill. Throws Exists where something other than a directory has the name, Busy where another restore is at work.
    explicit RestoreTarget(const std::string& path);
    RestoreTarget(const RestoreTarget&) = delete;
    RestoreTarget& operator=(const RestoreTarget&) = delete;

    int root_fd() const { return root_.get(); }  // an open directory, where entries land
    // Whether nothing else is or gets into this folder: entries are made under their own names at once.
    bool is_staged() const { return !staging_.empty(); }
    // Whether the target was there before, so that its own attributes are the user's.
    bool existed() const { return existed_; }
    // Whether new entries belong to this process, in all of its parts, without being told.
    bool owns_new_entries() const { return owns_new_entries_; }
    // Where what was restored lies now.
    const std::string& place() const { return place_; }

    // Renames what was staged to its place; then root_fd() is the target, perhaps another descriptor, and no longer
    // staged. Throws Exists if somebody made the target, or
    // in it an entry of a name that is restored, meanwhile.
    void finish();

  private:
    void remove_abandoned_beside();
    void stage_in(UniqueFd folder, const std::string& folder_path, const std::string& prefix);
    void finish_beside();
    void finish_inside();

    std::string path_, place_;
    std::string name_;     // of the target in parent_
    std::string staging_;  // name in parent_; empty: not staged
    UniqueFd parent_;      // beside: of the target; inside: the target itself
    UniqueFd root_;
    bool existed_ = false, owns_new_entries_ = false;
};

// Removes `name` below an open directory with all that is in it, never following a link nor entering another file
// system or what belongs to another user; clears flags that forbid it. For folders that vault made. Throws the Error of
// errno.
void remove_staging(int directory_fd, const std::string& name);

}  // namespace vault
