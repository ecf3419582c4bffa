// The clear header of a key slot: docs/format.md, section 5. The input is the header; the rest of the slot is zero.
#include "fuzz/canonical.h"
#include "store/format/limits.h"
#include "store/format/slot_record.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Bytes slot(ByteView(bytes, size).begin(), ByteView(bytes, size).end());
    slot.resize(kSlotBytes, 0);
    fuzz::only_refuses([&] {
        const SlotHeader header = decode_slot_header(slot);
        fuzz::expect(equal(encode(header), ByteView(slot).first(kSlotHeaderBytes)));
    });
    return 0;
}
