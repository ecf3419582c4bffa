// Damaged objects that may hold what is nowhere else: kept for who may get more out of them than this program.
#pragma once

#include <set>
#include <string>

#include "store/repository.h"

namespace vault {

// Copies the object to quarantine/<as>, 64 hex digits, durable when this returns; the caller removes the original.
// Parts that the medium does not give are zeros in the copy. A copy that is there already is as good; false where the
// object is gone.
bool copy_to_quarantine(Backend& backend, const std::string& name, const std::string& as);

// The name below quarantine/ of a small object that was found so.
std::string quarantine_name(ByteView object);

// Of a decision that does not verify: whether it is no damage, since its list was carried out, so that only its name is
// needed, and a repair has copied it as it is. Needs no key. Throws what listing throws.
bool is_settled_decision(Backend& backend, const std::string& name, ByteView object);

}  // namespace vault
