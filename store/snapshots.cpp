// Commits without tombstones, marks applied, in order of time; references to them.
#include "store/snapshots.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <unordered_map>

#include "store/backend/object_names.h"
#include "store/base/text.h"
#include "store/civil_time.h"
#include "store/finding.h"
#include "store/format/manifest_key.h"
#include "store/marks.h"
#include "store/objects_seen.h"
#include "store/seal/object.h"
#include "store/tombstones.h"

namespace vault {

namespace {

constexpr std::string_view kSnapshotFolder = "snapshots/";
constexpr std::size_t kPrefixDigitsMin = 4;
constexpr std::size_t kCandidatesNamed = 5;

void apply_marks(const Marks& marks, Snapshot& snapshot) {
    snapshot.held = false;  // it may be one read earlier, whose marks went meanwhile
    snapshot.may_be_held = marks.may_be_held.contains(snapshot.sid);
    std::set<std::string> tags(snapshot.record.tags.begin(), snapshot.record.tags.end());
    if (const auto found = marks.by_snapshot.find(snapshot.sid); found != marks.by_snapshot.end()) {
        for (const auto& [subject, state] : found->second) {
            if (subject.first == MarkSubject::Hold) snapshot.held = state.action == MarkAction::Add;
            if (subject.first != MarkSubject::Tag) continue;
            if (state.action == MarkAction::Add)
                tags.insert(subject.second);
            else
                tags.erase(subject.second);
        }
    }
    snapshot.tags.assign(tags.begin(), tags.end());
}

bool any_of_or_empty(const std::vector<std::string>& wanted, const std::string& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

std::vector<const Snapshot*> eligible_for_latest(const SnapshotListing& listing, const SnapshotFilter& filter) {
    std::vector<const Snapshot*> found;
    for (const Snapshot& snapshot : listing.live)
        if (!snapshot.record.incomplete && filter.matches(snapshot)) found.push_back(&snapshot);
    return found;
}

// Which snapshot is the newest cannot be told while one cannot be read.
void require_all_readable(const SnapshotListing& listing, const std::string& reference) {
    if (listing.unreadable.empty()) return;
    throw Error(ErrorKind::Corrupt, "what " + escaped(reference) + " means cannot be told, since " +
                                        listing.unreadable.begin()->second +
                                        "; name a snapshot by its id (vault snapshots)");
}

const Snapshot& resolve_latest(const SnapshotListing& listing, const std::string& reference,
                               const SnapshotFilter& filter) {
    require_all_readable(listing, reference);
    std::size_t back = 0;
    if (const std::size_t tilde = reference.find('~'); tilde != std::string::npos) {
        const std::string digits = reference.substr(tilde + 1);
        if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
            throw Error(ErrorKind::Usage, "in " + escaped(reference) + " a number must follow ~");
        back = std::strtoul(digits.c_str(), nullptr, 10);
    }
    const auto found = eligible_for_latest(listing, filter);
    if (found.empty())
        throw Error(ErrorKind::NotFound,
                    filter.is_empty() ? "there is no snapshot yet" : "there is no snapshot that matches");
    if (back >= found.size())
        throw Error(ErrorKind::NotFound,
                    "there are only " + std::to_string(found.size()) + " snapshots to count back from the latest");
    return *found[found.size() - 1 - back];
}

const Snapshot& resolve_series_at(const SnapshotListing& listing, const std::string& series, const std::string& when) {
    const Time until = parse_civil_time(when, RoundTo::End);
    require_all_readable(listing, series + "@" + when);
    const Snapshot* newest = nullptr;
    for (const Snapshot& snapshot : listing.live)
        if (snapshot.record.series == series && !snapshot.record.incomplete && snapshot.record.time <= until)
            newest = &snapshot;
    if (newest == nullptr)
        throw Error(ErrorKind::NotFound,
                    "the series " + escaped(series) + " has no snapshot at or before " + escaped(when));
    return *newest;
}

const Snapshot& resolve_prefix(const std::vector<Snapshot>& snapshots, const SnapshotListing& listing,
                               const std::string& prefix, std::string_view what) {
    std::vector<const Snapshot*> found;
    for (const Snapshot& snapshot : snapshots)
        if (snapshot.sid.hex().starts_with(prefix)) found.push_back(&snapshot);
    for (const auto& [sid, why] : listing.unreadable)
        if (found.empty() && sid.hex().starts_with(prefix)) throw Error(ErrorKind::Corrupt, why);
    if (found.empty())
        throw Error(ErrorKind::NotFound, "no " + std::string(what) + " has an id that starts with " + prefix);
    if (found.size() > 1) {
        std::string names;
        for (std::size_t i = 0; i < std::min(found.size(), kCandidatesNamed); ++i)
            names += " " + found[i]->sid.hex().substr(0, 12);
        throw Error(ErrorKind::NotFound,
                    "more than one " + std::string(what) + " has an id that starts with " + prefix + ":" + names);
    }
    return *found[0];
}

bool is_time(const std::string& text) {
    try {
        parse_civil_time(text, RoundTo::End);
        return true;
    } catch (const Error&) {
        return false;
    }
}

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

bool is_id_prefix(std::string_view text) {
    return text.size() >= kPrefixDigitsMin && text.size() <= 2 * SessionId::kBytes && is_hex(text);
}

bool is_older(const Snapshot& a, const Snapshot& b) {
    return std::tie(a.record.time, a.record.started, a.sid) < std::tie(b.record.time, b.record.started, b.sid);
}

SnapshotListing list_commits(const Repository& repository, const std::vector<Snapshot>& known, Forgotten forgotten) {
    SnapshotListing listing;
    std::unordered_map<SessionId, const Snapshot*> read_before;
    for (const Snapshot& snapshot : known) read_before.emplace(snapshot.sid, &snapshot);
    Backend& backend = repository.backend();
    const Tombstones tombstones = list_tombstones(repository);
    for (const auto& [sid, why] : tombstones.doubtful) listing.damaged.push_back(why);
    for (const std::string& why : tombstones.unreadable_bundles) listing.damaged.push_back(why);
    if (!tombstones.unreadable_bundles.empty()) listing.tombstones_missing = tombstones.unreadable_bundles.front();
    for (const ObjectInfo& info : backend.list(std::string(kSnapshotFolder))) {
        Snapshot snapshot;
        snapshot.sid = session_of_name(info.name);
        const bool is_forgotten = tombstones.forgotten.contains(snapshot.sid);
        const bool tombstone_unreadable = !is_forgotten && tombstones.doubtful.contains(snapshot.sid);
        if (is_forgotten && forgotten == Forgotten::Skip) continue;
        if (const auto before = read_before.find(snapshot.sid); before != read_before.end()) {
            std::vector<Snapshot>& list = is_forgotten ? listing.forgotten : listing.live;
            list.push_back(*before->second);
            list.back().tombstone_unreadable = tombstone_unreadable;
            continue;
        }
        try {
            const Bytes object = backend.get(info.name);
            const OpenedObject opened = open_object(repository.keys(), info.name, object);
            if (opened.envelope.kind == ObjectKind::Fence) continue;  // authenticated: one flipped bit makes no fence
            snapshot.record = decode_padded(opened, info.name, decode_commit);
            if (snapshot.record.sid != snapshot.sid) throw Error(ErrorKind::Corrupt, "it holds another snapshot's id");
            snapshot.hash = ObjectHash{sha256(object)};
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) continue;  // removed since it was listed
            // One object that is damaged or cannot be read takes no other snapshot away.
            if (!is_finding(error) && error.kind() != ErrorKind::Denied) throw;
            const std::string why = with_context(info.name, error).what();
            listing.unreadable[snapshot.sid] = why;
            listing.damaged.push_back(why);
            continue;
        }
        snapshot.tombstone_unreadable = tombstone_unreadable;
        (is_forgotten ? listing.forgotten : listing.live).push_back(std::move(snapshot));
    }
    return listing;
}

void apply_marks(const Marks& marks, SnapshotListing& listing) {
    listing.damaged.insert(listing.damaged.end(), marks.damaged.begin(), marks.damaged.end());
    for (std::vector<Snapshot>* list : {&listing.live, &listing.forgotten}) {
        for (Snapshot& snapshot : *list) apply_marks(marks, snapshot);
        std::sort(list->begin(), list->end(), is_older);
    }
}

// `text` cut before the ':' at `colon`, if there is one.
SnapshotReference split_before_path(const std::string& text, std::size_t colon) {
    if (colon == std::string::npos) return {text};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

bool SnapshotFilter::matches(const Snapshot& snapshot) const {
    const bool tagged = tags.empty() || std::any_of(snapshot.tags.begin(), snapshot.tags.end(),
                                                    [&](const std::string& tag) { return any_of_or_empty(tags, tag); });
    return tagged && any_of_or_empty(series, snapshot.record.series) && any_of_or_empty(hosts, snapshot.record.host);
}

SnapshotListing list_snapshots(const Repository& repository, const std::vector<Snapshot>& known,
                               Forgotten forgotten) {
    SnapshotListing listing = list_commits(repository, known, forgotten);
    apply_marks(read_marks(repository), listing);
    return listing;
}

SnapshotListing list_snapshots_and_missed_holds(const Repository& repository) {
    SnapshotListing listing = list_commits(repository, {}, Forgotten::Skip);
    Marks marks = read_marks(repository);
    const ObjectsSeen seen(repository);
    marks.may_be_held.merge(seen.missed_holds(marks));
    apply_marks(marks, listing);
    listing.holds_unknown = seen.unread();
    return listing;
}

SnapshotReference parse_reference(const std::string& text) {
    const std::size_t colon = text.find(":/");  // a path is absolute, a time has no slash
    const std::string_view head = std::string_view(text).substr(0, colon);
    if (head == "latest" || head.starts_with("latest~") || (head.size() == 2 * SessionId::kBytes && is_hex(head)))
        return split_before_path(text, colon);
    for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
        const std::size_t path = text.find(":/", at);
        if (is_time(text.substr(at + 1, path - at - 1))) return split_before_path(text, path);
    }
    const std::size_t last = text.rfind('@');
    if (is_hex(head) || last == std::string::npos) return split_before_path(text, colon);
    return split_before_path(text, text.find(":/", last));  // a series with a bad time: resolve() says so
}

const Snapshot& resolve(const SnapshotListing& listing, const std::string& reference, const SnapshotFilter& filter) {
    if (reference == "latest" || reference.starts_with("latest~")) return resolve_latest(listing, reference, filter);
    if (const std::size_t at = reference.rfind('@'); at != std::string::npos)
        return resolve_series_at(listing, reference.substr(0, at), reference.substr(at + 1));
    if (!is_id_prefix(reference))
        throw Error(
            ErrorKind::Usage,
            escaped(reference) + " is no snapshot: name an id (at least 4 digits), latest, latest~N or SERIES@TIME");
    return resolve_prefix(listing.live, listing, reference, "snapshot");
}

std::vector<const Snapshot*> choose(const SnapshotListing& listing, const std::vector<std::string>& references,
                                    const SnapshotFilter& filter) {
    std::set<const Snapshot*> named;
    for (const std::string& reference : references) named.insert(&resolve(listing, reference, filter));
    std::vector<const Snapshot*> chosen;
    for (const Snapshot& snapshot : listing.live)
        if (references.empty() ? filter.matches(snapshot) : named.contains(&snapshot)) chosen.push_back(&snapshot);
    if (chosen.empty() && !filter.is_empty())
        throw Error(ErrorKind::NotFound, "there is no snapshot that matches (vault snapshots lists them)");
    return chosen;
}

const Snapshot& resolve_forgotten(const SnapshotListing& listing, const std::string& prefix) {
    if (!is_id_prefix(prefix))
        throw Error(ErrorKind::Usage, escaped(prefix) + " is no id of a snapshot: write at least 4 digits of it");
    for (const Snapshot& snapshot : listing.live)
        if (snapshot.sid.hex().starts_with(prefix))
            throw Error(ErrorKind::NotFound, "snapshot " + snapshot.short_id() + " is not forgotten");
    return resolve_prefix(listing.forgotten, listing, prefix, "forgotten snapshot");
}

}  // namespace vault
