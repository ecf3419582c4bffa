// Calls handed to threads, and the wait for them.
#include "store/backend/deadline.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "store/base/error.h"

namespace vault {

// What the threads and those who wait share. Kept alive by both, since a thread that hangs outlives the backend.
struct DeadlineBackend::Callers : std::enable_shared_from_this<Callers> {
    struct Call {
        std::function<void()> run;  // never throws
        bool done = false;
        bool overdue = false;  // nobody waits any more
    };

    std::mutex mutex;  // guards all below, and all calls
    std::condition_variable work, changed;
    std::deque<std::shared_ptr<Call>> waiting;
    std::size_t threads = 0, idle = 0, overdue = 0;
    bool ended = false;   // no more work
    bool given_up = false;

    // With the mutex held.
    void submit(std::shared_ptr<Call> call) {
        waiting.push_back(std::move(call));
        if (idle < waiting.size() && threads < kThreadsMax) {
            // Detached: a thread that hangs in the store can be neither joined nor stopped.
            std::thread([self = shared_from_this()] { self->serve(); }).detach();
            ++threads;
        } else {
            work.notify_one();
        }
    }

    void serve() {
        std::unique_lock lock(mutex);
        for (;;) {
            ++idle;
            work.wait(lock, [&] { return !waiting.empty() || ended; });
            --idle;
            if (waiting.empty()) break;
            const std::shared_ptr<Call> call = std::move(waiting.front());
            waiting.pop_front();
            if (!call->overdue) {
                lock.unlock();
                call->run();
                lock.lock();
            }
            call->done = true;
            if (call->overdue) --overdue;
            changed.notify_all();
        }
        --threads;
    }
};

DeadlineBackend::DeadlineBackend(std::shared_ptr<Backend> beneath, Duration deadline)
    : beneath_(std::move(beneath)),
      location_(beneath_->location()),
      deadline_(deadline),
      callers_(std::make_shared<Callers>()) {}

DeadlineBackend::~DeadlineBackend() {
    const std::lock_guard lock(callers_->mutex);
    callers_->ended = true;
    callers_->work.notify_all();
}

void DeadlineBackend::give_up() {
    const std::lock_guard lock(callers_->mutex);
    callers_->given_up = true;
    callers_->changed.notify_all();
}

template <class Result>
Result DeadlineBackend::within_deadline(const std::string& what, std::function<Result(Backend&)> call) {
    struct Outcome {
        std::optional<Result> result;
        std::exception_ptr failure;
    };
    const auto outcome = std::make_shared<Outcome>();
    const auto mine = std::make_shared<Callers::Call>();
    mine->run = [outcome, call = std::move(call), beneath = beneath_] {
        try {
            outcome->result = call(*beneath);
        } catch (...) {
            outcome->failure = std::current_exception();
        }
    };
    std::unique_lock lock(callers_->mutex);
    if (callers_->given_up) throw Error(ErrorKind::Io, what + ": the program is ending");
    callers_->submit(mine);
    const auto start = std::chrono::steady_clock::now();
    const auto limit = [&] { return callers_->overdue > 0 ? std::min(deadline_, kOverdueWait) : deadline_; };
    while (!mine->done && !callers_->given_up && std::chrono::steady_clock::now() < start + limit())
        callers_->changed.wait_until(lock, start + limit());
    if (!mine->done) {
        mine->overdue = true;
        ++callers_->overdue;
        callers_->changed.notify_all();  // for the others the limit is another now
        throw Error(ErrorKind::Io,
                    what + ": " + (callers_->given_up ? "the program is ending"
                                                      : "the store at " + location_ + " does not answer"));
    }
    lock.unlock();
    if (outcome->failure) std::rethrow_exception(outcome->failure);
    return std::move(*outcome->result);
}

Bytes DeadlineBackend::get(const std::string& name, std::optional<ByteRange> range) {
    return within_deadline<Bytes>(name, [name, range](Backend& beneath) { return beneath.get(name, range); });
}

std::vector<ObjectInfo> DeadlineBackend::list(const std::string& prefix) {
    return within_deadline<std::vector<ObjectInfo>>(prefix,
                                                    [prefix](Backend& beneath) { return beneath.list(prefix); });
}

void DeadlineBackend::refuse_writing() const {
    throw Error(ErrorKind::ReadOnly, location_ + " was opened for reading alone");
}

void DeadlineBackend::put_new(const std::string&, ByteView) { refuse_writing(); }
std::unique_ptr<ObjectWriter> DeadlineBackend::begin_object(const std::string&) { refuse_writing(); }
void DeadlineBackend::remove(const std::string&) { refuse_writing(); }
void DeadlineBackend::sync() { refuse_writing(); }

}  // namespace vault
