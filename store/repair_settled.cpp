// What else stands decides.
#include "store/repair_settled.h"

#include <algorithm>

#include "store/backend/object_names.h"
#include "store/clock.h"
#include "store/control_objects.h"
#include "store/finding.h"
#include "store/format/limits.h"
#include "store/marks.h"
#include "store/quarantine.h"
#include "store/tombstones.h"

namespace vault {

namespace {

constexpr std::string_view kTombstones = "tombstones/", kBundles = "tombstones/bundle-", kMarks = "marks/";
constexpr std::string_view kDecisions = "decision/", kDamaged = "damaged/";

class Settled {
  public:
    Settled(const Repository& repository, bool dry_run)
        : repository_(repository), backend_(repository.backend()), dry_run_(dry_run) {}

    std::vector<std::string> run(const std::vector<DamagedObject>& damaged) {
        for (const DamagedObject& object : damaged) {
            if (object.kind != ErrorKind::Corrupt) continue;
            if (object.name.starts_with(kDecisions) && is_carried_out(backend_, object.name))
                going_.push_back(object.name);
            if (object.name.starts_with(kTombstones) && !object.name.starts_with(kBundles)) tombstone(object.name);
            if (object.name.starts_with(kMarks)) mark(object.name);
            if (object.name.starts_with(kDamaged) && !is_pack_listed(object.name)) going_.push_back(object.name);
            for (const std::string_view folder : {"config/", "keyring/"})
                if (object.name.starts_with(folder)) generation(object.name, folder, damaged);
        }
        std::sort(going_.begin(), going_.end());
        if (dry_run_ || going_.empty()) return going_;
        if (!forgotten_.empty()) put_bundle(repository_, std::move(forgotten_));
        std::erase_if(going_, [&](const std::string& name) { return !put_away(name); });
        return going_;
    }

  private:
    // Not what cannot be read at all: a stranger's folder, a hole in the medium. That stays, and keeps nothing else.
    bool put_away(const std::string& name) {
        try {
            if (name.starts_with(kDecisions)) copy_to_quarantine(backend_, name);
            else move_to_quarantine(backend_, name);
            return true;
        } catch (const Error& error) {
            if (!is_finding(error)) throw;
            return false;
        }
    }

    // Its pack's id is in the name. Where the pack is gone nobody counts on it, whatever the record says.
    bool is_pack_listed(const std::string& damaged) const {
        const std::string_view id = std::string_view(damaged).substr(kDamaged.size(), 2 * PackId::kBytes);
        return object_exists(backend_, pack_name(PackId::from_hex(id)));
    }

    void tombstone(const std::string& name) {
        if (!tombstones_) tombstones_ = list_tombstones(repository_);
        const SessionId sid = session_of_name(name);
        if (!tombstones_->forgotten.contains(sid)) {
            // The session first: its object goes only once snapshots/<sid> stands.
            const bool is_gone = !object_exists(backend_, "sessions/" + sid.hex()) &&
                                 !object_exists(backend_, "snapshots/" + sid.hex());
            if (!is_gone || forgotten_.size() == kControlItemsMax) return;
            forgotten_.push_back({sid, now()});
        }
        going_.push_back(name);
    }

    void mark(const std::string& name) {
        if (!marks_) marks_ = read_marks(repository_);
        if (!marks_->may_be_held.contains(session_of_name(name))) going_.push_back(name);
    }

    // One above it that the check did not find damaged is what counts.
    void generation(const std::string& name, std::string_view folder, const std::vector<DamagedObject>& damaged) {
        const std::uint64_t number = generation_number(name, folder);
        for (const ObjectInfo& info : backend_.list(std::string(folder)))
            if (generation_number(info.name, folder) > number &&
                std::ranges::find(damaged, info.name, &DamagedObject::name) == damaged.end())
                return going_.push_back(name);
    }

    const Repository& repository_;
    Backend& backend_;
    const bool dry_run_;
    std::optional<Tombstones> tombstones_;
    std::optional<Marks> marks_;
    std::vector<BundleRecord::Item> forgotten_;  // that nothing says any more but a name
    std::vector<std::string> going_;
};

}  // namespace

std::vector<std::string> quarantine_settled(const Repository& repository, const std::vector<DamagedObject>& damaged,
                                            bool dry_run) {
    return Settled(repository, dry_run).run(damaged);
}

}  // namespace vault
