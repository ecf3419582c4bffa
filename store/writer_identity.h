// This client's name as a writer of one repository: its snapshots form a numbered chain, so that one that vanishes is
// missed.
#pragma once

#include <filesystem>
#include <string>

#include "store/base/unique_fd.h"
#include "store/format/id.h"

namespace vault {

// Held by one run at a time: runs at once on one machine are different writers. Kept in the state folder; a client that
// lost its state folder, or finds it damaged, is a new writer.
class WriterIdentity {
  public:
    // Takes the first identity in `state_folder` that no other run holds, or makes one. Throws Io or NoSpace.
    static WriterIdentity acquire(const std::filesystem::path& state_folder);

    const ControlId& id() const { return id_; }

    // This writer's newest snapshot as far as the state folder knows: the store may have forgotten it since. Sequence
    // 0: none.
    struct Last {
        std::uint64_t sequence = 0;
        ObjectHash hash;
    };
    const Last& last() const { return last_; }
    // Throws Io or NoSpace; then the store's own listing must do.
    void remember(const Last& last);

  private:
    ControlId id_;
    Last last_;
    std::string path_;
    UniqueFd lock_;
};

}  // namespace vault
