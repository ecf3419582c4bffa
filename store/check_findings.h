// From chunks that are bad or missing to packs, boxes and what is lost for good: the last steps of a check.
#pragma once

#include "store/check_boxes.h"
#include "store/check_packs.h"
#include "store/damage_report.h"

namespace vault {

class Findings {
  public:
    // All outlive this.
    Findings(const Repository& repository, CheckChunks& chunks, const std::vector<ObjectInfo>& listed)
        : repository_(repository), chunks_(chunks), listed_(listed) {}

    void add(CheckedPacks&& packs);
    void add(ReadPacks&& read);

    // Reads what records of damage name, so that damage that was found once is told of until it is mended. `poll` may
    // throw.
    void read_recorded(const DamageMarks& marks, const std::function<void()>& poll);

    // Packs that are listed and not in the index, of which a copy of the directory is left.
    std::vector<PackToRead> packs_to_read_by_copy() const;

    // Once everything was added and no pack is read any more: boxes and chunks of each damaged pack, and which packs
    // held what is missing. Reads other copies of bad chunks that nobody has read.
    std::map<PackId, DamagedPack> finish();
    // Which pack held a chunk that is missing; after finish().
    std::optional<PackId> holder(const DamageRecord::LostChunk& chunk) const;

  private:
    void add_bad(PackNumber number);
    void add_missing();

    const Repository& repository_;
    CheckChunks& chunks_;
    const std::vector<ObjectInfo>& listed_;
    std::map<PackId, DamagedPack> packs_;
    std::map<PackId, std::vector<bool>> by_copy_;
    std::map<DamageRecord::LostChunk, PackId> holders_;
};

}  // namespace vault
