// A line an object: its name; of a mark its subject and sequence too; "named" at the end.
#include "store/objects_seen.h"

#include <filesystem>
#include <optional>
#include <sstream>
#include <tuple>

#include "store/backend/object_names.h"
#include "store/base/file.h"
#include "store/control_objects.h"
#include "store/seal/primitives.h"
#include "store/tombstones.h"

namespace vault {

namespace {

constexpr std::size_t kRememberedBytesMax = 256 << 20;
constexpr std::string_view kDecisions = "decision/", kKeys = "keys/", kMarks = "marks/", kSnapshots = "snapshots/",
                           kTombstones = "tombstones/", kBundles = "tombstones/bundle-";
const std::string kHold = "hold", kNamed = "named", kNoSubject = "-";

std::string path_of(const Repository& repository) {
    const std::string location = repository.backend().location();
    std::error_code failed;
    const std::filesystem::path place = std::filesystem::canonical(location, failed);
    const std::string hash = to_hex(sha256(as_bytes(failed ? location : place.string()))).substr(0, 16);
    return repository.state_folder() / ("objects-seen-" + hash);
}

bool is_remembered(const std::string& name) {
    for (const std::string_view folder : {kDecisions, kKeys, kMarks, kSnapshots, kTombstones})
        if (name.starts_with(folder)) return is_object_name(name) && !name.starts_with(kBundles);
    return false;
}

SeenObjects load(const Repository& repository) {
    SeenObjects seen;
    try {
        const auto text = read_small_file(path_of(repository), kRememberedBytesMax);
        std::istringstream lines(text ? std::string(as_text(*text)) : std::string());
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string name, last;
            SeenObject object;
            if (!(words >> name >> object.subject >> object.sequence) || !is_remembered(name)) continue;
            if (object.subject == kNoSubject) object.subject.clear();
            object.named = static_cast<bool>(words >> last) && last == kNamed;
            seen.insert_or_assign(name, std::move(object));
        }
    } catch (const Error&) {
        return {};
    }
    return seen;
}

void write(const Repository& repository, const SeenObjects& seen) {
    std::string text;
    for (const auto& [name, object] : seen)
        text += name + " " + (object.subject.empty() ? kNoSubject : object.subject) + " " +
                std::to_string(object.sequence) + (object.named ? " " + kNamed : "") + "\n";
    try {
        make_folders(repository.state_folder());
        replace_small_file(path_of(repository), as_bytes(text));
    } catch (const Error&) {
        // Without it a deletion is not told.
    }
}

std::string subject_of(const MarkKey& key) {
    if (key.first == MarkSubject::Hold) return kHold;
    return to_hex(sha256(as_bytes(std::to_string(static_cast<int>(key.first)) + key.second))).substr(0, 16);
}

SessionId sid_in(const std::string& name, std::string_view folder) {
    return SessionId::from_hex(std::string_view(name).substr(folder.size(), 2 * SessionId::kBytes));
}

// Whether of the mark's subject one stands that is newer than it, or that is new to this client.
bool is_answered(const Marks& marks, const SeenObjects& seen, const std::string& name, const SeenObject& mark) {
    const SessionId sid = sid_in(name, kMarks);
    const auto found = marks.by_snapshot.find(sid);
    if (found == marks.by_snapshot.end()) return false;
    for (const auto& [key, state] : found->second) {
        if (subject_of(key) != mark.subject) continue;
        const std::string counts = std::string(kMarks) + sid.hex() + "-" + state.random.hex();
        return !seen.contains(counts) || std::tie(state.sequence, counts) >= std::tie(mark.sequence, name);
    }
    return false;
}

class Missed {
  public:
    Missed(const Repository& repository, const SeenObjects& seen) : repository_(repository), seen_(seen) {}

