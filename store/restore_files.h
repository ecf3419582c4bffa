// Regular files on their way back: created, written in any order by any thread, and put in place when whole.
#pragma once

#include <mutex>
#include <string>

#include "store/restore_entries.h"

namespace vault {

// A file of the plan. It is whole when `awaited` is 0: pieces of content that are still to be written, and 1 for the
// planner while there may be more.
struct RestoredFile {
    std::string key;
    std::shared_ptr<const std::string> directory;  // as in Place; shared by the files of one directory
    std::string name;
    EntryMetadata metadata;
    std::uint64_t size = 0;
    Bytes inline_content;
    bool ends_in_hole = false;  // the last extent is a hole: its length must be set

    std::mutex mutex;  // of all below but the atomic ones
    std::atomic<std::uint64_t> awaited = 1;
    UniqueFd fd;
    std::atomic<bool> has_failed = false;  // set under the mutex; the planner only looks
    bool is_created = false, is_done = false;
    std::uint64_t device = 0, inode = 0;  // of what was created
};

// Each thread has its own. Errors of one file go to the log and its later pieces are dropped; what ends the run is
// thrown.
class FileWriter {
  public:
    explicit FileWriter(RestoreShared& shared) : shared_(shared), maker_(shared) {}

    // Writes neighbouring pieces at once; then they are no longer awaited.
    void write(RestoredFile& file, std::uint64_t offset, ByteView bytes, std::uint64_t pieces);
    // No bytes for a piece: the file will not be put in place.
    void fail(RestoredFile& file, const Error& error, RestoreLog::Source source);
    // So many things that were awaited have come, or the plan is complete. The last one puts the file in place.
    void release(RestoredFile& file, std::uint64_t things = 1);
    // Removes what was written of a file that did not become whole.
    void discard(RestoredFile& file);

    EntryMaker& maker() { return maker_; }

  private:
    std::string working_name(const RestoredFile& file) const;
    void open(RestoredFile& file);
    void create(RestoredFile& file);
    void reopen(RestoredFile& file);
    void close(RestoredFile& file);
    void finish(RestoredFile& file);
    void fail_locked(RestoredFile& file, const Error& error, RestoreLog::Source source);
    void discard_locked(RestoredFile& file);

    RestoreShared& shared_;
    EntryMaker maker_;
};

}  // namespace vault
