// Packs that are damaged and hold what is nowhere else: kept for who may get more out of them than this program.
#pragma once

#include "store/repository.h"

namespace vault {

// Copies the pack to quarantine/<id>, durable when this returns; the caller removes the original. Parts that the
// medium does not give are zeros in the copy. One that is there already is as good; false where the pack is gone.
bool copy_to_quarantine(Backend& backend, const PackId& pack);

}  // namespace vault