    void look(const std::string& name, const SeenObject& object) {
        if (name.starts_with(kKeys)) {
            gone_.keys.push_back(name);
        } else if (name.starts_with(kMarks)) {
            mark(name, object);
        } else if (name.starts_with(kDecisions)) {
            keep(name, object, stands(name) ? nullptr : "it is gone, and nothing removes decisions");
        } else if (name.starts_with(kTombstones)) {
            const Forgotten forgotten = look_for(sid_in(name, kTombstones));
            keep(name, object,
                 forgotten == Forgotten::No ? "it is gone, and with it that this snapshot was forgotten" : nullptr);
        } else if (stands(name)) {
            keep(name, object, nullptr);
        } else {
            const Forgotten forgotten = look_for(sid_in(name, kSnapshots));
            if (forgotten == Forgotten::Yes) return;
            keep(name, object, forgotten == Forgotten::No ? "it is gone without having been forgotten" : nullptr);
        }
    }

    GoneObjects take() { return std::move(gone_); }

  private:
    enum class Forgotten { Yes, No, Unknown };

    bool stands(const std::string& name) const { return object_exists(repository_.backend(), name); }

    void mark(const std::string& name, const SeenObject& object) {
        const SessionId sid = sid_in(name, kMarks);
        if (!stands(std::string(kSnapshots) + sid.hex())) {
            if (look_for(sid) != Forgotten::Yes) keep(name, object, nullptr);
            return;
        }
        if (!marks_) marks_ = read_marks(repository_);
        if (is_answered(*marks_, seen_, name, object)) return;
        keep(name, object, "it is gone though its snapshot stands, which may have lost a tag or a hold");
    }

    // Read when it is asked for: later than what is missed.
    Forgotten look_for(const SessionId& sid) {
        if (!tombstones_) tombstones_ = list_tombstones(repository_);
        if (tombstones_->forgotten.contains(sid)) return Forgotten::Yes;
        const bool may_be = tombstones_->doubtful.contains(sid) || !tombstones_->unreadable_bundles.empty();
        return may_be ? Forgotten::Unknown : Forgotten::No;
    }

    void keep(const std::string& name, const SeenObject& object, const char* why) {
        gone_.remembered.emplace(name, object);
        if (why != nullptr && !object.named) gone_.deleted.push_back({name, ErrorKind::NotFound, why});
    }

    const Repository& repository_;
    const SeenObjects& seen_;
    std::optional<Tombstones> tombstones_;
    std::optional<Marks> marks_;
    GoneObjects gone_;
};

}  // namespace

SeenObject seen_mark(const MarkRecord& mark) { return {subject_of({mark.subject, mark.text}), mark.sequence, false}; }

GoneObjects what_is_gone(const Repository& repository, const SeenObjects& standing) {
    const SeenObjects seen = load(repository);
    Missed missed(repository, seen);
    for (const auto& [name, object] : seen)
        if (!standing.contains(name)) missed.look(name, object);
    return missed.take();
}

void remember_objects(const Repository& repository, SeenObjects standing, const SeenObjects& gone,
                      const std::set<std::string>& damaged) {
    const SeenObjects before = load(repository);
    std::erase_if(standing, [&](const auto& object) {
        return !is_remembered(object.first) || damaged.contains(object.first);
    });
    for (const std::string& name : damaged)
        if (const auto known = before.find(name); known != before.end()) standing.insert(*known);
    standing.insert(gone.begin(), gone.end());
    if (standing == before) return;
    try {
        repository.backend().sync();
    } catch (const Error&) {
        return;
    }
    write(repository, standing);
}

void mark_as_named(const Repository& repository, const std::set<std::string>& names) {
    SeenObjects seen = load(repository);
    bool any = false;
    for (auto& [name, object] : seen)
        if (names.contains(name) && !object.named) any = object.named = true;
    if (any) write(repository, seen);
}

std::vector<std::string> named_objects(const Repository& repository) {
    std::vector<std::string> names;
    for (const auto& [name, object] : load(repository))
        if (object.named) names.push_back(name);
    return names;
}

void forget_object(const Repository& repository, const std::string& name) {
    SeenObjects seen = load(repository);
    if (seen.erase(name) > 0) write(repository, seen);
}

std::set<SessionId> missed_holds(const Repository& repository, const Marks& marks) {
    const SeenObjects seen = load(repository);
    std::set<SessionId> sids;
    for (const auto& [name, object] : seen)
        if (object.subject == kHold && !is_answered(marks, seen, name, object))
            sids.insert(sid_in(name, kMarks));
    return sids;
}

}  // namespace vault
