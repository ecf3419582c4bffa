// What a check found damaged, in a form that people read, repair goes on from, and damaged/ keeps. Plain values; the
// packs are named by their ids, so that nothing here depends on an index.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/damage_marks.h"
#include "store/finding.h"
#include "store/format/control_records.h"
#include "store/repository.h"

namespace vault {

// An object other than a pack that could not be read or does not verify, or a copy of a directory that contradicts its
// pack.
struct DamagedObject {
    std::string name;
    ErrorKind kind = ErrorKind::Corrupt;
    std::string why;  // one line
};

// A box of which at least one chunk could not be had from this pack.
struct DamagedBox {
    std::uint32_t box = 0;
    std::string why;  // one line
};

enum class DirectoryFound { Own, Copy, None };  // in the pack itself; only in dirs/; nowhere

struct DamagedPack {
    bool listed = true;           // false: known from dirs/ alone, and something that it held is missing
    std::uint64_t bytes = 0;      // as listed
    DirectoryFound directory = DirectoryFound::Own;
    std::vector<std::string> whys;  // of the pack as a whole: name, length, header, directory, padding; one line each
    std::vector<DamagedBox> boxes;  // ascending
    std::uint64_t chunks = 0;       // in those boxes; of a pack that is not listed, those that are missing
    std::uint64_t chunks_reached = 0;  // of those, by the snapshots that were walked
    // Of those, what no pack holds another copy of that was read and verified; ascending.
    std::vector<DamageRecord::LostChunk> lost;
    std::uint64_t lost_reached = 0;
    // Chunks of a pack outside the index (its length is wrong, say) that can still be read: for repair to take over.
    std::uint64_t salvageable = 0;
};

struct DamageReport {
    std::vector<DamagedObject> objects;
    std::map<PackId, DamagedPack> packs;
    // Chunks that snapshots reach and no pack that is listed holds; also in `packs` where a copy of a directory tells
    // which pack held them. Ascending.
    std::vector<DamageRecord::LostChunk> missing;

    bool empty() const { return objects.empty() && packs.empty() && missing.empty(); }
};

// What is to go on record about one pack.
struct PackDamage {
    PackId pack;
    std::vector<std::uint64_t> boxes;              // ascending
    std::vector<DamageRecord::LostChunk> lost;     // ascending
};

// Puts a damaged/ record that says `action` of all that `marks`, as they stood, do not say yet; false where there was
// nothing to say. Sequence numbers follow docs/format.md, section 10. Throws what the backend throws.
bool record_damage(const Repository& repository, const DamageMarks& marks, PackDamage damage, DamageAction action);

// Found: for every pack of the report with damaged boxes or lost chunks. Returns how many records were put.
std::uint64_t record_damage(const Repository& repository, const DamageReport& report);

}  // namespace vault
