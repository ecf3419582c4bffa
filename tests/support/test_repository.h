// A repository of a test, on any backend, with a client's folders of its own; and what a snapshot holds, read back
// through the program's own readers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/format/entry.h"
#include "store/repository.h"
#include "store/snapshot.h"
#include "tests/support/memory_backend.h"
#include "tests/support/temporary_folder.h"

namespace vault {

// What an object's time is in a MemoryBackend whose sessions and temporaries are to be told from old ones.
MemoryBackend::Clock real_clock();

class TestRepository {
  public:
    // On a new MemoryBackend with a real clock.
    TestRepository();
    // Makes the repository on `backend`, with `shape` in its config.
    explicit TestRepository(std::shared_ptr<Backend> backend, const ShapeParameters& shape = {});
    // Makes it in a local folder of the test.
    static std::unique_ptr<TestRepository> local();

    Backend& backend() { return *backend_; }
    MemoryBackend& memory() { return dynamic_cast<MemoryBackend&>(*backend_); }
    std::shared_ptr<Backend> shared_backend() { return backend_; }
    Credentials credentials() const;

    // Opened for writing by the client whose folders are below `client` (another name: as another machine has them).
    std::unique_ptr<Repository> open(const std::string& client = "client");
    // The same through another backend that stands before this one.
    std::unique_ptr<Repository> open(std::shared_ptr<Backend> backend, const std::string& client = "client");
    ClientFolders folders(const std::string& client = "client") const;
    void forget_cache(const std::string& client = "client");

    // Seals and puts a control object.
    template <class Record>
    void put(ObjectKind kind, const std::string& name, const Record& record) {
        backend_->put_new(name, seal_object(open()->keys(), kind, name, encode(record)));
    }

  private:
    struct InFolder {};
    explicit TestRepository(InFolder);
    TemporaryFolder folder_;
    std::shared_ptr<Backend> backend_;
};

// One run without interruption.
SnapshotReport take_snapshot(const Repository& repository, const SnapshotOptions& options);
// Of one folder, recorded as "/t" in the series "s".
SnapshotOptions options_for(const std::string& folder);
SnapshotReport take_snapshot(const Repository& repository, const std::string& folder);

struct ReadEntry {
    Entry entry;
    std::string content;
    AttributeSet attributes;  // inline or not
};
using ReadTree = std::map<std::string, ReadEntry>;  // by path

// Every entry with its content, through ManifestReader and ChunkStore. Throws for whatever cannot be read, and where a
// further hard link does not have its first link's content.
ReadTree read_back(const Repository& repository, const CommitRecord& record);
ReadTree read_back(ChunkStore& chunks, const CommitRecord& record);

// Commits `record` again under another sid as if its run had started so much later, so that files made just now count
// as old beside it. It is the newest of its series until the next run.
CommitRecord put_started_later(TestRepository& test, CommitRecord record, std::int64_t nanoseconds);

// What of the folder `actual` is not in `tree` below `recorded` as it is, one line each: types, modes, owners, times,
// sizes, contents, targets, devices, attributes and link groups. Also what is in `tree` and not there.
std::vector<std::string> differences(const ReadTree& tree, const std::string& recorded, const std::string& actual);

// The sid whose hex digits are `start` and then zeros.
SessionId sid_of(const std::string& start);

// Bytes that no other seed gives, and that do not compress.
std::string noise(std::uint64_t seed, std::size_t bytes);
void write_new(const std::string& path, const std::string& content);

// A borrowed backend as the repository wants it.
std::shared_ptr<Backend> borrowed(Backend& backend);

}  // namespace vault
