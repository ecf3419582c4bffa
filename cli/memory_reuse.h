// How the allocator keeps what is freed.
#pragma once

namespace vault {

// Blocks of megabytes come from the heap, and up to 64 MiB that are freed stay with the process: a page that is taken
// from the system again costs 2 to 15 us, most on virtual machines whose free memory goes back to the host.
void keep_freed_memory();

}  // namespace vault
