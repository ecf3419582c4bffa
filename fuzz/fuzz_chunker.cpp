// The chunker over any bytes under any key and small sizes: chunks concatenate to the input and keep their bounds, are
// those of the plain reference, do not depend on the pieces, and after an insertion the cuts agree again for good.
#include <cstdlib>

#include "tests/support/reference_chunker.h"

using namespace vault;

// Input: a byte each for key and repetitions, sizes, pieces, place of the insertion; then the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    if (size < 4) return 0;
    const test::ByteSpan seed(input + 4, size - 4);
    std::vector<std::uint8_t> stream(seed.begin(), seed.end());
    for (unsigned i = 0; i < input[0] % 4U; ++i) stream.insert(stream.end(), seed.begin(), seed.end());
    const auto key_stream = test::seeded_key_stream(input[0] / 4);
    const auto gear = test::gear_of(key_stream);
    const auto sizes = chunk_sizes(256U << (input[1] % 3), input[1] / 3 % 4);
    const auto piece_bytes = [&](std::size_t n) { return (n * 7 + input[2]) % 97 + (n % 5 == 4 ? 512 : 0); };

    const auto whole = test::cuts(gear, sizes, stream);
    const std::size_t position = stream.size() * input[3] / 256;
    auto edited = stream;
    edited.insert(edited.begin() + static_cast<std::ptrdiff_t>(position), input[2]);

    if (!test::concatenates_within_bounds(whole, sizes, stream.size())) std::abort();
    if (whole != test::reference_cuts(key_stream, sizes, stream)) std::abort();
    if (whole != test::cuts_in_pieces(gear, sizes, stream, piece_bytes, input[2] % 2 == 0)) std::abort();
    if (!test::resynchronises(whole, test::cuts(gear, sizes, edited), position, 1)) std::abort();
    return 0;
}
