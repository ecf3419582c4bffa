// Every object of a small repository that holds every kind is damaged in every way: check finds it and names it,
// readers never get wrong bytes, and what check says is harmed is exactly what cannot be had.
//
// A part of the positions is taken, which is printed; VAULT_SOAK=1 takes them all (an hour or so).
#include <catch2/catch.hpp>

#include <iostream>
#include <random>

#include "store/backend/object_names.h"
#include "store/check.h"
#include "store/format/manifest_key.h"
#include "store/index_directories.h"
#include "tests/support/effort.h"
#include "tests/support/every_object.h"

using namespace vault;

namespace {

// Under a sanitizer one change in six is judged.
// Random positions of flips in small objects and in packs, where not all are taken.
std::size_t small_flips() { return soak() ? 65'536 : kSanitized ? 1 : 10; }
std::size_t pack_flips() { return soak() ? 2'000 : kSanitized ? 2 : 12; }

struct Mutation {
    std::string what;
    StoredObjects objects;
    std::set<std::string> named;  // a check must name one of these at least
    bool may_stay_unnoticed = false;
    bool seen_before = false;  // by the client that judges
    bool is_legal = false;     // nothing may be said
};

// What check says cannot be had, in the form in which a reader meets it.
struct Verdict {
    bool sound = true;
    std::set<std::string> named;
    std::map<SessionId, std::set<std::string>> harmed;
    std::vector<HarmedEntry> hidden;
};

enum class Record { Nothing, All };

Verdict verdict_of(const Repository& repository, Record record = Record::Nothing) {
    CheckOptions options;
    options.read_data = true;
    options.record = record == Record::All;
    options.threads = 2;
    CheckProgress progress;
    Verdict verdict;
    const CheckReport report = check(
        repository, options, progress,
        [&](const HarmedEntry& entry) {
            if (entry.hidden_entries > 0) verdict.hidden.push_back(entry);
            else verdict.harmed[entry.snapshot].insert(entry.path);
        },
        [] { return false; });
    verdict.sound = report.sound();
    for (const DamagedObject& object : report.damage.objects) verdict.named.insert(object.name);
    for (const auto& [id, pack] : report.damage.packs) verdict.named.insert(pack_name(id));
    return verdict;
}

std::string key_of_path(const std::string& path) { return manifest_key(components_of_path(path)); }

void add_hidden(Verdict& verdict, const ReadSnapshots& intact) {
    for (const HarmedEntry& hidden : verdict.hidden)
        for (const auto& [path, bytes] : intact.at(hidden.snapshot)) {
            const std::string key = key_of_path(path);
            const bool behind = hidden.path.empty() || key > key_of_path(hidden.path);
            const bool all = hidden.last_path == "/";  // the root node itself
            if (behind && (all || key <= key_of_path(hidden.last_path))) verdict.harmed[hidden.snapshot].insert(path);
        }
}

// Nothing: as it must be.
std::string judge(EveryObject& store, const Mutation& mutation) {
    std::unique_ptr<Repository> repository;
    try {
        repository = store.open(mutation.seen_before ? store.objects() : mutation.objects);
        if (mutation.seen_before) {
            if (!verdict_of(*repository, Record::All).sound) return "check found damage before";
            store.backend().restore(mutation.objects);
        }
    } catch (const Error& error) {
        // It cannot even be opened: found, and no byte is wrong.
        const bool fits = error.kind() == ErrorKind::Corrupt || error.kind() == ErrorKind::Unsupported ||
                          error.kind() == ErrorKind::NoRepository || error.kind() == ErrorKind::WrongKey;
        return fits ? "" : std::string("opening: ") + error.what();
    }
    Verdict verdict = verdict_of(*repository);
    if (verdict.sound && !mutation.may_stay_unnoticed) return "check found nothing";
    if (!verdict.sound && mutation.is_legal) return "check named " + *verdict.named.begin();
    if (!verdict.sound) {
        bool is_named = false;
        for (const std::string& name : mutation.named) is_named = is_named || verdict.named.contains(name);
        if (!is_named) return "check named " + (verdict.named.empty() ? "nothing" : *verdict.named.begin());
    }
    add_hidden(verdict, store.intact());
    for (const auto& [sid, entries] : store.read(*repository)) {
        const auto intact = store.intact().find(sid);
        if (intact == store.intact().end()) continue;
        for (const auto& [path, bytes] : entries) {
            if (bytes && bytes != intact->second.at(path)) return "wrong bytes for " + path;
            const bool harmed = verdict.harmed[sid].contains(path);
            if (!bytes && !harmed) return path + " cannot be had, and check did not name it";
            if (bytes && harmed) return path + " can be had, and check named it as harmed";
        }
    }
    return "";
}

class Mutations {
  public:
    explicit Mutations(EveryObject& store) : store_(store) {}

    std::uint64_t run(const std::string& name) {
        const Bytes& object = store_.objects().at(name);
        for (const std::size_t position : positions(name, object)) {
            Bytes changed = object;
            changed[position] ^= static_cast<std::uint8_t>(1u << (position % 8));
            put(name, "a bit flipped at " + std::to_string(position), changed);
        }
        for (const std::size_t length : {std::size_t{0}, std::size_t{1}, object.size() / 2, object.size() - 1})
            put(name, "cut to " + std::to_string(length), to_bytes(ByteView(object).first(length)));
        for (const std::size_t more : {1, 4096}) {
            Bytes longer = object;
            longer.resize(object.size() + more);
            std::fill(longer.begin() + std::ptrdiff_t(object.size()), longer.end(), std::uint8_t{0});
            put(name, "longer by " + std::to_string(more), longer);
        }
        remove(name);
        swaps(name);
        duplicate(name);
        return count_;
    }

  private:
    std::vector<std::size_t> positions(const std::string& name, const Bytes& object) {
        const bool is_pack = name.starts_with("packs/");
        const std::size_t wanted = is_pack ? pack_flips() : small_flips();
        std::set<std::size_t> found{10, 20, 56, object.size() - 1};
        if (!kSanitized) found.insert({0, 8, 12, 13, 16, 24, 55});
        if (is_pack) boundaries(name, object, found);
        if (!is_pack && wanted >= object.size()) {
            for (std::size_t i = 0; i < object.size(); ++i) found.insert(i);
        } else {
            std::mt19937_64 random(std::hash<std::string>()(name.substr(0, name.find('/'))));
            for (std::size_t i = 0; i < wanted; ++i) found.insert(random() % object.size());
        }
        share_[is_pack ? 1 : 0].first += found.size();
        share_[is_pack ? 1 : 0].second += is_pack ? found.size() : object.size();
        return {found.begin(), found.end()};
    }

    // The first and last byte of each part of a pack; of the boxes only some where not all are taken.
    void boundaries(const std::string& name, const Bytes& object, std::set<std::size_t>& found) {
        const auto repository = store_.open(store_.objects());
        const FoundDirectory own =
            read_directory(repository->backend(), repository->keys(), {name, object.size(), 0}, *pack_of_name(name));
        std::size_t at = kPackHeaderBytes, box = 0;
        found.insert(at - 1);
        for (const DirectoryBox& each : own.directory.boxes) {
            if (soak() || box++ < 3 || &each == &own.directory.boxes.back())
                found.insert({at, at + 24, at + each.sealed_bytes - 1});
            at += each.sealed_bytes;
        }
        const std::size_t trailer = object.size() - kPackTrailerBytes;
        const std::size_t directory = trailer - own.encoded.size() - kSealOverheadBytes;
        found.insert({at, directory - 1, directory, trailer - 1, trailer});
    }

    void judge_one(Mutation mutation) {
        if (kSanitized && made_++ % 6 != 0) return;
        ++count_;
        std::string why;
        try {
            why = judge(store_, mutation);
        } catch (const std::exception& error) {
            why = std::string("threw: ") + error.what();
        }
        if (!why.empty()) FAIL_CHECK(mutation.what << ": " << why);
    }

    void put(const std::string& name, const std::string& what, Bytes bytes, bool may_stay_unnoticed = false) {
        Mutation mutation{name + ", " + what, store_.objects(), {name}, may_stay_unnoticed};
        mutation.objects[name] = std::move(bytes);
        judge_one(std::move(mutation));
    }

    // Nothing names the small objects of the protocol, keys, or the newest snapshot: only a client that saw them can
    // tell that they are gone. It must not where a rule could have taken them (`may_go`). Keys and copies of
    // directories that are gone are told of, but are no damage.
    void remove(const std::string& name) {
        const auto is_in = [&](const char* folder) { return name.starts_with(folder); };
        const bool is_named = is_in("packs/") || is_in("config/") || is_in("keyring/");
        Mutation mutation{name + ", removed", store_.objects(), {name}, !is_named};
        mutation.objects.erase(name);
        judge_one(mutation);
        if (is_named || is_in("keys/") || is_in("dirs/")) return;
        mutation.what += " after it was seen";
        mutation.is_legal = mutation.may_stay_unnoticed = may_go(name);
        mutation.seen_before = true;
        if (is_in("tombstones/bundle-")) mutation.named = {"tombstones/" + EveryObject::bundled().hex()};
        judge_one(std::move(mutation));
    }

    // The forgotten snapshot, the lists of a prune that has its decision, the record on a pack that is gone.
    bool may_go(const std::string& name) const {
        const auto stands = [&](const std::string& other) { return store_.objects().contains(other); };
        const std::string leaf = name.substr(name.find('/') + 1);
        if (name.starts_with("snapshots/")) return stands("tombstones/" + leaf);
        if (name.starts_with("condemned/") || name.starts_with("waiting/")) return stands("decision/" + leaf);
        if (name.starts_with("damaged/")) return !stands(pack_name(PackId::from_hex(leaf.substr(0, 64))));
        return false;
    }

    void swaps(const std::string& name) {
        const std::string folder = name.substr(0, name.find('/'));
        std::string same, other;
        for (const auto& [candidate, bytes] : store_.objects()) {
            if (candidate == name || candidate.starts_with("reserve/")) continue;
            (candidate.starts_with(folder + "/") ? same : other) = candidate;
        }
        for (const std::string& with : {same, other}) {
            if (with.empty()) continue;
            Mutation swapped{name + ", swapped with " + with, store_.objects(), {name, with}, false};
            std::swap(swapped.objects[name], swapped.objects[with]);
            judge_one(std::move(swapped));
            put(name, "replaced by " + with, store_.objects().at(with));
        }
    }

    void duplicate(const std::string& name) {
        // Another name of the same form: the last digit of each number changed.
        std::string twin = name;
        std::size_t digit = twin.find_first_of(".-", twin.find('/'));
        digit = digit == std::string::npos || twin.find("bundle") != std::string::npos ? twin.size() - 1 : digit - 1;
        twin[digit] = twin[digit] == '1' ? '2' : '1';
        if (store_.objects().contains(twin)) return;
        Mutation mutation{name + ", also as " + twin, store_.objects(), {twin}, false};
        mutation.objects[twin] = store_.objects().at(name);
        judge_one(std::move(mutation));
    }

    EveryObject& store_;
    std::uint64_t count_ = 0, made_ = 0;

  public:
    std::pair<std::uint64_t, std::uint64_t> share_[2];  // small objects, packs: positions taken, of
};

}  // namespace

TEST_CASE("whatever is done to one object is found by check, contained, and never gives wrong bytes", "[corruption]") {
    EveryObject store;
    std::set<std::string> folders;
    for (const auto& [name, bytes] : store.objects()) folders.insert(name.substr(0, name.find('/')));
    for (const std::string& folder : EveryObject::folders()) REQUIRE(folders.contains(folder));
    REQUIRE(store.intact().size() == 2);
    {
        const auto repository = store.open(store.objects());
        REQUIRE(verdict_of(*repository).sound);
        REQUIRE(store.read(*repository) == store.intact());
    }
    Mutations mutations(store);
    std::uint64_t count = 0;
    for (const auto& [name, bytes] : store.objects())
        if (!name.starts_with("reserve/") && !name.starts_with("tmp/")) count = mutations.run(name);
    std::cout << count << " changes of " << store.objects().size() << " objects; bits flipped at "
              << mutations.share_[0].first << " of " << mutations.share_[0].second
              << " positions of small objects and at " << mutations.share_[1].first << " of packs\n";
}
