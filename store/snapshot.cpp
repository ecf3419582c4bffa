// One writing run from B1 to B7.
#include "store/snapshot.h"

#include <unistd.h>

#include <algorithm>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"
#include "store/clock.h"
#include "store/control_objects.h"
#include "store/damage_found.h"
#include "store/finding.h"
#include "store/format/limits.h"
#include "store/label.h"
#include "store/own_folders.h"
#include "store/own_packs.h"
#include "store/process_identity.h"
#include "store/snapshot_notes.h"
#include "store/snapshot_pipeline.h"
#include "store/thread_count.h"
#include "store/writer_chain.h"
#include "store/writer_session.h"

namespace vault {

namespace {

constexpr std::size_t kRootsMax = 4'096, kExcludesMax = 65'536;  // docs/format.md, section 9
constexpr std::uint64_t kUserTextBytesMax = 8 * kMiB;       // roots, tags and excludes of one snapshot

std::string default_series(const std::string& host, const std::vector<SourceRoot>& roots) {
    std::string series = host + ":";
    for (std::size_t i = 0; i < roots.size(); ++i) series += (i == 0 ? "" : ",") + roots[i].recorded_path();
    series = escaped(series);
    if (series.size() > 255)
        throw Error(ErrorKind::Usage,
                    "the paths are too long or too many to name a series after: give --series a name");
    return series;
}

// What killed runs have left in the cache folder.
void remove_dead_spills(const Repository& repository) {
    // A fence may be in a bundle by now; then the session's object, which was put before anything was spilled, is gone.
    SessionChunks::remove_dead(repository.cache_folder(), [&](const SessionId& sid) {
        return object_exists(repository.backend(), "snapshots/" + sid.hex()) ||
               !object_exists(repository.backend(), "sessions/" + sid.hex());
    });
}

// What only the end of the source's stages knows.
struct SourceReport {
    SourceFindings findings;
    bool used_parent = false;
    PackSet packs;
};

class Run {
  public:
    Run(const Repository& repository, const SnapshotOptions& options, SnapshotProgress& progress,
        const std::function<bool()>& interrupted, std::unique_ptr<SourceWalk> begun)
        : repository_(repository),
          options_(options),
          progress_(progress),
          interrupted_(interrupted),
          walk_(begun && begun->cache == repository.cache_folder() ? std::move(begun) : begin_walk()),
          roots_(walk_->roots),
          writer_(WriterIdentity::acquire(repository.state_folder())) {
        CommitRecord& record = report_.record;
        record.host = options.host.value_or(host_name());
        require_label(record.host, "--host");
        record.series = options.series ? *options.series : default_series(record.host, roots_);
        require_label(record.series, "--series");
        for (const std::string& tag : options.tags) require_tag(tag, "--tag");
        record.tags = options.tags;
        std::sort(record.tags.begin(), record.tags.end());
        record.tags.erase(std::unique(record.tags.begin(), record.tags.end()), record.tags.end());
        for (const SourceRoot& root : roots_) record.source_roots.push_back(root.recorded_path());
        if (options.recorded_as) record.recorded_as = roots_[0].recorded_path();
        record.excludes = options.excludes;
        for (std::string& rule : rules_for_own_folders(repository, roots_)) record.excludes.push_back(std::move(rule));
        record.user = escaped(OwnerNames().user(::geteuid())).substr(0, kNameBytesMax);
        record.program = "vault " VAULT_VERSION;
        record.config_generation = repository.config().generation;
        require_room();
    }

    // One attempt under a sid of its own. False: it was fenced.
    bool attempt() {
        progress_.phase = "opening";
        CommitRecord& record = report_.record;
        if (!walk_) walk_ = begin_walk();
        const std::unique_ptr<SourceWalk> walk = std::move(walk_);
        record.started = walk->started;         // what changes from there on is not taken as unchanged
        WriterSession session(repository_);     // B1
        View view = repository_.writer_view();  // B2, B3
        record.sid = session.sid();
        record.time = options_.time.value_or(record.started);
        const SnapshotListing listing = list_snapshots(repository_);
        chain_to_previous(record, writer_, listing);

        KnownChunks known(repository_, view, session.sid());
        std::optional<PackSet> parent_packs;
        const std::unique_ptr<ParentManifest> parent = open_parent(listing, view, known, parent_packs);

        OwnPacks own_packs(*view.index);
        PackWriter packs(repository_.backend(), repository_.keys(), session.sid(), options_.packs,
                         [&](NewPack pack) { own_packs.add(std::move(pack)); });
        ManifestAssembler assembler(repository_.keys(), repository_.config().shape, known, progress_);
        SourceReport source;
        read_source(*walk->entries, parent.get(), assembler, packs, source);
        progress_.phase = "finishing packs";
        packs.finish();
        std::vector<DamageRecord::LostChunk> unread;
        for (const ChunkId& id : known.distrusted()) unread.push_back({ChunkKind::Tree, id});
        report_.damaged_boxes += record_bad_copies(repository_, view, unread);
        fill(record, assembler, packs, source);

        progress_.phase = "committing";
        repository_.require_current_config();  // B5
        record.ended = now();
        const WriterSession::Commit commit = session.commit(record);
        if (commit.outcome == WriterSession::Outcome::Fenced) return false;
        remember_as_last(writer_, record, commit.hash);
        const bool from_parent = source.used_parent && parent && parent->covered();
        remember(own_packs, assembler, source, from_parent ? parent_packs : std::nullopt);
        return true;
    }

    SnapshotReport take_report() { return std::move(report_); }

