// Reads single entries of a source: metadata, and contents, cut.
#pragma once

#include <functional>
#include <optional>

#include "chunker/chunker.h"
#include "store/batch_writer.h"
#include "store/snapshot.h"
#include "store/source_findings.h"

namespace vault {

// A file that was not longer than this when the walk saw it may be read by any thread, as part of its batch.
constexpr std::uint64_t kPutOffBytesMax = 256u << 10;

// Thread-safe.
class EntryReader {
  public:
    // References outlive the reader.
    EntryReader(const ConfigRecord& config, const GearTable& gear, SourceFindings& findings,
                SnapshotProgress& progress, const std::function<bool()>& interrupted);

    // Reads the entry and emits it, contents first: at most `bytes_max` of them (an entry with less than its file is
    // marked as changed while it was read), and takes its key. Throws the file system's Error; then pieces of contents
    // may stand in `out` that belong to no entry.
    void read(WalkedEntry& walked, const std::optional<LinkPlace>& place, std::optional<Bytes> before,
              std::uint64_t bytes_max, BatchWriter& out);

    // Puts in the place of each ReadLater what comes of it: the entry, or that it could not be read. Throws what
    // ends_run() names.
    void read_put_off(Batch& batch);

    void unreadable(const std::string& path, const std::string& message);

  private:
    struct RunsRead {
        std::uint64_t end = 0;    // of what was read: the size of the content
        bool is_one_run = false;  // of data, and no hole
    };

    void read_regular(const WalkedEntry& walked, NewEntry& entry, std::uint64_t bytes_max, BatchWriter& out);
    void read_other(const WalkedEntry& walked, NewEntry& entry);
    void read_folder(const WalkedEntry& walked, NewEntry& entry);
    std::uint64_t read_content(int fd, std::uint64_t size, NewEntry& entry, BatchWriter& out);
    RunsRead read_runs(int fd, std::uint64_t size, bool has_holes, NewEntry& entry, bool class_known,
                       BatchWriter& out);
    std::uint64_t read_run(int fd, DataRun run, NewEntry& entry, bool& class_known, BatchWriter& out);

    const ConfigRecord& config_;
    const GearTable& gear_;
    SourceFindings& findings_;
    SnapshotProgress& progress_;
    const std::function<bool()>& interrupted_;
    OwnerNames names_;
};

// Whether the Error of one entry must end the run: Interrupted, and Busy, since short of descriptors or memory it could
// leave out what is there.
bool ends_run(const Error& error);

}  // namespace vault
