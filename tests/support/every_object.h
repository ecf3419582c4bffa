// A small repository that holds every kind of object, and what a reader gets from any state of its store: for tests
// that damage one object after the other.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/test_repository.h"

namespace vault {

using StoredObjects = std::map<std::string, Bytes>;

// What a reader without a cache gets: each live snapshot by path; nothing where the entry cannot be had.
using ReadSnapshots = std::map<SessionId, std::map<std::string, std::optional<std::string>>>;

class EveryObject {
  public:
    EveryObject();

    const StoredObjects& objects() const { return objects_; }
    const ReadSnapshots& intact() const { return intact_; }
    // The folders of the kinds, for a test that none is forgotten.
    static const std::vector<std::string>& folders();
    // What its bundle of tombstones forgets, long gone.
    static SessionId bundled();
    // A run that was fenced.
    static SessionId fenced();

    // The store put into this state, and the repository opened by a client of its own that has no cache.
    std::unique_ptr<Repository> open(const StoredObjects& objects) { return open(objects, test_.shared_backend()); }
    // The same through a backend that stands before that of the store.
    std::unique_ptr<Repository> open(const StoredObjects& objects, std::shared_ptr<Backend> through);
    MemoryBackend& backend() { return test_.memory(); }
    // What `intact()` knows, entry by entry: the bytes of contents, attributes and targets in one string. Snapshots
    // that are listed. An entry that is there and was not before is an error of the test.
    ReadSnapshots read(const Repository& repository) const;

  private:
    void add_control_objects(const CommitRecord& commit);

    TestRepository test_;
    StoredObjects objects_;
    ReadSnapshots intact_;
    int clients_ = 0;
};

}  // namespace vault
