// Snapshots: docs/format.md, section 9.
#include "fuzz/canonical.h"
#include "store/format/commit_record.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    return fuzz::front({bytes, size}, decode_commit);
}
