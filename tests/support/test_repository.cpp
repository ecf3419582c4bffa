// Repositories opened by a key file (no Argon2id: a test makes hundreds).
#include "tests/support/test_repository.h"

#include <chrono>
#include <filesystem>

#include "store/backend/local.h"
#include "store/format/manifest_key.h"
#include "store/init.h"

namespace vault {

namespace {

const Bytes kKeyFile(32, 0x5A);

void append_extent(std::string& content, ChunkStore& chunks, const Extent& extent) {
    if (!extent.chunk) {
        content.append(extent.length, '\0');
        return;
    }
    const ChunkStore::Chunk chunk = chunks.chunk(ChunkKind::Data, *extent.chunk);
    if (chunk.bytes.size() != extent.length) throw Error(ErrorKind::Corrupt, "an extent of another length than its chunk");
    content += as_text(chunk.bytes);
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
    const View view = repository.reader_view();
    const ManifestReader manifest(*view.chunks, {record.root, record.root_level});
    ReadTree tree;
    for (ManifestCursor at = manifest.begin(); at.valid(); at.next()) {
        ReadEntry read;
        read.entry = at.entry();
        read.content = content_of(*view.chunks, read.entry);
        if (const auto* set = std::get_if<AttributeSet>(&read.entry.attributes)) read.attributes = *set;
        if (const auto* chunk = std::get_if<AttributesChunk>(&read.entry.attributes))
            read.attributes = decode_attribute_chunk(view.chunks->chunk(ChunkKind::Tree, chunk->id).bytes);
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

std::shared_ptr<Backend> borrowed(Backend& backend) { return {std::shared_ptr<Backend>(), &backend}; }

}  // namespace vault
