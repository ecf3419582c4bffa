// Attribute sets, as chunks and inline: docs/format.md 8.6.
#include "fuzz/canonical.h"
#include "store/format/entry.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto encode_chunk = [](const AttributesRecord& value) { return encode(value); };
    fuzz::whole({bytes, size}, decode_attributes_record, encode_chunk);
    fuzz::only_refuses([&] {
        Cursor cursor({bytes, size}, "fuzz");
        const AttributeSet set = decode_attribute_set(cursor);
        fuzz::expect(equal(encode_attribute_set(set), ByteView(bytes, cursor.position())));
    });
    return 0;
}
