// The head of every object: docs/format.md, section 3.
#include "fuzz/canonical.h"
#include "store/format/envelope.h"

using namespace vault;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::only_refuses([&] {
        const Envelope envelope = decode_envelope({bytes, size});
        fuzz::expect(equal(encode(envelope), ByteView(bytes, kEnvelopeBytes)));
    });
    return 0;
}
