// Repositories opened by a key file (no Argon2id: a test makes hundreds).
#include "tests/support/test_repository.h"

#include <fcntl.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "store/backend/local.h"
#include "store/format/manifest_key.h"
#include "store/base/file.h"
#include "store/init.h"
#include "store/source_entry.h"

namespace vault {

namespace {

const Bytes kKeyFile(32, 0x5A);

void append_extent(std::string& content, ChunkStore& chunks, const Extent& extent) {
    if (!extent.chunk) {
        content.append(extent.length, '\0');
        return;
    }
    const ChunkStore::Chunk chunk = chunks.chunk(ChunkKind::Data, *extent.chunk);
    if (chunk.bytes.size() != extent.length)
        throw Error(ErrorKind::Corrupt, "an extent of another length than its chunk");
    content += as_text(chunk.bytes);
}

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string content_of(ChunkStore& chunks, const Entry& entry) {
    std::string content;
    if (const auto* bytes = std::get_if<Bytes>(&entry.content)) {
        content = as_text(*bytes);
    } else if (const auto* list = std::get_if<ExtentList>(&entry.content)) {
        for (const Extent& extent : list->extents) append_extent(content, chunks, extent);
    } else if (const auto* tree = std::get_if<ExtentsRoot>(&entry.content)) {
        const ExtentsReader reader(chunks, {tree->root, tree->level});
        for (ExtentsCursor at = reader.begin(); at.valid(); at.next()) append_extent(content, chunks, at.extent());
    }
    if (entry.type == EntryType::Regular && content.size() != entry.size)
        throw Error(ErrorKind::Corrupt, "a content of another length than its entry says");
    return content;
}

}  // namespace

MemoryBackend::Clock real_clock() {
    return [] {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    };
}

TestRepository::TestRepository() : TestRepository(std::make_shared<MemoryBackend>(real_clock())) {}

TestRepository::TestRepository(std::shared_ptr<Backend> backend, const ShapeParameters& shape)
    : backend_(std::move(backend)) {
    InitOptions options;
    options.credentials = credentials();
    options.shape = shape;
    init_repository(*backend_, options, 0);
}

TestRepository::TestRepository(InFolder) {
    InitOptions options;
    options.credentials = credentials();
    init_repository(folder_.path() + "/repository", options);
    backend_ = open_local(folder_.path() + "/repository");
}

std::unique_ptr<TestRepository> TestRepository::local() {
    return std::unique_ptr<TestRepository>(new TestRepository(InFolder{}));
}

Credentials TestRepository::credentials() const { return {std::nullopt, ByteView(kKeyFile)}; }

ClientFolders TestRepository::folders(const std::string& client) const {
    const std::filesystem::path path = std::filesystem::path(folder_.path()) / client;
    return {path / "cache", path / "state"};
}

void TestRepository::forget_cache(const std::string& client) { std::filesystem::remove_all(folders(client).cache); }

std::unique_ptr<Repository> TestRepository::open(const std::string& client) { return open(backend_, client); }

std::unique_ptr<Repository> TestRepository::open(std::shared_ptr<Backend> backend, const std::string& client) {
    return Repository::open(std::move(backend), credentials(), folders(client), Access::Write);
}

SnapshotReport take_snapshot(const Repository& repository, const SnapshotOptions& options) {
    SnapshotProgress progress;
    return make_snapshot(repository, options, progress, [] { return false; });
}

SnapshotOptions options_for(const std::string& folder) {
    SnapshotOptions options;
    options.paths = {folder};
    options.recorded_as = "/t";
    options.series = "s";
    options.host = "host";
    options.threads = 2;
    return options;
}

SnapshotReport take_snapshot(const Repository& repository, const std::string& folder) {
    return take_snapshot(repository, options_for(folder));
}

ReadTree read_back(const Repository& repository, const CommitRecord& record) {
    return read_back(*repository.reader_view().chunks, record);
}

ReadTree read_back(ChunkStore& chunks, const CommitRecord& record) {
    const ManifestReader manifest(chunks, {record.root, record.root_level});
    ReadTree tree;
    for (ManifestCursor at = manifest.begin(); at.valid(); at.next()) {
        ReadEntry read;
        read.entry = at.entry();
        read.content = content_of(chunks, read.entry);
        if (const auto* set = std::get_if<AttributeSet>(&read.entry.attributes)) read.attributes = *set;
        if (const auto* chunk = std::get_if<AttributesChunk>(&read.entry.attributes))
            read.attributes = decode_attribute_chunk(chunks.chunk(ChunkKind::Tree, chunk->id).bytes);
        if (read.entry.first_link) {
            const auto first = manifest.find(*read.entry.first_link);
            if (!first || first->first_link || *read.entry.first_link >= at.key() || first->type != read.entry.type ||
                first->content != read.entry.content)
                throw Error(ErrorKind::Corrupt, "a hard link without its first link");
        }
        tree.emplace(path_of_key(at.key()), std::move(read));
    }
    return tree;
}

CommitRecord put_started_later(TestRepository& test, CommitRecord record, std::int64_t nanoseconds) {
    fill_random(record.sid.bytes);
    const std::int64_t sum = record.started.nanoseconds + nanoseconds;
    record.started = {record.started.seconds + sum / 1'000'000'000, static_cast<std::uint32_t>(sum % 1'000'000'000)};
    test.put(ObjectKind::Commit, "snapshots/" + record.sid.hex(), record);
    return record;
}

