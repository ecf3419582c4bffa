// Room set aside in a local repository, so that a full disk can still take the few small objects that end a run or free
// space.
#pragma once

namespace vault {

// Below the open folder of a repository: `reserve/space` with 8 MiB allocated beyond its size of 0 (written bytes where
// the file system cannot allocate so) and 64 empty files that hold inodes. What is there already stays. Throws NoSpace,
// Io.
void make_reserve(int root_fd);

// Gives the room back: bytes and inodes. Whether there was any. Never throws: it is called where all else has failed
// already.
bool release_reserve(int root_fd) noexcept;

}  // namespace vault
