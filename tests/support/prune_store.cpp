// Forgetting by hand, and reading back what must be there.
#include "tests/support/prune_store.h"

#include <filesystem>

#include "store/control_objects.h"
#include "store/snapshots.h"

namespace vault {

namespace fs = std::filesystem;

PruneSource::PruneSource() : top(fs::canonical(folder.path()).string() + "/t") { fs::create_directory(top); }

void PruneSource::file(const std::string& name, const std::string& content) const {
    fs::create_directories(fs::path(at(name)).parent_path());
    write_new(at(name), content);
}

void PruneSource::remove(const std::string& name) const { fs::remove_all(at(name)); }

PruneStore::PruneStore(std::shared_ptr<Backend> backend)
    : test(std::move(backend)), faulty(test.backend()), repository(test.open(borrowed(faulty))) {}

SessionId PruneStore::snapshot(const PruneSource& source, const std::string& series, std::uint64_t pack_bytes) {
    SnapshotOptions options = options_for(source.top);
    options.series = series;
    options.packs.data_bytes = options.packs.tree_bytes = pack_bytes;
    const CommitRecord record = take_snapshot(*repository, options).record;
    live_[record.sid] = read_back(*repository, record);
    return record.sid;
}

void PruneStore::forget(const SessionId& sid, const Time& when) {
    TombstoneRecord record;
    record.sid = sid;
    record.by = this_process();
    record.time = when;
    test.put(ObjectKind::Tombstone, "tombstones/" + sid.hex(), record);
    live_.erase(sid);
}

PruneReport PruneStore::prune(const PruneOptions& options) {
    PruneProgress progress;
    return vault::prune(*repository, options, progress, [] { return false; });
}

PruneOptions PruneStore::thorough() {
    PruneOptions options;
    options.limits.max_unused = ByteLimit::exactly(0);
    options.limits.max_delete = ByteLimit::share(100);
    options.environment.wait_limit = std::chrono::milliseconds(200);
    options.environment.pause = [](std::chrono::milliseconds) {};
    return options;
}

std::vector<std::string> PruneStore::lost() {
    const auto reader = test.open("reader " + std::to_string(++readers_));
    std::map<SessionId, CommitRecord> found;
    for (const Snapshot& snapshot : list_snapshots(*reader).live) found[snapshot.sid] = snapshot.record;
    std::vector<std::string> lost;
    for (const auto& [sid, tree] : live_) {
        const auto record = found.find(sid);
        if (record == found.end()) {
            lost.push_back(sid.hex() + ": gone");
            continue;
        }
        try {
            const ReadTree now_read = read_back(*reader, record->second);
            const auto same = [](const auto& a, const auto& b) {
                return a.first == b.first && a.second.entry == b.second.entry && a.second.content == b.second.content &&
                       a.second.attributes == b.second.attributes;
            };
            if (!std::equal(tree.begin(), tree.end(), now_read.begin(), now_read.end(), same))
                lost.push_back(sid.hex() + ": differs");
        } catch (const Error& error) {
            lost.push_back(sid.hex() + ": " + error.what());
        }
    }
    return lost;
}

std::vector<std::string> PruneStore::unclean() {
    std::vector<std::string> found = lost();
    for (const char* prefix : {"condemned/", "waiting/", "sessions/"})
        for (std::string& name : names(prefix)) found.push_back(std::move(name));
    return found;
}

std::vector<std::string> PruneStore::names(const std::string& prefix) {
    std::vector<std::string> found;
    for (const ObjectInfo& info : test.backend().list(prefix)) found.push_back(info.name);
    return found;
}

std::uint64_t PruneStore::bytes(const std::string& prefix) {
    std::uint64_t sum = 0;
    for (const ObjectInfo& info : test.backend().list(prefix)) sum += info.size;
    return sum;
}

std::string PruneStore::pack_of(const ChunkId& id) {
    const View view = repository->reader_view();
    const auto at = view.index->find(std::span(&id, 1), view.chunks->view())[0];
    if (!at) throw Error(ErrorKind::NotFound, "the chunk is not there");
    return pack_name(view.index->pack(at->pack)->id);
}

SessionId PruneStore::put_session(const ProcessIdentity& process) {
    SessionRecord record;
    fill_random(record.sid.bytes);
    record.process = process;
    record.started = now();
    test.put(ObjectKind::Session, "sessions/" + record.sid.hex(), record);
    return record.sid;
}

OneForgotten::OneForgotten(std::shared_ptr<Backend> backend) : store(std::move(backend)) {
    source.file("old", noise(1, 60'000));
    forgotten = store.snapshot(source);
    dead_pack = store.pack_of(chunk_of(store.live().at(forgotten), "/t/old"));
    source.remove("old");
    source.file("new", noise(2, 60'000));
    kept = store.snapshot(source);
    store.forget(forgotten);
}

PruneOptions everyone_is(Liveness state) {
    PruneOptions options = PruneStore::thorough();
    options.environment.liveness_of = [state](const ProcessIdentity&, const std::string&) { return state; };
    return options;
}

ProcessIdentity process_elsewhere() {
    ProcessIdentity process = this_process();
    process.boot.bytes[0] ^= 1;
    return process;
}

ChunkId chunk_of(const ReadTree& tree, const std::string& path) {
    return *std::get<ExtentList>(tree.at(path).entry.content).extents.at(0).chunk;
}

}  // namespace vault
