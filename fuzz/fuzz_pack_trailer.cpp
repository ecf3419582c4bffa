// Pack trailers: docs/format.md 7.1. The input is the length of the pack, eight bytes, and the trailer.
#include "fuzz/canonical.h"
#include "store/format/pack_directory.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::only_refuses([&] {
        Cursor cursor({bytes, size}, "fuzz");
        const std::uint64_t pack_bytes = cursor.u64();
        const PackTrailer trailer = decode_pack_trailer(cursor.rest(), pack_bytes);
        fuzz::expect(equal(encode(trailer), cursor.rest()));
        fuzz::expect(padme_bytes(pack_bytes) == pack_bytes);
    });
    return 0;
}
