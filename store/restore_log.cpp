// Counting what was restored, what was left out and what failed.
#include "store/restore_log.h"

#include <functional>

#include "store/finding.h"
#include "store/format/manifest_key.h"

namespace vault {

namespace {

constexpr std::size_t kFailuresKept = 10'000;
constexpr std::size_t kFailedKeysMax = 1'000'000;

}  // namespace

bool ends_restore(const Error& error) {
    return error.kind() == ErrorKind::NoSpace || error.kind() == ErrorKind::ReadOnly ||
           error.kind() == ErrorKind::Interrupted;
}

void RestoreLog::failed(const std::string& key, const Error& error, Source source) {
    if (ends_restore(error)) throw error;
    const std::lock_guard lock(mutex_);
    if (failed_.size() < kFailedKeysMax) failed_.insert(std::hash<std::string>()(key));
    add_failure(key, error.what(), source == Source::Repository && is_damaged_or_gone(error));
}

void RestoreLog::applied(const std::string& key, const MetadataOutcome& outcome) {
    if (outcome.owner_not_set) ++owners_not_set_;
    if (outcome.setuid_left_out) ++left_out_setuid_;
    if (outcome.flags_left_out) ++left_out_flags_;
    if (outcome.attributes_left_out != 0) left_out_attributes_ += outcome.attributes_left_out;
    if (!outcome.trouble.empty()) restored_but(key, outcome.trouble);
}

void RestoreLog::restored_but(const std::string& key, const std::string& trouble) {
    const std::lock_guard lock(mutex_);
    add_failure(key, "restored, but " + trouble, false);
}

void RestoreLog::lost(const LostNode& node) {
    const std::lock_guard lock(mutex_);
    ++lost_count_;
    if (is_damaged_or_gone(node.error)) ++damaged_count_;
    if (lost_.size() < kFailuresKept) lost_.push_back(node);
}

bool RestoreLog::has_failed(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    return failed_.size() >= kFailedKeysMax || failed_.contains(std::hash<std::string>()(key));
}

void RestoreLog::add_failure(const std::string& key, std::string message, bool damaged) {
    ++failure_count_;
    if (damaged) ++damaged_count_;
    if (failures_.size() < kFailuresKept) failures_.push_back({path_of_key(key), std::move(message), damaged});
}

RestoreReport RestoreLog::report() const {
    const std::lock_guard lock(mutex_);
    RestoreReport report;
    report.files = files_;
    report.directories = directories_;
    report.others = others_;
    report.bytes = bytes_;
    report.deleted = deleted_;
    report.boxes_loaded = boxes_loaded_;
    report.left_out_devices = left_out_devices_;
    report.left_out_attributes = left_out_attributes_;
    report.left_out_setuid = left_out_setuid_;
    report.left_out_flags = left_out_flags_;
    report.owners_not_set = owners_not_set_;
    report.failures = failures_;
    report.failure_count = failure_count_;
    report.lost = lost_;
    report.lost_count = lost_count_;
    report.damaged_count = damaged_count_;
    report.deletion_refused = deletion_refused_;
    return report;
}

}  // namespace vault
