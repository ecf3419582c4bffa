// Nodes of prolly trees: docs/format.md 8.4.
#include "fuzz/canonical.h"
#include "store/format/node.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    return fuzz::whole({bytes, size}, decode_node, [](const Node& value) { return encode(value); });
}
