// A backend that fails when told to, and remembers what it was asked: the tool of every test about faults and order.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/backend/backend.h"
#include "store/base/error.h"

namespace vault {

enum class Call { PutNew, BeginObject, Append, Publish, Get, List, Remove, Sync };

enum class Effect {
    Fail,       // throws instead of calling
    ReplyLost,  // calls, then throws: what was put stands all the same
    FlipByte,   // Get: one byte of the answer is inverted
    Truncate,   // Get: the answer lacks its second half
    OmitLast,   // List: the last object is missing, as if the store hid it
};

// Where several apply to one call, the one injected first does.
struct Fault {
    Effect effect = Effect::Fail;
    std::optional<Call> call = {};   // none: any call
    std::string name_prefix = {};    // only calls for names (or listings of prefixes) that start so
    std::uint64_t nth = 1;           // the nth call from the injection on that fits the two above …
    bool persistent = false;         // … or that one and all after it
    ErrorKind kind = ErrorKind::Io;  // what is thrown
    std::uint64_t flip_at = 0;       // FlipByte: offset in the answer, modulo its size
};

struct CallRecord {
    Call call = Call::Sync;
    std::string name;         // the object, or the prefix of a listing; of Append and BeginObject the session
    std::uint64_t bytes = 0;  // put, appended or answered
    bool threw = false;       // by a fault or by the backend underneath
};

// Thread-safe, over a backend that outlives it. Without faults it changes nothing.
class FaultyBackend : public Backend {
  public:
    explicit FaultyBackend(Backend& beneath) : beneath_(beneath) {}

    void inject(Fault fault);
    void clear_faults();
    std::uint64_t faults_hit();

    std::uint64_t calls(Call call);     // since the start or the last forget_calls()
    std::uint64_t calls();              // of all kinds
    std::vector<CallRecord> records();  // in the order in which they began
    void forget_calls();

    void put_new(const std::string& name, ByteView contents) override;
    std::unique_ptr<ObjectWriter> begin_object(const std::string& session) override;
    Bytes get(const std::string& name, std::optional<ByteRange> range = std::nullopt) override;
    std::vector<ObjectInfo> list(const std::string& prefix) override;
    void remove(const std::string& name) override;
    void sync() override;
    bool release_reserve() noexcept override { return beneath_.release_reserve(); }
    void restore_reserve() override { beneath_.restore_reserve(); }
    std::string location() const override { return beneath_.location(); }

  private:
    friend class FaultyWriter;

    struct Armed {
        Fault fault;
        std::uint64_t seen = 0;
    };
    struct Begun {
        std::uint64_t epoch = 0;
        std::size_t record = 0;
        std::optional<Fault> fault;
    };

    Begun begin(Call call, const std::string& name, std::uint64_t bytes);
    void answered(const Begun& begun, std::uint64_t bytes);
    void threw(const Begun& begun);
    template <class Action>
    void carry_out(const Begun& begun, const std::string& what, Action action);

    Backend& beneath_;
    std::mutex mutex_;  // guards all below
    std::vector<Armed> armed_;
    std::vector<CallRecord> records_;
    std::uint64_t epoch_ = 0;  // of records_: forget_calls() begins a new one
    std::uint64_t hit_ = 0;
};

std::string to_string(Call call);

// Every `step`th of the calls that a run makes fails, or has its reply lost, once or from there on: one Fault each.
std::vector<Fault> every_fault(std::uint64_t calls, std::uint64_t step = 1);

}  // namespace vault
