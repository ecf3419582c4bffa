// Extents: docs/format.md 8.3.
#include "fuzz/canonical.h"
#include "store/format/entry.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::only_refuses([&] {
        Cursor cursor({bytes, size}, "fuzz");
        const Extent extent = decode_extent(cursor);
        Writer writer;
        encode(writer, extent);
        fuzz::expect(equal(writer.view(), ByteView(bytes, cursor.position())));
    });
    return 0;
}
