// Removes from a target what the snapshot does not have, within bounds: beneath the snapshot's source roots, never in
// implied directories, nothing that the snapshot's rules excluded or that was unreadable when it was made, and never
// the repository that is restored from.
#pragma once

#include <set>
#include <string>

#include "store/excludes.h"
#include "store/format/commit_record.h"
#include "store/restore_range.h"
#include "store/restore_source.h"

namespace vault {

// One thread.
class ExtraRemover {
  public:
    // Throws Usage where the snapshot does not tell well enough what may go: it is incomplete, its list of unreadable
    // paths was cut, it was recorded under another name with rules or unreadable paths that name the old one, or
    // `strip` lets different directories land in one.
    ExtraRemover(RestoreShared& shared, const RestoreRange& range, const RestoreSource& source, unsigned strip);

    // Goes through the directories of the range, none of whose nodes may be lost: what is not in the manifest is
    // deleted. Throws what reading it throws. Another file system mounted in the target is not entered.
    void remove_all();
    // Removes what stands at the place of the entry of this key, if nothing in it is protected; whether it is gone.
    bool make_way(const std::string& key, const Place& place);

  private:
    bool is_beneath_source_root(std::string_view path) const;
    bool is_protected(const std::string& path, bool is_directory);
    bool is_untouched(int directory_fd) const;
    void clean_directory(const std::string& key);
    bool remove(int directory_fd, const std::string& name, const std::string& path, unsigned depth);

    RestoreShared& shared_;
    const RestoreRange& range_;
    const CommitRecord& record_;
    const std::vector<FolderIdentity>& untouched_;
    Excludes excludes_;
    std::set<std::string, std::less<>> unreadable_;
    Beneath beneath_;
    std::uint64_t device_ = 0;
};

}  // namespace vault
