// Names against hashes, pack by pack, on all cores.
#include "store/scrub.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "store/backend/object_names.h"
#include "store/format/envelope.h"
#include "store/quarantine.h"
#include "store/run_in_lanes.h"
#include "store/seal/object.h"
#include "store/seal/object_parts.h"
#include "store/seal/primitives.h"
#include "store/thread_count.h"
#include "store/verified_packs.h"

namespace vault {

namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;

// Folders that are empty in no repository, and what it means where they are.
constexpr std::pair<const char*, const char*> kNeeded[] = {
    {"config/", "it is empty; the keyring has a copy, of which `vault repair` makes a new one"},
    {"keyring/", "it is empty: without a keyring nothing can be read; put a copy of this folder back"},
    {"keys/", "it is empty: no password and no key file opens the repository; put a copy of this folder back"},
};

class Scrub {
  public:
    Scrub(Backend& backend, const ScrubOptions& options, ScrubProgress& progress,
          const std::function<bool()>& interrupted)
        : backend_(backend), options_(options), progress_(progress), interrupted_(interrupted) {}

    ScrubReport run() {
        for (const char* folder : {"condemned/", "config/", "damaged/", "decision/", "dirs/", "keyring/", "keys/",
                                   "marks/", "sessions/", "snapshots/", "tombstones/", "waiting/"})
            for (const ObjectInfo& info : backend_.list(folder)) small(info);
        for (const auto& [folder, why] : kNeeded) needed(folder, why);
        packs();
        std::ranges::sort(report_.damaged, {}, &DamagedObject::name);
        std::ranges::sort(report_.broken_packs);
        return std::move(report_);
    }

  private:
    void note(const std::string& name, ErrorKind kind, const std::string& why) {
        const std::lock_guard lock(mutex_);
        report_.damaged.push_back({name, kind, why});
        if (const auto pack = pack_of_name(name)) report_.broken_packs.push_back(*pack);
        ++progress_.errors;
    }

    // Asked when all was looked at: one that is replaced meanwhile is not missing.
    void needed(const char* folder, const char* why) {
        if (backend_.list(folder).empty()) note(folder, ErrorKind::NotFound, why);
    }

    static void require_shape(const std::string& name, ByteView object) {
        const Envelope envelope = object_envelope(object, name);
        if (!fits_name(envelope.kind, name))
            throw Error(ErrorKind::Corrupt, "it is of another kind than its name says");
        if (name.starts_with("keys/") && to_hex(sha256(object)) != name.substr(5))
            throw Error(ErrorKind::Corrupt, "its SHA-256 is not its name");
    }

    void small(const ObjectInfo& info) {
        if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted before a pack was read");
        try {
            const Bytes object = backend_.get(info.name);
            ++report_.objects;
            try {
                require_shape(info.name, object);
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::Corrupt || !is_settled_decision(backend_, info.name, object)) throw;
            }
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) return;  // removed since it was listed
            if (!is_finding(error)) throw;
            note(info.name, error.kind(), without_context(info.name, error));
        }
    }

    void packs() {
        std::vector<ObjectInfo> listed = backend_.list("packs/");
        std::optional<VerifiedPacks> verified;
        if (const auto folder = state_folder()) verified.emplace(*folder, "scrubbed-packs");
        const auto waited_since = [&](const ObjectInfo& info) {
            return verified ? verified->when(*pack_of_name(info.name)).value_or(0) : 0;
        };
        std::ranges::stable_sort(listed, {}, waited_since);
        for (const ObjectInfo& info : listed) progress_.bytes_all += info.size;
        const auto started = std::chrono::steady_clock::now();
        run_in_lanes(thread_count(options_.threads), listed.size(), [&](std::size_t, std::size_t i) {
            const bool late = options_.max_duration &&
                              std::chrono::steady_clock::now() - started >= *options_.max_duration;
            const bool stop = interrupted_();
            {
                const std::lock_guard lock(mutex_);
                report_.time_up = report_.time_up || late;
                report_.interrupted = report_.interrupted || stop;
                if (report_.time_up || report_.interrupted) {
                    ++report_.packs_left;
                    return;
                }
            }
            pack(listed[i]);
        });
        if (!verified) return;
        for (const PackId& id : report_.broken_packs) verified->forget(id);
        for (const PackId& id : sound_) verified->set(id, now().seconds);
        const std::set<PackId> there = packs_of(listed);
        try {
            verified->save([&](const PackId& id) { return there.contains(id); });
        } catch (const Error& error) {
            report_.state_not_kept = error.what();
        }
    }

    // By the repository's id, which stands in the clear in its config.
    std::optional<std::filesystem::path> state_folder() {
        if (options_.state.empty()) return std::nullopt;
        for (const ObjectInfo& info : backend_.list("config/")) {
            try {
                return options_.state / repository_of_config(backend_.get(info.name)).hex();
            } catch (const Error&) {
                // Reported when it was looked at; another generation may be whole.
            }
        }
        return std::nullopt;
    }

    void pack(const ObjectInfo& info) {
        try {
            Sha256 hash;
            for (std::uint64_t at = 0; at < info.size; at += kPieceBytes) {
                if (interrupted_()) return left();
                const Bytes piece = backend_.get(info.name, ByteRange{at, std::min(kPieceBytes, info.size - at)});
                if (at == 0) decode_envelope(piece);
                hash.add(piece);
                progress_.bytes_done += piece.size();
            }
            const PackId id = *pack_of_name(info.name);
            const bool is_sound = hash.finish() == id.bytes;
            if (!is_sound) note(info.name, ErrorKind::Corrupt, "its SHA-256 is not its name");
            const std::lock_guard lock(mutex_);
            ++report_.packs_read;
            report_.bytes_read += info.size;
            if (is_sound) sound_.push_back(id);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) return;  // pruned since it was listed
            if (!is_finding(error)) throw;
            note(info.name, error.kind(), without_context(info.name, error));
        }
    }

    void left() {
        const std::lock_guard lock(mutex_);
        report_.interrupted = true;
        ++report_.packs_left;
    }

    Backend& backend_;
    const ScrubOptions& options_;
    ScrubProgress& progress_;
    const std::function<bool()>& interrupted_;
    std::mutex mutex_;  // guards the rest
    ScrubReport report_;
    std::vector<PackId> sound_;
};

}  // namespace

ScrubReport scrub(Backend& backend, const ScrubOptions& options, ScrubProgress& progress,
                  const std::function<bool()>& interrupted) {
    return Scrub(backend, options, progress, interrupted).run();
}

}  // namespace vault
