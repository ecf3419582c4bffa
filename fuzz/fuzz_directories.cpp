// Second copies of pack directories: docs/format.md 7.4.
#include "fuzz/canonical.h"
#include "store/format/pack_directory.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    return fuzz::front({bytes, size}, decode_directories);
}
