// The control objects of the protocol: docs/format.md, section 10. The first byte picks the record.
#include "fuzz/canonical.h"
#include "store/format/control_records.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const ByteView record{bytes + 1, size - 1};
    switch (bytes[0] % 10) {
        case 0: return fuzz::front(record, decode_session);
        case 1: return fuzz::front(record, decode_heartbeat);
        case 2: return fuzz::front(record, decode_fence);
        case 3: return fuzz::front(record, decode_tombstone);
        case 4: return fuzz::front(record, decode_bundle);
        case 5: return fuzz::front(record, decode_mark);
        case 6: return fuzz::front(record, decode_damage);
        case 7: return fuzz::front(record, decode_condemned);
        case 8: return fuzz::front(record, decode_waiting);
        default: return fuzz::front(record, decode_decision);
    }
}
