// The oracle of the fuzz targets for records: bytes are refused as Corrupt or Unsupported, or they are the one encoding
// of what they decode to. Anything else ends the program.
#pragma once

#include <cstdlib>

#include "store/base/error.h"
#include "store/format/cursor.h"

namespace vault::fuzz {

inline void expect(bool holds) {
    if (!holds) std::abort();
}

// Runs `act`, which may throw what hostile bytes may cause and nothing else.
template <class Act>
void only_refuses(Act act) {
    try {
        act();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Corrupt && error.kind() != ErrorKind::Unsupported) throw;
    }
}

// `decode(bytes)` takes all of `bytes`.
template <class Decode, class Encode>
int whole(ByteView bytes, Decode decode, Encode encode) {
    only_refuses([&] {
        const auto value = decode(bytes);
        expect(equal(encode(value), bytes));
    });
    return 0;
}

// `decode(cursor)` takes a record from the front; what follows would be padding.
template <class Decode>
int front(ByteView bytes, Decode decode) {
    only_refuses([&] {
        Cursor cursor(bytes, "fuzz");
        const auto value = decode(cursor);
        expect(equal(encode(value), bytes.first(cursor.position())));
    });
    return 0;
}

}  // namespace vault::fuzz