std::vector<std::string> differences(const ReadTree& tree, const std::string& recorded, const std::string& actual) {
    std::vector<std::string> found;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> first_links;
    ReadTree rest = tree;
    OwnerNames names;
    const auto compare = [&](const std::string& below) {
        const std::string path = recorded + below;
        const UniqueFd folder = open_at(AT_FDCWD, std::filesystem::path(actual + below).parent_path(), O_RDONLY);
        const std::string name = std::filesystem::path(actual + below).filename();
        const SourceStat stat = stat_entry(folder.get(), name.c_str());
        const auto at = rest.find(path);
        if (at == rest.end()) {
            found.push_back(path + ": missing");
            return;
        }
        const ReadEntry read = std::move(at->second);
        rest.erase(at);
        const bool is_file = stat.type == EntryType::Regular;
        if (is_file && read.content != slurp(actual + below)) found.push_back(path + ": content");
        if (read.attributes != read_attributes_at(folder.get(), name, path)) found.push_back(path + ": attributes");
        if (read.entry.target != (stat.type == EntryType::Symlink ? read_link(folder.get(), name) : ""))
            found.push_back(path + ": target");
        Entry expected = entry_of(stat, names);
        expected.content = read.entry.content;
        expected.attributes = read.entry.attributes;
        expected.attribute_flags = read.entry.attribute_flags;
        expected.target = read.entry.target;
        if (stat.links > 1 && stat.type != EntryType::Directory) {
            const auto [first, is_first] =
                first_links.emplace(std::pair(stat.filesystem, stat.inode), manifest_key(components_of_path(path)));
            if (!is_first) expected.first_link = first->second;
        }
        if (read.entry != expected) found.push_back(path + ": metadata");
    };
    compare("");
    // In the order of the manifest, so that the first link met is the first.
    std::map<std::string, std::string> by_key;
    for (const auto& one : std::filesystem::recursive_directory_iterator(actual)) {
        const std::string below = one.path().string().substr(actual.size());
        by_key.emplace(manifest_key(components_of_path(recorded + below)), below);
    }
    for (const auto& [key, below] : by_key) compare(below);
    for (const auto& [path, read] : rest)
        if (!read.entry.implied) found.push_back(path + ": too much");
    return found;
}

SessionId sid_of(const std::string& start) {
    std::string hex = start;
    hex.resize(2 * SessionId::kBytes, '0');
    return SessionId::from_hex(hex);
}

std::string noise(std::uint64_t seed, std::size_t bytes) {
    std::mt19937_64 random(seed);
    std::string text(bytes, '\0');
    for (char& byte : text) byte = static_cast<char>(random());
    return text;
}

void write_new(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::shared_ptr<Backend> borrowed(Backend& backend) { return {std::shared_ptr<Backend>(), &backend}; }

}  // namespace vault
