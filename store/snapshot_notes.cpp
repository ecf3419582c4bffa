// A note "snapshot-packs/<sid>": differences of ascending pack numbers as varints.
#include "store/snapshot_notes.h"

#include <limits>

#include "store/format/cursor.h"

namespace vault {

namespace {

std::string note_key(const SessionId& sid) { return "snapshot-packs/" + sid.hex(); }

}  // namespace

std::optional<PackSet> packs_of_snapshot(const Index& index, const SessionId& sid) {
    const std::optional<Bytes> note = index.note(note_key(sid));
    if (!note) return std::nullopt;
    PackSet packs;
    try {
        Cursor cursor(*note, "a note of the index");
        std::uint64_t number = 0;
        while (cursor.remaining() > 0) {
            number += cursor.varint_at_most(std::numeric_limits<PackNumber>::max() - number, "pack number");
            packs.add(static_cast<PackNumber>(number));
        }
    } catch (const Error&) {
        return std::nullopt;  // a cache: what is unreadable is absent
    }
    return packs;
}

IndexNotes note_of_packs(const SessionId& sid, const PackSet& packs) {
    Writer writer;
    PackNumber last = 0;
    for (const PackNumber number : packs.numbers()) {
        writer.varint(number - last);
        last = number;
    }
    return {{note_key(sid), writer.take()}};
}

}  // namespace vault
