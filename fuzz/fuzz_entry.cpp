// Entries of a manifest: docs/format.md 8.6.
#include "fuzz/canonical.h"
#include "store/format/entry.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    return fuzz::whole({bytes, size}, decode_entry, [](const Entry& value) { return encode(value); });
}
