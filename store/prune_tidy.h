// What a prune clears away besides packs: tombstones and fences into bundles, marks of snapshots that are gone, damage
// records that speak of nothing any more. docs/prune.md, "Small objects".
#pragma once

#include <set>

#include "store/prune_mark.h"

namespace vault {

// Fewer singles and fences than this are not worth a bundle.
constexpr std::size_t kBundleFrom = 128;

// Puts the single tombstones and the sids of the fences that were listed into one bundle, makes it durable, and only
// then removes them; those of sessions that still have an object are left alone. Returns how many objects went.
std::uint64_t bundle_tombstones(const Repository& repository, const PruneListing& listing,
                                std::size_t from = kBundleFrom);

// Removes the marks of snapshots that are forgotten and whose commits are gone, after that was made durable.
std::uint64_t remove_marks_of_forgotten(const Repository& repository, const PruneListing& listing);

// Removes waiting/<n> of lists that are decided and gone: an adopter that was slow may have put it after the end.
void remove_stale_waiting(const Repository& repository);

// Packs of damage records of which no lost chunk is wanted any more: no snapshot reaches it, or a copy lies in a pack
// that is trusted. Made of the marks of P6, or of P1 where there are no victims.
std::set<PackId> settled_damage(const Marked& marked);

// Removes the damage records of these packs that are no longer listed; after P9's sync. A pack that is listed keeps its
// record: without it the next run would count on the boxes that it names.
std::uint64_t remove_settled_damage(const Repository& repository, const std::set<PackId>& settled);

}  // namespace vault
