// How many descriptors this process may open.
#pragma once

namespace vault {

// Raises the soft limit to the hard one: a local repository keeps up to 400 descriptors open, a snapshot up to 4,096
// folders of its source, and RocksDB its files.
void raise_descriptor_limit();

}  // namespace vault
