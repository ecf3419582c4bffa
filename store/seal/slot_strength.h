// Slots of any strength that readers accept: for tests, which cannot pay Argon2id's price a thousand times.
#pragma once

#include "store/seal/slot.h"

namespace vault {

// make_slot without the floor. Throws Corrupt for what no reader accepts.
NewSlot make_slot_below_floor(const RepositoryId& repository, ByteView keyring_key, const Credentials& credentials,
                              SlotPurpose purpose, const std::string& label, Time created, SlotStrength strength);

}  // namespace vault
