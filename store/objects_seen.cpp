// A line an object: its name; of a mark its subject, text and sequence too; "fence"; "accepted" at the end.
#include "store/objects_seen.h"

#include <algorithm>
#include <sstream>
#include <tuple>

#include "store/backend/object_names.h"
#include "store/base/text.h"
#include "store/control_objects.h"
#include "store/quarantine.h"
#include "store/remembered.h"
#include "store/tombstones.h"

namespace vault {

namespace {

constexpr std::string_view kCondemned = "condemned/", kConfigs = "config/", kDamaged = "damaged/",
                           kDecisions = "decision/", kKeyrings = "keyring/", kKeys = "keys/", kMarks = "marks/",
                           kSessions = "sessions/", kSnapshots = "snapshots/", kTombstones = "tombstones/",
                           kBundles = "tombstones/bundle-", kWaiting = "waiting/";
constexpr std::string_view kFence = "fence", kAccepted = "accepted";

bool is_remembered(const std::string& name) {
    for (const std::string_view folder : {kCondemned, kConfigs, kDamaged, kDecisions, kKeyrings, kKeys, kMarks,
                                          kSessions, kSnapshots, kTombstones, kWaiting})
        if (name.starts_with(folder)) return is_object_name(name) && !name.starts_with(kBundles);
    return false;
}

// " 1:6b657074 2": of a tag "kept", its second mark.
std::string to_words(const SeenObject& object) {
    std::string words;
    if (object.mark)
        words = " " + std::to_string(static_cast<int>(object.mark->first)) + ":" +
                to_hex(as_bytes(object.mark->second)) + " " + std::to_string(object.sequence);
    if (object.fence) words += " " + std::string(kFence);
    if (object.accepted) words += " " + std::string(kAccepted);
    return words;
}

// Throws Error where that is no mark.
void read_mark(const std::string& word, std::istringstream& words, SeenObject& object) {
    const std::size_t colon = word.find(':');
    if (colon != 1 || !(words >> object.sequence)) throw Error(ErrorKind::Corrupt, "no mark");
    object.mark.emplace(static_cast<MarkSubject>(word[0] - '0'), std::string(as_text(from_hex(word.substr(2)))));
}

SeenObjects load(const std::string& path, std::string& unread) {
    SeenObjects seen;
    std::istringstream lines(read_remembered(path, unread));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        SeenObject object;
        if (!(words >> name) || !is_remembered(name)) continue;
        try {
            for (std::string word; words >> word;) {
                if (word == kAccepted) object.accepted = true;
                else if (word == kFence) object.fence = true;
                else read_mark(word, words, object);
            }
        } catch (const Error&) {
            continue;
        }
        if (name.starts_with(kMarks) == object.mark.has_value()) seen.insert_or_assign(name, std::move(object));
    }
    return seen;
}

// Whether on the mark's subject one stands that is newer than it, or that is new to this client.
bool is_answered(const Marks& marks, const SeenObjects& seen, const std::string& name, const SeenObject& mark) {
    const SessionId sid = session_of_name(name);
    const MarkState* state = marks.find(sid, *mark.mark);
    if (state == nullptr) return false;
    const std::string counts = std::string(kMarks) + sid.hex() + "-" + state->random.hex();
    return !seen.contains(counts) || std::tie(state->sequence, counts) >= std::tie(mark.sequence, name);
}

// Looks once more for what is not listed: first for all of it, and then for what would explain that it is gone, which
// was put before the object went.
class Missed {
  public:
    Missed(const Repository& repository, const SeenObjects& seen, SeenObjects& next)
        : repository_(repository), seen_(seen), next_(next) {}

    void look(const std::string& name, const SeenObject& object) {
        if (name.starts_with(kKeys)) return gone_.keys.push_back(name);
        // A mark that a repair moved stands under its name no more, whatever else is put.
        if (stands(name) || (name.starts_with(kMarks) && stands(quarantine_name(name))))
            return keep(name, object, std::nullopt);
        missed_.push_back({name, object, is_of_run(name) && stands(snapshot_of(name))});
    }

