// The restore operation: what it needs is made, then the passes of restore_tree.h run.
#include "store/restore.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/base/text.h"
#include "store/own_folders.h"
#include "store/restore_losses.h"
#include "store/restore_tree.h"
#include "store/thread_count.h"

namespace vault {

namespace {

class StoredChunks : public ChunkSource {
  public:
    StoredChunks(ChunkStore& chunks, const Keys& keys) : chunks_(chunks), keys_(keys) {}

    std::vector<std::optional<PlacedChunk>> locate(std::span<const ChunkId> ids) override {
        return chunks_.locate(ids);
    }
    Bytes load_box(PackNumber pack, std::uint32_t box) override { return chunks_.load_box(ChunkKind::Data, pack, box); }
    std::vector<bool> verify(std::span<const ByteView> bytes, std::span<const ChunkId> ids) override {
        return verify_chunks(keys_, ChunkKind::Data, bytes, ids);
    }
    Bytes chunk(ChunkKind kind, const ChunkId& id) override { return to_bytes(chunks_.chunk(kind, id).bytes); }

  private:
    ChunkStore& chunks_;
    const Keys& keys_;
};

// Of the descriptors that this process may have, a half goes to files and folders that are being restored.
void set_descriptor_bounds(RestoreShared& shared, unsigned threads) {
    struct rlimit limit;
    const std::size_t all = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 256;
    shared.open_files_max = static_cast<unsigned>(std::clamp<std::size_t>(all / 4, 16, 512));
    shared.open_directories_max = std::clamp<std::size_t>(all / 4 / (threads + 2), 2, 64);
}

// Restored entries that are whole stay where they are when a run ends early; the user is told where.
template <class Work>
void naming_what_is_left(const RestoreTarget& target, Work work) {
    try {
        work();
    } catch (const Error& error) {
        if (!target.is_staged()) throw;
        throw Error(error.kind(), std::string(error.what()) + " (what was whole by then is in " +
                                      escaped(target.place()) + "; the next restore to this target removes it)");
    }
}

}  // namespace

RestoreReport restore_tree(const RestoreSource& given, const RestoreOptions& options,
                           const RestoreProgressSink& progress, const std::function<bool()>& interrupted) {
    SteadyNodes nodes(given.nodes);
    const RestoreSource source{given.chunks, nodes, given.root, given.record, given.untouched};
    const RestoreRange range(source.nodes, source.root, options.path, options.strip);
    const unsigned threads = thread_count(options.threads);
    refuse_place_in(source.untouched, options.target);
    RestoreTarget target(options.target);
    RestoreLog log;
    RestoreShared shared{target, log, MetadataRules::of_process(options.as_is)};
    set_descriptor_bounds(shared, threads);

    const Totals all = range.totals();
    const auto asks_to_stop = [&] {
        if (progress) {
            RestoreProgress now = log.progress();
            now.files_all = all.files;
            now.bytes_all = all.apparent;
            progress(now);
        }
        return interrupted && interrupted();
    };
    const auto poll = [&] {
        if (asks_to_stop()) throw Error(ErrorKind::Interrupted, "the restore was interrupted");
    };

    naming_what_is_left(target, [&] {
        RestoreTree tree(shared, source, range, options, poll);
        {
            WindowRunner runner(shared, source.chunks, threads, asks_to_stop);
            tree.place_entries(runner);
        }
        tree.place_links();
        tree.remove_extra();
        tree.finish_directories();
        target.finish();
        tree.finish_top_directories();
        tree.apply_flags();
        if (options.sync && ::syncfs(target.root_fd()) != 0)
            throw system_error("cannot make " + escaped(options.target) + " durable", errno);
    });
    asks_to_stop();
    return log.report();
}

RestoreReport restore(const Repository& repository, const Snapshot& snapshot, const RestoreOptions& options,
                      const RestoreProgressSink& progress, const std::function<bool()>& interrupted) {
    const View view = repository.reader_view();
    StoredChunks chunks(*view.chunks, repository.keys());
    const RestoreSource source{chunks, *view.chunks, snapshot.root(), snapshot.record, own_folders(repository)};
    return restore_tree(source, options, progress, interrupted);
}

}  // namespace vault
