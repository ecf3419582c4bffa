// Puts owners, modes, times, attributes and flags of a snapshot's entry on a restored one. Writing side of
// source_entry.h. Thread-safe.
#pragma once

#include <string>

#include "store/format/entry.h"

namespace vault {

// What of an Entry is put back, its attributes at hand.
struct EntryMetadata {
    EntryType type = EntryType::Regular;
    std::uint32_t mode = 0, uid = 0, gid = 0;
    Time mtime;
    std::uint32_t attribute_flags = 0;
    AttributeSet attributes;
};

// `entry` must not keep its attributes in a chunk: the caller has read it and passes them.
EntryMetadata metadata_of(const Entry& entry, AttributeSet attributes);

// By default owners (numbers, not names), modes without setuid and setgid, times, ACLs and user.* attributes;
// with `as_is` also setuid, setgid, all other attributes (capabilities, security.*, trusted.*, …) and chattr flags.
// design.md, section 8.
struct MetadataRules {
    bool as_is = false;
    bool privileged = false;         // may give files away
    std::uint32_t uid = 0, gid = 0;  // of this process
    static MetadataRules of_process(bool as_is);
};

// What was not set. Left out are things that as_is would bring.
struct MetadataOutcome {
    bool owner_not_set = false;     // the system refused, or this is not root
    bool setuid_left_out = false;   // also where the owner could not be set: setuid would then mean somebody else
    bool flags_left_out = false;
    std::uint64_t attributes_left_out = 0;
    std::string trouble;            // one line of what failed; empty: nothing did
};

// What creating the entry has already given it, so that the call may be spared.
struct AlreadySet {
    bool owner = false;
    bool mode = false;
    bool no_attributes = false;  // it cannot have inherited or kept any
};

// How an entry is held: by a descriptor of its own, or by O_PATH | O_NOFOLLOW where it cannot be opened (symlinks,
// devices, FIFOs, sockets).
struct HeldEntry {
    int fd = -1;
    bool path_only = false;
};

// Owner, then attributes (while the process may still write to it; a change of owner drops capabilities), then mode
// (setting an ACL changes it), then times. Attributes of the kinds that are restored and that the snapshot has not are
// removed. Content and children must be in place. Reports; throws nothing.
MetadataOutcome apply_metadata(HeldEntry held, const EntryMetadata& metadata, const MetadataRules& rules,
                               AlreadySet already = {});

// The last step of all, for regular files and directories, with as_is alone: an immutable entry can be neither renamed
// nor linked nor changed. Flags that only the file system sets (extents, inline data, …) stay as they are; so do case
// folding and DAX, which are chosen when the entry is made. Returns trouble, or nothing.
std::string apply_attribute_flags(int fd, std::uint32_t flags);

// The flags that apply_attribute_flags would set.
std::uint32_t settable_flags(std::uint32_t flags);

}  // namespace vault
