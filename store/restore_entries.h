// Makes entries at their places in the target: everything but the content of files.
#pragma once

#include <atomic>
#include <string>

#include "store/metadata_apply.h"
#include "store/restore_beneath.h"
#include "store/restore_log.h"
#include "store/restore_target.h"

namespace vault {

// What the threads of one restore share. Outlives them.
struct RestoreShared {
    const RestoreTarget& target;
    RestoreLog& log;
    MetadataRules rules;
    std::size_t open_directories_max = 16;  // of each thread
    unsigned open_files_max = 256;          // of all threads
    std::atomic<unsigned> open_files = 0;
};

// Where an entry lands.
struct Place {
    std::string directory;  // as Beneath takes it
    std::string name;       // empty: the root of the target itself
};

// Each thread has its own. Throws the Error of what failed; what is wrong with the metadata alone goes to the log.
class EntryMaker {
  public:
    explicit EntryMaker(RestoreShared& shared)
        : shared_(shared), beneath_(shared.target.root_fd(), shared.open_directories_max) {}

    Beneath& beneath() { return beneath_; }

    // Makes the directory, with mode 0700 and no metadata yet, or keeps one that is there; whether it was made. With
    // TakeOver a directory that is kept is made enterable for this process: its own metadata will be set later.
    enum class Existing { LeaveAlone, TakeOver };
    bool make_directory(const Place& place, Existing existing);
    // Sets the metadata of a directory that is whole.
    void finish_directory(const std::string& key, const Place& place, const EntryMetadata& metadata);

    void make_symlink(const std::string& key, const Place& place, const std::string& text,
                      const EntryMetadata& metadata);
    // Devices, FIFOs and sockets.
    struct Device {
        std::uint32_t major = 0, minor = 0;
    };
    void make_special(const std::string& key, const Place& place, Device device, const EntryMetadata& metadata);

    // Links `place` to what this run restored at `first`, which must be of `type`. Throws Corrupt if it is not there or
    // of another type.
    void make_link(const Place& place, const Place& first, EntryType type);

    // What creating an entry in the target gives it.
    AlreadySet already_set(const EntryMetadata& metadata) const;

  private:
    template <class Make>
    void make_entry(const std::string& key, const Place& place, const EntryMetadata& metadata, Make make);

    RestoreShared& shared_;
    Beneath beneath_;
};

}  // namespace vault