  private:
    void require_room() const {
        std::uint64_t bytes = 0;
        for (const auto* list : {&report_.record.source_roots, &report_.record.tags, &report_.record.excludes})
            for (const std::string& text : *list) bytes += text.size();
        if (bytes > kUserTextBytesMax)
            throw Error(ErrorKind::Usage,
                        "paths, tags and excludes together are over 8 MiB: more than a snapshot can record");
        const CommitRecord& record = report_.record;
        if (record.source_roots.size() > kRootsMax || record.tags.size() > kTagsMax ||
            record.excludes.size() > kExcludesMax)
            throw Error(ErrorKind::Usage, "a snapshot records at most 4,096 paths, 1,024 tags and 65,536 excludes");
    }

    std::unique_ptr<SourceWalk> begin_walk() const {
        return std::make_unique<SourceWalk>(options_, repository_.backend().location(), repository_.cache_folder());
    }

    void read_source(WalkAhead& walk, ParentManifest* parent, ManifestAssembler& assembler, PackWriter& packs,
                     SourceReport& source) {
        progress_.phase = "reading";
        const Bytes stream = repository_.keys().gear_stream();
        const GearTable gear(std::span<const std::uint8_t, kGearStreamBytes>(stream.data(), kGearStreamBytes));
        const unsigned threads = thread_count(options_.threads);
        EntryReader entries(repository_.config(), gear, source.findings, progress_, interrupted_);
        run_snapshot_pipeline(repository_.keys(), threads, entries, assembler, packs, progress_,
                              [&](const auto& hand_out) {
                                  SourceReader reader(entries, parent, progress_, hand_out, interrupted_);
                                  reader.run(walk);
                                  source.used_parent = reader.used_parent();
                                  source.packs = reader.packs();
                              });
    }

    std::unique_ptr<ParentManifest> open_parent(const SnapshotListing& listing, const View& view,
                                                KnownChunks& known, std::optional<PackSet>& parent_packs) {
        report_.record.parent = {};
        report_.had_parent = false;
        if (options_.force_rescan) return nullptr;
        const Snapshot* parent = nullptr;
        for (const Snapshot& snapshot : listing.live) {
            const bool chosen =
                options_.parent ? snapshot.sid == *options_.parent : snapshot.record.series == report_.record.series;
            if (chosen) parent = &snapshot;  // the listing is by time
        }
        if (parent == nullptr) return nullptr;
        parent_packs = packs_of_snapshot(*view.index, parent->sid);
        try {
            auto manifest = std::make_unique<ParentManifest>(view, known, *parent, parent_packs);
            report_.record.parent = parent->sid;
            progress_.bytes_expected = parent->record.totals.content_bytes;
            report_.had_parent = true;
            return manifest;
        } catch (const Error& error) {
            // A parent whose nodes are missing is no parent: everything is read, which also heals what it lost.
            if (!is_damaged_or_gone(error)) throw;
            return nullptr;
        }
    }

    void fill(CommitRecord& record, const ManifestAssembler& assembler, const PackWriter& packs,
              const SourceReport& source) {
        record.root = assembler.manifest().root.id;
        record.root_level = assembler.manifest().root.level;
        record.totals = assembler.totals();
        record.totals.read_bytes = source.findings.read_bytes;
        record.totals.stored_bytes = packs.sealed_bytes();
        record.changed_while_read = source.findings.has_changed();
        record.unreadable = source.findings.unreadable();
        record.unreadable_count = source.findings.unreadable_count();
        report_.changed = source.findings.changed();
        report_.changed_count = source.findings.changed_count();
        report_.data_chunks_added = assembler.data_chunks_added();
        report_.tree_chunks_added = assembler.tree_chunks_added();
    }

    // The snapshot stands; what the cache cannot take costs the next run time, nothing else.
    void remember(OwnPacks& own_packs, const ManifestAssembler& assembler, const SourceReport& source,
                  const std::optional<PackSet>& parent_packs) {
        try {
            own_packs.finish([&](PackSet packs) {
                packs.add_all(assembler.packs());
                packs.add_all(source.packs);
                if (parent_packs) packs.add_all(*parent_packs);
                return note_of_packs(report_.record.sid, packs);
            });
        } catch (const Error&) {
            progress_.phase = "done, but the cache could not be updated";
        }
    }

    const Repository& repository_;
    const SnapshotOptions& options_;
    SnapshotProgress& progress_;
    const std::function<bool()>& interrupted_;
    std::unique_ptr<SourceWalk> walk_;  // until an attempt takes it
    const std::vector<SourceRoot> roots_;
    WriterIdentity writer_;
    SnapshotReport report_;
};

}  // namespace

SourceWalk::SourceWalk(const SnapshotOptions& options, const std::string& location,
                       const std::filesystem::path& cache_folder)
    : started(now()), cache(cache_folder), roots(resolve_source_roots(options.paths, options.recorded_as)) {
    try {
        make_folders(cache.string());  // the walk must not meet it as a folder that was made meanwhile
    } catch (const Error&) {
        // Whoever needs it will say why.
    }
    entries = std::make_unique<WalkAhead>(roots, options.excludes, own_folders(location, cache));
}

SourceWalk::~SourceWalk() = default;

SnapshotReport make_snapshot(const Repository& repository, const SnapshotOptions& options, SnapshotProgress& progress,
                             const std::function<bool()>& interrupted, std::unique_ptr<SourceWalk> begun) {
    Run run(repository, options, progress, interrupted, std::move(begun));
    end_dead_sessions(repository);
    remove_dead_spills(repository);
    if (!run.attempt() && !run.attempt())
        throw Error(ErrorKind::Busy,
                    "the run was ended by another client twice: its clock, or this one's, may be wrong");
    return run.take_report();
}

}  // namespace vault
