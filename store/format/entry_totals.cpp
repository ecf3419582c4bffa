// Skips through the head of an entry record: docs/format.md, 8.6.
#include "store/format/entry_totals.h"

#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::uint64_t kFlagBtime = 4;
constexpr std::uint64_t kTimeBytes = 12;

}  // namespace

Totals totals_of_record(ByteView record) {
    Cursor in(record, "entry record");
    const std::uint8_t type = in.u8();
    if (type < static_cast<unsigned>(EntryType::Regular) || type > static_cast<unsigned>(EntryType::Socket))
        in.unsupported("entries of type " + std::to_string(type));
    const std::uint64_t flags = in.varint();
    for (int field = 0; field < 3; ++field) in.varint();  // mode, uid, gid
    in.bytes(kNameBytesMax, "user name");
    in.bytes(kNameBytesMax, "group name");
    in.raw(kTimeBytes * ((flags & kFlagBtime) != 0 ? 3 : 2));
    for (int field = 0; field < 2; ++field) in.varint();  // inode, links
    Totals totals;
    totals.entries = 1;
    totals.files = type == static_cast<unsigned>(EntryType::Regular) ? 1 : 0;
    totals.apparent = in.varint();
    totals.allocated = in.varint();
    return totals;
}

}  // namespace vault
