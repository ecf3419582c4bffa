// Marks in the store.
#include "store/marks.h"

#include <algorithm>
#include <tuple>

#include "store/backend/object_names.h"
#include "store/clock.h"
#include "store/control_objects.h"
#include "store/finding.h"

namespace vault {

namespace {

constexpr std::string_view kFolder = "marks/";

Marks read_listed(const Repository& repository, const std::string& prefix) {
    Marks marks;
    std::map<SessionId, std::int64_t> newest_hold, newest_damaged;  // by the store's time
    const auto note = [](auto& newest, const SessionId& sid, std::int64_t time) {
        const auto [at, is_first] = newest.try_emplace(sid, time);
        if (!is_first) at->second = std::max(at->second, time);
    };
    for (const ObjectInfo& info : repository.backend().list(prefix)) {
        const SessionId sid = session_of_name(info.name);
        try {
            const MarkRecord mark = repository.read_record(info.name, decode_mark);
            if (mark.sid != sid) throw Error(ErrorKind::Corrupt, "it holds another snapshot's id");
            const auto [at, is_first] = marks.by_snapshot[sid].try_emplace({mark.subject, mark.text});
            const MarkState state{mark.sequence, mark.random, mark.action};
            if (is_first ||
                std::tie(state.sequence, state.random) > std::tie(at->second.sequence, at->second.random))
                at->second = state;
            if (mark.subject == MarkSubject::Hold) note(newest_hold, sid, info.modified_ns);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) continue;  // removed since it was listed
            if (!is_finding(error)) throw;
            marks.damaged.push_back(with_context(info.name, error).what());
            note(newest_damaged, sid, info.modified_ns);
        }
    }
    // A hold or release that came later says more than what a damaged mark could say.
    for (const auto& [sid, time] : newest_damaged) {
        const auto hold = newest_hold.find(sid);
        if (hold == newest_hold.end() || hold->second <= time) marks.may_be_held.insert(sid);
    }
    return marks;
}

}  // namespace

const MarkState* Marks::find(const SessionId& sid, const MarkKey& key) const {
    const auto of_snapshot = by_snapshot.find(sid);
    if (of_snapshot == by_snapshot.end()) return nullptr;
    const auto state = of_snapshot->second.find(key);
    return state == of_snapshot->second.end() ? nullptr : &state->second;
}

Marks read_marks(const Repository& repository) {
    return read_listed(repository, std::string(kFolder));
}

Marks read_marks(const Repository& repository, const SessionId& sid) {
    return read_listed(repository, std::string(kFolder) + sid.hex() + "-");
}

void put_marks(const Repository& repository, const SessionId& sid, std::span<const MarkChange> changes) {
    Marks marks = read_marks(repository, sid);
    auto& states = marks.by_snapshot[sid];
    for (const MarkChange& change : changes) {
        MarkState& state = states[{change.subject, change.text}];
        // Above that of each damaged one, too: none is above the number of marks that were put on its subject.
        state.sequence += 1 + marks.damaged.size();
        MarkRecord mark;
        mark.sid = sid;
        fill_random(mark.random.bytes);
        mark.action = change.action;
        mark.subject = change.subject;
        mark.text = change.text;
        mark.sequence = state.sequence;
        mark.time = now();
        put_record(repository, ObjectKind::Mark, "marks/" + sid.hex() + "-" + mark.random.hex(), mark);
    }
}

void remove_marks(Backend& backend, const std::vector<std::string>& names) {
    if (names.empty()) return;
    backend.sync();
    for (const std::string& name : names) backend.remove(name);
}

}  // namespace vault
