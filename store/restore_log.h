// What a restore reports, gathered from all its threads.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <unordered_set>

#include "store/base/error.h"
#include "store/metadata_apply.h"
#include "store/restore.h"

namespace vault {

// Whether an error ends the whole run: what fails so once fails for every further entry.
bool ends_restore(const Error& error);

// Thread-safe. Entries are named by their manifest keys.
class RestoreLog {
  public:
    void placed_file(std::uint64_t bytes) {
        ++files_;
        bytes_ += bytes;
    }
    void placed_directory() { ++directories_; }
    void placed_other() { ++others_; }
    void left_out_device() { ++left_out_devices_; }
    void deleted() { ++deleted_; }
    void loaded_box() { ++boxes_loaded_; }

    // Throws an error that ends the run on. Corrupt and NotFound of the repository count as damage.
    enum class Source { Repository, System };
    void failed(const std::string& key, const Error& error, Source source);
    // Of an entry that was restored but for this.
    void applied(const std::string& key, const MetadataOutcome& outcome);
    void restored_but(const std::string& key, const std::string& trouble);
    // A node of the manifest; each is told once.
    void lost(const LostNode& node);
    void refused_deletion() { deletion_refused_ = true; }

    // Whether the entry of this key failed: exact up to a million failures, and then true for all.
    bool has_failed(const std::string& key) const;

    RestoreProgress progress() const { return {files_, 0, bytes_, 0}; }
    RestoreReport report() const;

  private:
    void add_failure(const std::string& key, std::string message, bool damaged);

    std::atomic<std::uint64_t> files_ = 0, directories_ = 0, others_ = 0, bytes_ = 0, deleted_ = 0, boxes_loaded_ = 0;
    std::atomic<std::uint64_t> left_out_devices_ = 0, left_out_attributes_ = 0, left_out_setuid_ = 0,
                               left_out_flags_ = 0, owners_not_set_ = 0;
    std::atomic<bool> deletion_refused_ = false;
    mutable std::mutex mutex_;  // of all below
    std::vector<RestoreReport::Failure> failures_;
    std::vector<LostNode> lost_;
    std::uint64_t failure_count_ = 0, lost_count_ = 0, damaged_count_ = 0;
    std::unordered_set<std::uint64_t> failed_;  // hashes of keys
};

}  // namespace vault
