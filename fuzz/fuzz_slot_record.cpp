// The sealed record of a key slot: docs/format.md, section 5.
#include "fuzz/canonical.h"
#include "store/format/slot_record.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    return fuzz::front({bytes, size}, decode_slot_record);
}
