// A store with snapshots to forget and to prune, and what each of them must read back as for as long as it is live.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/prune.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/test_repository.h"

namespace vault {

// A folder to take snapshots of, recorded as "/t".
struct PruneSource {
    TemporaryFolder folder;
    const std::string top;
    PruneSource();
    std::string at(const std::string& name) const { return top + "/" + name; }
    void file(const std::string& name, const std::string& content) const;
    void remove(const std::string& name) const;
};

class PruneStore {
  public:
    PruneStore() : PruneStore(std::make_shared<MemoryBackend>(real_clock())) {}
    explicit PruneStore(std::shared_ptr<Backend> backend);

    TestRepository test;
    FaultyBackend faulty;
    std::unique_ptr<Repository> repository;  // through `faulty`

    // With packs of this size, and remembered under its sid with all that it reads back as.
    SessionId snapshot(const PruneSource& source, const std::string& series = "s", std::uint64_t pack_bytes = 64 << 20);
    void forget(const SessionId& sid, const Time& when = now());
    PruneReport prune(const PruneOptions& options = {});
    // What a prune is given here: everything that can go goes, and nobody is asked.
    static PruneOptions thorough();

    // Live snapshots that are not there, or do not read back as they did; empty: all is well. Read by a client without
    // a cache, from the store beneath the faults.
    std::vector<std::string> lost();
    const std::map<SessionId, ReadTree>& live() const { return live_; }

    // With what prunes and writers leave behind while they are at work; empty: nobody is, and all is well.
    std::vector<std::string> unclean();

    std::vector<std::string> names(const std::string& prefix);
    std::uint64_t bytes(const std::string& prefix);
    std::string pack_of(const ChunkId& id);  // its object's name

    // A session object that somebody else would have put, of a process that may live.
    SessionId put_session(const ProcessIdentity& process);

  private:
    std::map<SessionId, ReadTree> live_;
    int readers_ = 0;
};

// Two snapshots, the first of which is forgotten: two packs of it are dead.
struct OneForgotten {
    PruneSource source;
    PruneStore store;
    SessionId forgotten, kept;
    std::string dead_pack;  // the one with data

    explicit OneForgotten(std::shared_ptr<Backend> backend = std::make_shared<MemoryBackend>(real_clock()));
};

// thorough(), where this is true of every process that is asked about.
PruneOptions everyone_is(Liveness state);

// Of another machine: nobody here can tell whether it lives.
ProcessIdentity process_elsewhere();

// The id of a file's first chunk.
ChunkId chunk_of(const ReadTree& tree, const std::string& path);

}  // namespace vault
