// How the allocator keeps what is freed.
#pragma once

namespace vault {

// Blocks of less than 4 MiB come from glibc's heaps, which grow by 1 MiB at least, and of what is freed at the end of
// each up to 16 MiB stay with the process: a page that is taken from the system again costs 2 to 15 us, most on virtual
// machines whose free memory goes back to the host.
void keep_freed_memory();

}  // namespace vault
