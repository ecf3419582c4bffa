// Pack directories: docs/format.md 7.3.
#include "fuzz/canonical.h"
#include "store/format/pack_directory.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    return fuzz::whole({bytes, size}, decode_pack_directory, [](const PackDirectory& value) { return encode(value); });
}
