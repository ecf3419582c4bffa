// Faults and the record of calls, around any backend.
#include "tests/support/faulty_backend.h"

#include <algorithm>

namespace vault {

std::string to_string(Call call) {
    switch (call) {
        case Call::PutNew: return "put_new";
        case Call::BeginObject: return "begin_object";
        case Call::Append: return "append";
        case Call::Publish: return "publish";
        case Call::Get: return "get";
        case Call::List: return "list";
        case Call::Remove: return "remove";
        case Call::Sync: return "sync";
    }
    return "unknown";
}

class FaultyWriter : public ObjectWriter {
  public:
    FaultyWriter(FaultyBackend& backend, std::string session, std::unique_ptr<ObjectWriter> beneath)
        : backend_(backend), session_(std::move(session)), beneath_(std::move(beneath)) {}

    void append(ByteView bytes) override {
        const auto begun = backend_.begin(Call::Append, session_, bytes.size());
        appended_bytes_ += bytes.size();
        backend_.carry_out(begun, "append", [&] { beneath_->append(bytes); });
    }
    void publish(const std::string& name) override {
        const auto begun = backend_.begin(Call::Publish, name, appended_bytes_);
        backend_.carry_out(begun, "publish " + name, [&] { beneath_->publish(name); });
    }

  private:
    FaultyBackend& backend_;
    std::string session_;
    std::unique_ptr<ObjectWriter> beneath_;
    std::uint64_t appended_bytes_ = 0;
};

void FaultyBackend::inject(Fault fault) {
    const std::lock_guard lock(mutex_);
    armed_.push_back({std::move(fault), 0});
}

void FaultyBackend::clear_faults() {
    const std::lock_guard lock(mutex_);
    armed_.clear();
}

std::uint64_t FaultyBackend::faults_hit() {
    const std::lock_guard lock(mutex_);
    return hit_;
}

std::uint64_t FaultyBackend::calls(Call call) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::uint64_t>(
        std::count_if(records_.begin(), records_.end(), [&](const CallRecord& record) { return record.call == call; }));
}

std::uint64_t FaultyBackend::calls() {
    const std::lock_guard lock(mutex_);
    return records_.size();
}

std::vector<CallRecord> FaultyBackend::records() {
    const std::lock_guard lock(mutex_);
    return records_;
}

void FaultyBackend::forget_calls() {
    const std::lock_guard lock(mutex_);
    records_.clear();
    ++epoch_;
}

FaultyBackend::Begun FaultyBackend::begin(Call call, const std::string& name, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    records_.push_back({call, name, bytes, false});
    Begun begun{epoch_, records_.size() - 1, std::nullopt};
    for (Armed& armed : armed_) {
        if (armed.fault.call && *armed.fault.call != call) continue;
        if (!name.starts_with(armed.fault.name_prefix)) continue;
        ++armed.seen;
        const bool hits = armed.fault.persistent ? armed.seen >= armed.fault.nth : armed.seen == armed.fault.nth;
        if (hits && !begun.fault) begun.fault = armed.fault;
    }
    if (begun.fault) ++hit_;
    return begun;
}

void FaultyBackend::answered(const Begun& begun, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (begun.epoch == epoch_) records_[begun.record].bytes = bytes;
}

void FaultyBackend::threw(const Begun& begun) {
    const std::lock_guard lock(mutex_);
    if (begun.epoch == epoch_) records_[begun.record].threw = true;
}

template <class Action>
void FaultyBackend::carry_out(const Begun& begun, const std::string& what, Action action) {
    try {
        if (begun.fault && begun.fault->effect == Effect::Fail) throw Error(begun.fault->kind, "injected: " + what);
        action();
        if (begun.fault && begun.fault->effect == Effect::ReplyLost)
            throw Error(begun.fault->kind, "injected: reply lost: " + what);
    } catch (...) {
        threw(begun);
        throw;
    }
}

void FaultyBackend::put_new(const std::string& name, ByteView contents) {
    const Begun begun = begin(Call::PutNew, name, contents.size());
    carry_out(begun, "put_new " + name, [&] { beneath_.put_new(name, contents); });
}

std::unique_ptr<ObjectWriter> FaultyBackend::begin_object(const std::string& session) {
    const Begun begun = begin(Call::BeginObject, session, 0);
    std::unique_ptr<ObjectWriter> writer;
    carry_out(begun, "begin_object", [&] { writer = beneath_.begin_object(session); });
    return std::make_unique<FaultyWriter>(*this, session, std::move(writer));
}

Bytes FaultyBackend::get(const std::string& name, std::optional<ByteRange> range) {
    const Begun begun = begin(Call::Get, name, 0);
    Bytes contents;
    carry_out(begun, "get " + name, [&] { contents = beneath_.get(name, range); });
    answered(begun, contents.size());
    if (!begun.fault || contents.empty()) return contents;
    if (begun.fault->effect == Effect::FlipByte) contents[begun.fault->flip_at % contents.size()] ^= 0xFF;
    if (begun.fault->effect == Effect::Truncate) contents.resize(contents.size() / 2);
    return contents;
}

std::vector<ObjectInfo> FaultyBackend::list(const std::string& prefix) {
    const Begun begun = begin(Call::List, prefix, 0);
    std::vector<ObjectInfo> objects;
    carry_out(begun, "list " + prefix, [&] { objects = beneath_.list(prefix); });
    if (begun.fault && begun.fault->effect == Effect::OmitLast && !objects.empty()) objects.pop_back();
    return objects;
}

void FaultyBackend::remove(const std::string& name) {
    const Begun begun = begin(Call::Remove, name, 0);
    carry_out(begun, "remove " + name, [&] { beneath_.remove(name); });
}

void FaultyBackend::sync() {
    const Begun begun = begin(Call::Sync, "", 0);
    carry_out(begun, "sync", [&] { beneath_.sync(); });
}

std::vector<Fault> every_fault(std::uint64_t calls, std::uint64_t step) {
    std::vector<Fault> faults;
    for (const Effect effect : {Effect::Fail, Effect::ReplyLost})
        for (const bool persistent : {false, true})
            for (std::uint64_t k = 1; k <= calls; k += step)
                faults.push_back({.effect = effect, .nth = k, .persistent = persistent});
    return faults;
}

}  // namespace vault
