// Packs first, each by itself; then the copies beside them.
#include "store/check_packs.h"

#include <algorithm>
#include <mutex>

#include "store/backend/object_names.h"
#include "store/index_view.h"
#include "store/run_in_lanes.h"
#include "store/seal/primitives.h"
#include "store/thread_count.h"

namespace vault {

namespace {

constexpr std::size_t kLanesMax = 8;

// What has to be kept of a pack to compare copies with it.
struct PackFacts {
    std::uint64_t bytes = 0;
    bool whole = false;     // header, trailer and directory are sound, and the rest is about them
    bool has_copy = false;  // sound, and of a pack with this length
    std::array<std::uint8_t, 32> directory_hash{};
    std::array<std::uint8_t, kPackHeaderBytes> header{};
};

class PackCheck {
  public:
    PackCheck(const Repository& repository, const std::function<void()>& poll) : repository_(repository), poll_(poll) {}

    CheckedPacks run(const std::vector<ObjectInfo>& listed) {
        std::vector<std::pair<PackId, const ObjectInfo*>> packs;
        for (const ObjectInfo& info : listed) {
            if (const auto id = pack_of_name(info.name)) packs.emplace_back(*id, &info);
            found_.bytes += info.size;
        }
        found_.packs = packs.size();
        run_in_lanes(lane_count(kLanesMax), packs.size(),
                     [&](std::size_t, std::size_t i) { read(packs[i].first, *packs[i].second); });
        twins();
        for (const ObjectInfo& info : repository_.backend().list("dirs/")) read_copies(info.name);
        for (const auto& [id, facts] : facts_) finish(id, facts);
        return std::move(found_);
    }

  private:
    DamagedPack& damaged(const PackId& id, std::uint64_t bytes) {
        DamagedPack& pack = found_.damaged_packs[id];
        pack.bytes = bytes;
        return pack;
    }

    void read(const PackId& id, const ObjectInfo& info) {
        PackFacts facts;
        SessionId writer;
        facts.bytes = info.size;
        std::string why;
        try {
            const FoundDirectory own = read_directory(repository_.backend(), repository_.keys(), info, id);
            facts.directory_hash = sha256(own.encoded);
            facts.header = own.header;
            writer = own.directory.session;
            facts.whole = true;
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) {
                const std::lock_guard lock(mutex_);
                ++found_.gone;
                return;
            }
            if (!is_finding(error)) throw;
            why = without_context(info.name, error);
        }
        const std::lock_guard lock(mutex_);
        poll_();
        facts_.emplace(id, facts);
        if (facts.whole) found_.writers.insert(writer);
        if (why.empty()) return;
        DamagedPack& pack = damaged(id, info.size);
        pack.whys.push_back(why);
        if (!facts.whole) pack.directory = DirectoryFound::None;
    }

    // A salt is drawn for one pack: two with the same are one under two names, of which one at most is its hash.
    void twins() {
        std::map<std::array<std::uint8_t, kPackHeaderBytes>, PackId> first;
        for (const auto& [id, facts] : facts_) {
            if (!facts.whole) continue;
            const auto [at, is_new] = first.emplace(facts.header, id);
            if (is_new) continue;
            for (const PackId& twin : {id, at->second})
                damaged(twin, facts.bytes).whys.push_back("it has the salt of another pack: one is the other's double");
        }
    }

    void read_copies(const std::string& name) {
        poll_();
        const auto note = [&](ErrorKind kind, const std::string& why) { found_.damaged.push_back({name, kind, why}); };
        DirectoriesRecord record;
        try {
            record = read_directories(repository_.backend(), repository_.keys(), name);
            ++found_.directory_objects;
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) return;
            if (!is_finding(error)) throw;
            return note(error.kind(), without_context(name, error));
        }
        if (name != "dirs/" + record.session.hex() + "-" + std::to_string(record.number))
            note(ErrorKind::Corrupt, "it says that it is of session " + record.session.hex());
        for (DirectoryCopy& copy : record.copies) {
            const PackId id = copy.pack;
            try {
                compare(decode_copy(std::move(copy)));
            } catch (const Error& error) {
                if (!is_finding(error)) throw;
                note(error.kind(), "the copy for pack " + id.hex() + ": " + error.what());
            }
        }
    }

    void compare(const FoundDirectory& copy) {
        const auto found = facts_.find(copy.pack);
        if (found == facts_.end()) return;  // pruned since; what of it is missing is known once the trees were walked
        PackFacts& facts = found->second;
        if (copy.pack_bytes != facts.bytes) {
            damaged(copy.pack, facts.bytes)
                .whys.push_back("it has " + std::to_string(facts.bytes) + " bytes; when it was written it had " +
                                std::to_string(copy.pack_bytes));
            return;
        }
        facts.has_copy = true;
        if (!facts.whole) return;
        if (facts.directory_hash != sha256(copy.encoded) || facts.header != copy.header)
            damaged(copy.pack, facts.bytes).whys.push_back("the second copy of its directory is another pack's");
    }

    void finish(const PackId& id, const PackFacts& facts) {
        if (!facts.has_copy) ++found_.without_copy;
        const auto at = found_.damaged_packs.find(id);
        if (at == found_.damaged_packs.end() || facts.whole) return;
        at->second.directory = facts.has_copy ? DirectoryFound::Copy : DirectoryFound::None;
    }

    const Repository& repository_;
    const std::function<void()>& poll_;
    std::mutex mutex_;  // guards the rest while packs are read
    CheckedPacks found_;
    std::unordered_map<PackId, PackFacts> facts_;
};

}  // namespace

CheckedPacks check_packs(const Repository& repository, const std::vector<ObjectInfo>& listed,
                         const std::function<void()>& poll) {
    return PackCheck(repository, poll).run(listed);
}

}  // namespace vault
