// The first objects of a repository.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "store/backend/local.h"
#include "store/init.h"
#include "store/seal/key_text.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/test_repository.h"

using namespace vault;

namespace {

const Bytes kKeyFile(32, 0x11);

InitOptions options() {
    InitOptions options;
    options.credentials.key_file = ByteView(kKeyFile);
    options.label = "first";
    return options;
}

ErrorKind kind_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.kind();
    }
    FAIL("nothing was thrown");
    return ErrorKind::Io;
}

struct Client {
    TemporaryFolder folder;
    ClientFolders folders{folder.path() + "/cache", folder.path() + "/state"};
    std::unique_ptr<Repository> open(const std::shared_ptr<Backend>& backend, ByteView key) {
        return Repository::open(backend, {std::nullopt, key}, folders, Access::Write);
    }
};

}  // namespace

TEST_CASE("a new repository has two slots, a keyring and a config, in the order in which they count", "[init]") {
    const auto memory = std::make_shared<MemoryBackend>();
    FaultyBackend recorder(*memory);
    const InitReport report = init_repository(recorder, options(), 1);
    std::vector<std::string> put;
    for (const CallRecord& call : recorder.records())
        if (call.call == Call::PutNew) put.push_back(call.name);
    REQUIRE(put == std::vector<std::string>{"keys/" + report.slot.hex(), "keys/" + report.recovery_slot.hex(),
                                            "keyring/1", "config/1"});
    CHECK(memory->names().size() == 4);
    Client client;
    const auto repository = client.open(memory, kKeyFile);
    CHECK(repository->id() == report.repository);
    CHECK(repository->slot() == report.slot);
    CHECK(repository->config().store_properties == 1);
    CHECK(repository->config().shape == ShapeParameters{});
}

TEST_CASE("the recovery key opens the repository, another key does not", "[init]") {
    const auto memory = std::make_shared<MemoryBackend>();
    const InitReport report = init_repository(*memory, options(), 0);
    Client client;
    const Secret recovery = parse_key_text(report.recovery_key);
    CHECK(client.open(memory, recovery.view())->slot() == report.recovery_slot);
    const Bytes other(32, 0x12);
    CHECK(kind_of([&] { client.open(memory, other); }) == ErrorKind::WrongKey);
}

TEST_CASE("two repositories share neither id nor keys", "[init]") {
    const auto a = std::make_shared<MemoryBackend>(), b = std::make_shared<MemoryBackend>();
    init_repository(*a, options(), 0);
    init_repository(*b, options(), 0);
    Client client;
    const auto first = client.open(a, kKeyFile), second = client.open(b, kKeyFile);
    CHECK(first->id() != second->id());
    CHECK(first->keys().chunk_id(ChunkKind::Data, as_bytes("x")) !=
          second->keys().chunk_id(ChunkKind::Data, as_bytes("x")));
}

TEST_CASE("an init that fails at any call leaves no repository that looks whole", "[init]") {
    MemoryBackend counted;
    FaultyBackend calls(counted);
    init_repository(calls, options(), 0);
    const std::uint64_t count = calls.calls();
    REQUIRE(count >= 4);
    for (std::uint64_t k = 1; k <= count; ++k) {
        const auto memory = std::make_shared<MemoryBackend>();
        FaultyBackend faulty(*memory);
        faulty.inject({.nth = k});
        CHECK_THROWS_AS(init_repository(faulty, options(), 0), Error);
        CHECK_FALSE(memory->holds("config/1"));
    }
}

TEST_CASE("a slot that the store returns damaged ends the init", "[init]") {
    const auto memory = std::make_shared<MemoryBackend>();
    FaultyBackend faulty(*memory);
    faulty.inject({.effect = Effect::FlipByte, .call = Call::Get, .name_prefix = "keys/", .flip_at = 300});
    CHECK(kind_of([&] { init_repository(faulty, options(), 0); }) == ErrorKind::Corrupt);
    CHECK_FALSE(memory->holds("config/1"));
}

TEST_CASE("a local init makes a repository once, and only where nothing lies", "[init]") {
    const TemporaryFolder folder;
    const std::string place = folder.path() + "/new/repository";
    init_repository(place, options());
    Client client;
    CHECK_NOTHROW(client.open(std::shared_ptr<Backend>(open_local(place)), kKeyFile));
    CHECK(std::filesystem::file_size(place + "/reserve/space") == 0);
    CHECK(kind_of([&] { init_repository(place, options()); }) == ErrorKind::Exists);
    std::filesystem::create_directory(folder.path() + "/other");
    std::ofstream(folder.path() + "/other/file") << "mine";
    CHECK(kind_of([&] { init_repository(folder.path() + "/other", options()); }) == ErrorKind::Exists);
}

TEST_CASE("an empty password or none, and a weak one's strength, are refused before anything is made", "[init]") {
    const TemporaryFolder folder;
    InitOptions none;
    CHECK(kind_of([&] { init_repository(folder.path() + "/r", none); }) == ErrorKind::Usage);
    InitOptions empty = options();
    empty.credentials.password = ByteView();
    CHECK(kind_of([&] { init_repository(folder.path() + "/r", empty); }) == ErrorKind::Usage);
    CHECK_FALSE(std::filesystem::exists(folder.path() + "/r"));
}

TEST_CASE("what is no repository is NoRepository", "[init]") {
    Client client;
    CHECK(kind_of([&] { client.open(std::make_shared<MemoryBackend>(), kKeyFile); }) == ErrorKind::NoRepository);
}
