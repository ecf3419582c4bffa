// Two snapshots by the program itself, and by hand one of each object that a run leaves only for moments.
#include "tests/support/every_object.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include "store/backend/object_names.h"
#include "store/format/control_records.h"
#include "store/format/manifest_key.h"
#include "store/process_identity.h"
#include "store/snapshots.h"
#include "store/tree_reader.h"

namespace vault {

namespace {

// Nodes of few items: trees of several levels from a few dozen files.
ShapeParameters small_shape() {
    ShapeParameters shape;
    shape.node_average_bytes = 4'096;
    return shape;
}

template <class AnyId>
AnyId numbered(std::uint8_t number) {
    AnyId id;
    id.bytes.fill(number);
    return id;
}

void fill(const std::string& top, int round) {
    for (int i = 0; i < 60; ++i) {
        const std::string folder = top + "/d" + std::to_string(i % 4);
        ::mkdir(folder.c_str(), 0755);
        if (round == 0 || i % 20 == 0)
            write_new(folder + "/f" + std::to_string(i) + (round == 0 ? "" : "new"),
                      noise(static_cast<std::uint64_t>(1'000 * round + i), 300 + 40 * static_cast<std::size_t>(i)));
    }
    if (round > 0) return;
    write_new(top + "/large", noise(77, 5 << 20));  // an extents tree
    write_new(top + "/inline", "few bytes");
    write_new(top + "/attributes", "with a large set");
    const std::string value = noise(78, 2'000);
    ::setxattr((top + "/attributes").c_str(), "user.large", value.data(), value.size(), 0);
}

std::string everything_of(const Entry& entry, ChunkStore& chunks) {
    std::string all = entry.target + "|" + std::to_string(static_cast<int>(entry.type)) + std::to_string(entry.mode);
    const auto add = [&](const Extent& extent) {
        if (extent.chunk) all += as_text(chunks.chunk(ChunkKind::Data, *extent.chunk).bytes);
        else all += "hole" + std::to_string(extent.length);
    };
    if (const auto* bytes = std::get_if<Bytes>(&entry.content)) all += as_text(*bytes);
    if (const auto* list = std::get_if<ExtentList>(&entry.content))
        for (const Extent& extent : list->extents) add(extent);
    if (const auto* root = std::get_if<ExtentsRoot>(&entry.content)) {
        const ExtentsReader reader(chunks, {root->root, root->level});
        for (ExtentsCursor at = reader.begin(); at.valid(); at.next()) add(at.extent());
    }
    if (const auto* stored = std::get_if<AttributesChunk>(&entry.attributes))
        all += as_text(encode_attribute_set(
            decode_attributes(*stored, chunks.chunk(ChunkKind::Tree, stored->id).bytes)));
    return all;
}

}  // namespace

const std::vector<std::string>& EveryObject::folders() {
    static const std::vector<std::string> all{"condemned", "config",   "damaged", "decision",  "dirs",
                                              "keyring",   "keys",     "marks",   "packs",     "sessions",
                                              "snapshots", "tombstones", "waiting"};
    return all;
}

SessionId EveryObject::bundled() { return numbered<SessionId>(5); }
SessionId EveryObject::fenced() { return numbered<SessionId>(2); }

EveryObject::EveryObject() : test_(std::make_shared<MemoryBackend>(real_clock()), small_shape()) {
    const TemporaryFolder source;
    const std::string top = source.path() + "/t";
    ::mkdir(top.c_str(), 0755);
    fill(top, 0);
    auto repository = test_.open();
    SnapshotOptions options = options_for(top);
    options.packs.data_bytes = 3 << 20;  // several packs of data
    take_snapshot(*repository, options);
    fill(top, 1);
    const CommitRecord second = take_snapshot(*repository, options).record;
    add_control_objects(second);
    objects_ = test_.memory().snapshot();
    intact_ = {};
    const auto reader = open(objects_);
    for (const Snapshot& snapshot : list_snapshots(*reader).live) {
        const View view = reader->reader_view();
        const ManifestReader manifest(*view.chunks, snapshot.root());
        for (ManifestCursor at = manifest.begin(); at.valid(); at.next())
            intact_[snapshot.sid][path_of_key(at.key())] = everything_of(at.entry(), *view.chunks);
    }
}

void EveryObject::add_control_objects(const CommitRecord& commit) {
    const Time time = commit.time;
    const auto session = numbered<SessionId>(1);
    test_.put(ObjectKind::Session, "sessions/" + session.hex(), SessionRecord{session, this_process(), time, "p", {}});
    test_.put(ObjectKind::Heartbeat, "sessions/" + session.hex() + ".1", HeartbeatRecord{session, 1, time, {}});
    test_.put(ObjectKind::Fence, "snapshots/" + fenced().hex(),
              FenceRecord{fenced(), FenceReason::RunFailed, this_process(), time, {}});
    // A third snapshot, forgotten and still there; and ones that are long gone, in a bundle.
    CommitRecord third = commit;
    third.sid = numbered<SessionId>(3);
    third.sequence = commit.sequence + 1;
    test_.put(ObjectKind::Commit, "snapshots/" + third.sid.hex(), third);
    test_.put(ObjectKind::Tombstone, "tombstones/" + third.sid.hex(),
              TombstoneRecord{third.sid, this_process(), time, {}});
    const auto bundle = numbered<ControlId>(4);
    test_.put(ObjectKind::Bundle, "tombstones/bundle-" + bundle.hex(),
              BundleRecord{bundle, {{bundled(), time}}, {}});
    const auto random = numbered<MarkId>(6);
    MarkRecord mark{commit.sid, random, MarkAction::Add, MarkSubject::Tag, "kept", 1, time, {}};
    test_.put(ObjectKind::Mark, "marks/" + commit.sid.hex() + "-" + random.hex(), mark);
    const auto gone = numbered<PackId>(7);
    test_.put(ObjectKind::Damage, "damaged/" + gone.hex() + "-" + random.hex(),
              DamageRecord{gone, random, DamageAction::Found, {0}, {}, 1, time, {}});
    const PackId listed = *packs_of(test_.memory().list("packs/")).begin();
    test_.put(ObjectKind::Damage, "damaged/" + listed.hex() + "-" + random.hex(),
              DamageRecord{listed, random, DamageAction::Withdrawn, {0}, {}, 1, time, {}});
    const auto decided = numbered<ControlId>(8);
    for (const ControlId& n : {decided, numbered<ControlId>(9)}) {
        test_.put(ObjectKind::Condemned, "condemned/" + n.hex(), CondemnedRecord{n, this_process(), time, {gone}, {}});
        test_.put(ObjectKind::Waiting, "waiting/" + n.hex(), WaitingRecord{n, time, {session}, {}});
    }
    test_.put(ObjectKind::Decision, "decision/" + decided.hex(), DecisionRecord{decided, time, {false}, {}});
}

std::unique_ptr<Repository> EveryObject::open(const StoredObjects& objects, std::shared_ptr<Backend> through) {
    test_.memory().restore(objects);
    if (clients_ > 0) std::filesystem::remove_all(test_.folders("client" + std::to_string(clients_)).cache);
    const std::string client = "client" + std::to_string(++clients_);
    return Repository::open(std::move(through), test_.credentials(), test_.folders(client), Access::Read);
}

ReadSnapshots EveryObject::read(const Repository& repository) const {
    ReadSnapshots found;
    const View view = repository.reader_view();
    for (const Snapshot& snapshot : list_snapshots(repository).live) {
        auto& entries = found[snapshot.sid];
        const auto known = intact_.find(snapshot.sid);
        if (known == intact_.end()) continue;
        for (const auto& [path, bytes] : known->second) {
            auto& entry = entries[path];
            try {
                const ManifestReader manifest(*view.chunks, snapshot.root());
                const auto got = manifest.find(manifest_key(components_of_path(path)));
                if (!got) throw std::runtime_error("no entry for " + path);  // sound nodes, and it is not in them
                entry = everything_of(*got, *view.chunks);
            } catch (const Error&) {
                entry = std::nullopt;
            }
        }
    }
    return found;
}

}  // namespace vault
