// What password and key file make of the head of a slot: its key and its commitment. docs/format.md, section 5.
#pragma once

#include <array>

#include "store/format/slot_record.h"
#include "store/seal/slot.h"

namespace vault {

class SlotKeys {
  public:
    // `bound` is the slot's bytes 0 to 119, of which `header` is the decoded form; it must outlive this. `credentials`
    // have what the header asks for. Runs Argon2id where the slot has a password.
    SlotKeys(const SlotHeader& header, ByteView bound, const Credentials& credentials);

    ByteView slot_key() const { return keys_.view().first(32); }
    std::array<std::uint8_t, 32> commitment() const;

  private:
    ByteView bound_;
    Secret keys_;  // the slot key, then the commitment key
};

}  // namespace vault
