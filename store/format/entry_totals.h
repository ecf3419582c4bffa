// What an encoded entry counts for in the totals of a manifest, without decoding it.
#pragma once

#include "store/base/bytes.h"
#include "store/format/node.h"

namespace vault {

// The same as totals_of(decode_entry(record)) for every record that decode_entry takes, at a quarter of its cost: a
// parent's sums are compared with those of all entries of a leaf whenever one of them is read. Reads no further than
// the sizes, so what stands behind them is not checked. Throws Corrupt or Unsupported.
Totals totals_of_record(ByteView record);

}  // namespace vault
