// How a folder becomes the place of a repository: what is there already, whether the file system keeps what vault
// relies on, and the folders. The objects of a new repository (slots, keyring, config) are the caller's.
#pragma once

#include <memory>
#include <string>

#include "store/backend/local.h"

namespace vault {

// Makes `path` (and what is missing above it, mode 0700) ready for a new repository, durably, and opens it. Throws
//   Exists       if anything lies there: a repository, or files of somebody else. An empty folder is fine, also with
//                lost+found; so is one in which an init was killed before its config/1 stood: its folders, temporaries,
//                slots, keyring and reserve are no loss, and are removed.
//   Unsupported  if the place cannot hold a repository: shared by other machines (local_place.h), or without an atomic
//                create-if-absent, rename between folders or fsync of folders.
//   Busy         if another init works there now. The backend returned keeps others out until it is destroyed.
std::unique_ptr<LocalBackend> init_local(const std::string& path);

// Part of init_local: tries create-if-absent, rename between folders and fsync of folders in tmp/ and reserve/ of the
// layout below `root_fd`, and leaves nothing behind. Throws Unsupported where one of them does not work.
void probe_local(int root_fd, const std::string& location);

}  // namespace vault
