// The snapshot object. docs/format.md, section 9.
#pragma once

#include <string>
#include <vector>

#include "store/format/cursor.h"

namespace vault {

struct SnapshotTotals {
    std::uint64_t files_new = 0, files_changed = 0, files_unmodified = 0;
    std::uint64_t dirs_new = 0, dirs_changed = 0, dirs_unmodified = 0;
    std::uint64_t others_new = 0, others_changed = 0, others_unmodified = 0;
    std::uint64_t content_bytes = 0;  // of all regular files
    std::uint64_t read_bytes = 0;     // read from the source by this run
    std::uint64_t added_bytes = 0;    // plaintext of new chunks
    std::uint64_t stored_bytes = 0;   // the same, sealed
    bool operator==(const SnapshotTotals&) const = default;
    std::uint64_t files() const { return files_new + files_changed + files_unmodified; }
    std::uint64_t dirs() const { return dirs_new + dirs_changed + dirs_unmodified; }
    std::uint64_t entries() const {
        return files() + dirs() + others_new + others_changed + others_unmodified;
    }
};

struct UnreadablePath {
    std::string path;     // any bytes
    std::string message;  // text
    bool operator==(const UnreadablePath&) const = default;
};

struct ClassOverride {
    std::string pattern;
    std::uint8_t chunk_class = 1;
    bool operator==(const ClassOverride&) const = default;
};

struct CommitRecord {
    SessionId sid, original, parent;  // zero: none
    ChunkId root;
    std::uint8_t root_level = 0;
    std::uint64_t config_generation = 1;
    Time time, started, ended;
    std::string host, user, series;
    std::vector<std::string> tags;          // ascending
    std::vector<std::string> source_roots;  // ascending
    std::string recorded_as;
    std::vector<std::string> excludes;
    std::vector<ClassOverride> class_overrides;
    std::string program;
    bool incomplete = false;
    bool changed_while_read = false;
    SnapshotTotals totals;
    std::uint64_t unreadable_count = 0;
    std::vector<UnreadablePath> unreadable;  // by path
    ControlId writer;
    std::uint64_t sequence = 1;
    ObjectHash previous;
    Extensions extensions;
    bool operator==(const CommitRecord&) const = default;
};

Bytes encode(const CommitRecord& record);
CommitRecord decode_commit(Cursor& cursor);

}  // namespace vault
