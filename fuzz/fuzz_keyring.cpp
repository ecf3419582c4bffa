// Keyring records: docs/format.md, section 6.
#include "fuzz/canonical.h"
#include "store/format/config_record.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    return fuzz::front({bytes, size}, decode_keyring);
}