    GoneObjects judge() {
        for (const One& one : missed_) judge(one);
        return std::move(gone_);
    }

  private:
    enum class Forgotten { Yes, No, Unknown };
    struct One {
        const std::string& name;
        const SeenObject& object;
        bool snapshot_stands = false;  // of what is of a run, see is_of_run(): its commit or fence
    };

    void judge(const One& one) {
        const auto& [name, object, snapshot_stands] = one;
        if (name.starts_with(kMarks)) return mark(name, object, snapshot_stands);
        if (name.starts_with(kDecisions)) return keep(name, object, "it is gone, and nothing removes decisions");
        if (name.starts_with(kConfigs)) return generation(name, object, kConfigs);
        if (name.starts_with(kKeyrings)) return generation(name, object, kKeyrings);
        if (name.starts_with(kDamaged)) return damage(name, object);
        if (name.starts_with(kCondemned)) return list(name, object, kCondemned);
        if (name.starts_with(kWaiting)) return list(name, object, kWaiting);
        if (name.starts_with(kSessions) && snapshot_stands) return;
        if (name.starts_with(kTombstones) && !snapshot_stands) ++gone_.pruned;
        run(name, object);
    }

    static bool is_of_run(const std::string& name) {
        return name.starts_with(kMarks) || name.starts_with(kSessions) || name.starts_with(kTombstones);
    }

    static std::string snapshot_of(const std::string& name) {
        return std::string(kSnapshots) + session_of_name(name).hex();
    }

    bool stands(const std::string& name) const { return object_may_exist(repository_.backend(), name); }

    // Nothing says that a snapshot is forgotten but its tombstone, by itself or in a bundle. With that, a commit or
    // fence may go; with either of these, what a run puts while it is at work.
    void run(const std::string& name, const SeenObject& object) {
        const bool is_tombstone = name.starts_with(kTombstones);
        const Forgotten forgotten = look_for(session_of_name(name));
        if (!is_tombstone && forgotten == Forgotten::Yes) return;
        if (forgotten == Forgotten::Unknown) return keep(name, object, std::nullopt);
        if (is_tombstone) return keep(name, object, "the note that this snapshot was forgotten is gone");
        if (object.fence) return keep(name, object, "the note that this run ended without a snapshot is gone");
        if (name.starts_with(kSessions)) return keep(name, object, "it is gone, and nothing says how its run ended");
        keep(name, object, "it is gone without having been forgotten");
    }

    // It goes when the list has a decision that was carried out.
    void list(const std::string& name, const SeenObject& object, std::string_view folder) {
        if (!stands(std::string(kDecisions) + name.substr(folder.size())))
            keep(name, object, "it is gone, and no decision on its list stands");
    }

    // It goes when its pack has gone.
    void damage(const std::string& name, const SeenObject& object) {
        const PackId pack = PackId::from_hex(std::string_view(name).substr(kDamaged.size(), 2 * PackId::kBytes));
        if (stands(pack_name(pack))) keep(name, object, "it is gone though its pack is there");
    }

    // It matters no more once there is a newer one, which a repair makes where one is damaged or gone.
    void generation(const std::string& name, const SeenObject& object, std::string_view folder) {
        const std::uint64_t number = generation_number(name, folder);
        const auto is_newer = [&](const ObjectInfo& info) { return generation_number(info.name, folder) > number; };
        if (std::ranges::none_of(repository_.backend().list(std::string(folder)), is_newer))
            keep(name, object, "it is gone, and an older one counts");
    }

    void mark(const std::string& name, const SeenObject& object, bool snapshot_stands) {
        const SessionId sid = session_of_name(name);
        if (!snapshot_stands) {
            if (look_for(sid) != Forgotten::Yes) keep(name, object, std::nullopt);
            return;
        }
        if (!marks_) marks_ = read_marks(repository_);
        if (is_answered(*marks_, seen_, name, object)) return;
        const std::string snapshot = " of snapshot " + sid.hex();
        if (object.mark->first == MarkSubject::Tag)
            return keep(name, object, "what set or removed the tag " + escaped(object.mark->second) + snapshot +
                                          " is gone");
        keep(name, object, (object.mark->first == MarkSubject::Hold ? "a hold or release" : "a comment") + snapshot +
                               " is gone");
    }

