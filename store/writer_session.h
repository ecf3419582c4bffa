// A run that writes: its session object, its heartbeat, and its one commit point. protocol.md, B1 and B5 to B7.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/format/commit_record.h"
#include "store/format/control_records.h"
#include "store/repository.h"
#include "store/session_end.h"

namespace vault {

// Not thread-safe, but for its own heartbeat. One that was neither committed nor fenced when it is destroyed fences
// itself, as well as it can.
class WriterSession {
  public:
    // B1: puts sessions/<sid>, which is durable before this returns, and starts the heartbeat.
    explicit WriterSession(const Repository& repository);
    ~WriterSession();
    WriterSession(const WriterSession&) = delete;
    WriterSession& operator=(const WriterSession&) = delete;

    const SessionId& sid() const { return sid_; }

    enum class Outcome {
        Committed,
        Fenced,  // somebody ended this session: the run may start again under a new sid
    };
    // B5's sync, B6 and B7. All that `record` references is in own packs or in the view. Throws with the text "the
    // snapshot may exist" where that cannot be known. `hash` of the committed object is for the next snapshot's
    // `previous`.
    struct Commit {
        Outcome outcome = Outcome::Fenced;
        ObjectHash hash;
    };
    Commit commit(const CommitRecord& record);

  private:
    std::string object_name() const { return "sessions/" + sid_.hex(); }
    void beat();
    void stop_heartbeat();
    void fence_self() noexcept;
    enum class Standing { Nothing, OwnCommit, Other };
    Standing read_back(const std::string& name, ByteView object);
    bool was_forgotten() const;
    void remove_session_objects();

    const Repository& repository_;
    SessionId sid_;
    bool ended_ = false;  // committed, fenced, or unknown: nothing more may be put under this sid

    std::mutex mutex_;  // guards stopping_
    std::condition_variable stop_;
    bool stopping_ = false;
    std::uint64_t heartbeats_ = 0;
    std::thread heart_;
};

}  // namespace vault
