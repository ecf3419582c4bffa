// Damaged objects that may hold what is nowhere else: kept for who may get more out of them than this program.
#pragma once

#include <string>

#include "store/repository.h"

namespace vault {

// Copies the object to quarantine/<as>, 64 hex digits, durable when this returns; the caller removes the original.
// Parts that the medium does not give are zeros in the copy. A copy that is there already is as good; false where the
// object is gone.
bool copy_to_quarantine(Backend& backend, const std::string& name, const std::string& as);

// The same of a small object, under the SHA-256 of what was found; one that is gone is no matter.
void copy_to_quarantine(Backend& backend, const std::string& name);
// And removes the original. The copy is at quarantine_name(name), by which whoever misses the object finds it; of
// another that was found under that name later under the SHA-256 of its bytes.
void move_to_quarantine(Backend& backend, const std::string& name);
std::string quarantine_name(const std::string& name);

// Whether the list that `decision/<n>` decides upon was carried out, so that of the decision only its name is needed:
// a list is put before its decision, and goes once its packs are gone. Needs no key.
bool is_carried_out(Backend& backend, const std::string& decision);
// Of one that does not verify, as it was found: whether it is no damage, since that is so and a repair has copied it.
bool is_settled_decision(Backend& backend, const std::string& name, ByteView object);

}  // namespace vault
