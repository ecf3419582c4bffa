// The baton, the faults and the backend that asks for both.
#include "tests/support/simulation.h"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "store/base/error.h"

namespace vault {

namespace {

constexpr std::size_t kPageEntries = 3;

constexpr std::int64_t kStartNanoseconds = 1'800'000'000'000'000'000;

// libsodium's randomness while a simulation runs: the stream of the actor whose thread asks. Threads that an actor
// starts, and the test itself, share one more.
std::mutex stream_mutex;  // guards shared_stream
std::mt19937_64 shared_stream;
thread_local std::mt19937_64* own_stream = nullptr;

const char* stream_name() { return "simulation"; }
void stream_bytes(void* const to, const std::size_t size) {
    const std::lock_guard lock(stream_mutex);
    std::mt19937_64& stream = own_stream != nullptr ? *own_stream : shared_stream;
    auto* bytes = static_cast<std::uint8_t*>(to);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(stream());
}
std::uint32_t stream_number() {
    std::uint32_t number = 0;
    stream_bytes(&number, sizeof number);
    return number;
}
randombytes_implementation stream_implementation = {stream_name, stream_number, nullptr,
                                                    nullptr,     stream_bytes,  nullptr};

std::mt19937_64 stream_of(std::uint64_t seed, const std::string& actor) {
    std::vector<std::uint32_t> words{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
    words.insert(words.end(), actor.begin(), actor.end());
    std::seed_seq all(words.begin(), words.end());
    return std::mt19937_64(all);
}

Error dead() { return {ErrorKind::Io, "the simulated process is dead"}; }

}  // namespace

class SimulatedBackend : public Backend {
  public:
    SimulatedBackend(Simulation& simulation, std::string actor) : simulation_(simulation), actor_(std::move(actor)) {}

    void put_new(const std::string& name, ByteView contents) override {
        call("put " + name, [&] {
            simulation_.store_->put_new(name, contents);
            note_put(name);
        });
    }
    std::unique_ptr<ObjectWriter> begin_object(const std::string& session) override;
    Bytes get(const std::string& name, std::optional<ByteRange> range) override {
        // Boxes and directories are read by several threads of an actor at once, in no order that a seed could own:
        // these reads pass without the baton. Who reads them one by one polls in between, which is a pause.
        if (name.starts_with("packs/") || name.starts_with("dirs/")) {
            if (simulation_.is_dead(actor_)) throw dead();
            return simulation_.store_->get(name, range);
        }
        Bytes answer;
        call("get " + name, [&] { answer = simulation_.store_->get(name, range); });
        return answer;
    }
    std::vector<ObjectInfo> list(const std::string& prefix) override {
        std::vector<ObjectInfo> all;
        if (!simulation_.options_.as_object_store) {
            call("list " + prefix, [&] { all = simulation_.store_->list(prefix); });
            return all;
        }
        for (bool more = true; more;) {
            call("list " + prefix, [&] {
                std::size_t taken = 0;
                more = false;
                for (const ObjectInfo& info : simulation_.store_->list(prefix)) {
                    if (!all.empty() && info.name <= all.back().name) continue;
                    more = taken == kPageEntries;
                    if (more) break;
                    all.push_back(info);
                    ++taken;
                }
            });
        }
        return all;
    }
    void remove(const std::string& name) override {
        call("remove " + name, [&] {
            if (simulation_.store_->holds(name)) simulation_.removed(name, simulation_.store_->get(name));
            simulation_.store_->remove(name);
        });
    }
    void sync() override {
        call("sync", [&] { simulation_.synced(); });
    }
    std::string location() const override { return "simulation"; }

    template <class Effect>
    void call(const std::string& what, Effect effect) {
        const std::lock_guard one(simulation_.actors_.at(actor_).calls);
        using Fate = Simulation::Fate;
        const Fate fate = simulation_.begin(actor_, what);
        if (fate == Fate::DiesBefore) throw dead();
        if (fate == Fate::Fails) throw Error(ErrorKind::Io, "a simulated fault of: " + what);
        effect();
        if (fate == Fate::DiesAfter) {
            simulation_.die(actor_);
            throw dead();
        }
        if (fate == Fate::ReplyLost) throw Error(ErrorKind::Io, "a simulated loss of the reply to: " + what);
    }

    void note_put(const std::string& name) {
        const std::lock_guard lock(simulation_.mutex_);
        if (name.starts_with("sessions/") || name.starts_with("condemned/")) simulation_.put_by_[name] = actor_;
    }

  private:
    Simulation& simulation_;
    const std::string actor_;
};

// Bytes in the writing are nobody's business until they are published.
class SimulatedWriter : public ObjectWriter {
  public:
    SimulatedWriter(SimulatedBackend& backend, MemoryBackend& store) : backend_(backend), store_(store) {}
    void append(ByteView bytes) override { vault::append(contents_, bytes); }
    void publish(const std::string& name) override {
        backend_.call("publish " + name, [&] { store_.put_new(name, contents_); });
    }