    Forgotten look_for(const SessionId& sid) {
        if (!tombstones_) tombstones_ = list_tombstones(repository_);
        if (tombstones_->forgotten.contains(sid)) return Forgotten::Yes;
        const bool may_be = tombstones_->doubtful.contains(sid) || !tombstones_->unreadable_bundles.empty();
        return may_be ? Forgotten::Unknown : Forgotten::No;
    }

    // `why` it is damage; nothing: it may not be.
    void keep(const std::string& name, const SeenObject& object, std::optional<std::string> why) {
        next_.emplace(name, object);
        if (!why || object.accepted) return;
        gone_.deleted.push_back({name, ErrorKind::NotFound, std::move(*why)});
        if (object.fence) gone_.fences.insert(session_of_name(name));
    }

    const Repository& repository_;
    const SeenObjects& seen_;
    SeenObjects& next_;
    std::vector<One> missed_;
    std::optional<Tombstones> tombstones_;
    std::optional<Marks> marks_;
    GoneObjects gone_;
};

}  // namespace

ObjectsSeen::ObjectsSeen(const Repository& repository)
    : repository_(repository), path_(remembered_file_of_place(repository, "objects-seen")),
      seen_(load(path_, unread_)) {}

GoneObjects ObjectsSeen::compare(SeenObjects standing) {
    next_ = std::move(standing);
    std::erase_if(next_, [](const auto& object) { return !is_remembered(object.first); });
    Missed missed(repository_, seen_, next_);
    for (const auto& [name, object] : seen_)
        if (!next_.contains(name)) missed.look(name, object);
    return missed.judge();
}

std::string ObjectsSeen::remember(const std::set<std::string>& damaged) {
    for (const std::string& name : damaged) {
        next_.erase(name);
        if (const auto before = seen_.find(name); before != seen_.end()) next_.insert(*before);
    }
    if (!unread_.empty()) return unread_;  // it may tell yet what was missed
    if (next_ == seen_) return "";
    try {
        repository_.backend().sync();
    } catch (const Error& error) {
        return error.what();
    }
    return write(next_);
}

bool ObjectsSeen::accept(const std::set<std::string>& names) {
    SeenObjects objects = seen_;
    for (auto& [name, object] : objects) object.accepted |= names.contains(name);
    return write(std::move(objects)).empty();
}

std::vector<std::string> ObjectsSeen::accepted() const {
    std::vector<std::string> names;
    for (const auto& [name, object] : seen_)
        if (object.accepted) names.push_back(name);
    return names;
}

void ObjectsSeen::forget(const std::string& name) {
    SeenObjects objects = seen_;
    objects.erase(name);
    write(std::move(objects));
}

bool ObjectsSeen::knows_end_of(const SessionId& sid) const {
    if (seen_.contains(std::string(kTombstones) + sid.hex())) return true;
    const auto seen = seen_.find(std::string(kSnapshots) + sid.hex());
    return seen != seen_.end() && seen->second.fence;
}

std::set<SessionId> ObjectsSeen::missed_holds(const Marks& marks) const {
    std::set<SessionId> sids;
    for (const auto& [name, object] : seen_)
        if (object.mark && object.mark->first == MarkSubject::Hold && !is_answered(marks, seen_, name, object))
            sids.insert(session_of_name(name));
    return sids;
}

std::string ObjectsSeen::write(SeenObjects objects) {
    if (!unread_.empty() || objects == seen_) return unread_;
    std::string text;
    for (const auto& [name, object] : objects)
        text += name + to_words(object) + "\n";
    std::string why = write_remembered(path_, text);
    if (why.empty()) seen_ = std::move(objects);
    return why;
}

}  // namespace vault