  private:
    SimulatedBackend& backend_;
    MemoryBackend& store_;
    Bytes contents_;
};

std::unique_ptr<ObjectWriter> SimulatedBackend::begin_object(const std::string&) {
    return std::make_unique<SimulatedWriter>(*this, *simulation_.store_);
}

Simulation::Simulation(const SimulationOptions& options)
    : options_(options), nanoseconds_(kStartNanoseconds), clock_(nanoseconds_),
      store_(std::make_shared<MemoryBackend>([this] { return nanoseconds_.load(); })), random_(options.seed) {
    if (sodium_init() < 0) throw std::runtime_error("libsodium does not work");  // draws, the first time
    {
        const std::lock_guard lock(stream_mutex);
        shared_stream.seed(options.seed);
    }
    randombytes_set_implementation(&stream_implementation);
    if (options.power_cut) cut_at_ = 20 + random_() % 600;
}

Simulation::~Simulation() { randombytes_set_implementation(&randombytes_sysrandom_implementation); }

std::shared_ptr<Backend> Simulation::backend_of(const std::string& actor) {
    return std::make_shared<SimulatedBackend>(*this, actor);
}

void Simulation::add_actor(const std::string& name, std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    Actor& actor = actors_[name];
    actor.work = std::move(work);
    actor.stream = stream_of(options_.seed, name);
}

void Simulation::run() {
    {
        const std::lock_guard lock(mutex_);
        running_ = true;
        hand_on();
        for (auto& [name, actor] : actors_) {
            if (actor.done) continue;
            actor.thread = std::thread([this, name = name, &actor = actor] {
                own_stream = &actor.stream;
                try {
                    begin(name, "start");
                    actor.work();
                } catch (const std::exception& error) {
                    actor.failure = error.what();
                }
                end_of(name);
            });
        }
    }
    for (auto& [name, actor] : actors_)
        if (actor.thread.joinable()) actor.thread.join();
    const std::lock_guard lock(mutex_);
    running_ = false;
    // Not as they come: the dead unwind side by side.
    for (auto& [name, actor] : actors_)
        if (!actor.failure.empty()) trace_.push_back(name + " ended: " + std::exchange(actor.failure, {}));
}

void Simulation::hand_on() {
    std::vector<std::string> able, asleep;
    for (const auto& [name, actor] : actors_)
        if (!actor.done && !actor.dead) (actor.wakes_at > calls_ ? asleep : able).push_back(name);
    if (able.empty()) able = std::move(asleep);
    // The dead unwind beside the rest, and nothing that they do has an effect; nothing may be drawn for them.
    holder_ = able.empty() ? "" : able[random_() % able.size()];
    changed_.notify_all();
}

Simulation::Fate Simulation::begin(const std::string& name, const std::string& call) {
    std::unique_lock lock(mutex_);
    Actor& actor = actors_.at(name);
    if (!running_ || actor.dead) return actor.dead ? Fate::DiesBefore : Fate::Happens;
    if (holder_ == name && call != "start") {
        const bool naps = random_() % 1'000 < options_.nap_permille * (actor.has_condemned ? 5 : 1);
        if (naps) actor.wakes_at = calls_ + 10 + random_() % 90;
        if (naps || random_() % 100 >= options_.stay_percent) hand_on();
    }
    changed_.wait(lock, [&] { return holder_ == name || actor.dead; });
    if (actor.dead) return Fate::DiesBefore;
    actor.has_condemned = actor.has_condemned || call.starts_with("put condemned/");
    nanoseconds_ += 1'000'000;
    trace_.push_back(name + " " + call);
    if (++calls_ == cut_at_) {
        cut_power();
        return Fate::DiesBefore;
    }
    const std::uint64_t dice = random_() % 1000;
    std::uint64_t bound = options_.kill_permille;  // each fate has a range of its own
    if (dice < bound) {
        trace_.back() += "  DIES";
        if (random_() % 2 == 0) return Fate::DiesAfter;
        actor.dead = true;
        hand_on();
        return Fate::DiesBefore;
    }
    const bool loses_reply = dice >= bound && dice < bound + options_.lose_reply_permille;
    bound += options_.lose_reply_permille;
    const bool puts = call.starts_with("put ") || call.starts_with("publish ");
    if (loses_reply && puts) {
        trace_.back() += "  REPLY LOST";
        return Fate::ReplyLost;
    }
    if (dice >= bound && dice < bound + options_.fail_permille) {
        trace_.back() += "  FAILS";
        return Fate::Fails;
    }
    return Fate::Happens;
}

void Simulation::die(const std::string& name) {
    const std::lock_guard lock(mutex_);
    actors_.at(name).dead = true;
    if (holder_ == name) hand_on();
}

void Simulation::end_of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    actors_.at(name).done = true;
    if (holder_ == name || holder_.empty()) hand_on();
}

// With mutex_ held. put_new and publish return only when the object is durable; removals wait for a sync.
void Simulation::cut_power() {
    trace_.push_back("POWER CUT");
    for (const auto& [name, contents] : removed_unsynced_)
        if (random_() % 2 == 0 && !store_->holds(name)) store_->overwrite(name, contents);
    removed_unsynced_.clear();
    for (auto& [name, actor] : actors_) actor.dead = true;
    hand_on();
    changed_.notify_all();
}

void Simulation::removed(const std::string& name, const Bytes& contents) {
    const std::lock_guard lock(mutex_);
    if (!options_.as_object_store) removed_unsynced_[name] = contents;
}

void Simulation::synced() {
    const std::lock_guard lock(mutex_);
    removed_unsynced_.clear();
}

std::uint64_t Simulation::draw(const std::string& name) { return actors_.at(name).stream(); }

bool Simulation::is_dead(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return actors_.at(name).dead;
}

bool Simulation::is_putter_gone(const std::string& object) {
    const std::lock_guard lock(mutex_);
    const auto putter = put_by_.find(object);
    if (putter == put_by_.end()) return true;
    const Actor& actor = actors_.at(putter->second);
    return actor.dead || actor.done;
}

void Simulation::pause(const std::string& name, std::chrono::milliseconds length) {
    const std::lock_guard one(actors_.at(name).calls);
    begin(name, "pause");
    pass_time(length);
}

std::vector<std::string> Simulation::trace() {
    const std::lock_guard lock(mutex_);
    return trace_;
}

}  // namespace vault
