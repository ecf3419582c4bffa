// The kernel's requests as calls of VaultFs. Private to mount.cpp.
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

#include <functional>
#include <memory>
#include <string>

#include "fuse/files_ahead.h"

namespace vault {

// What libfuse hands to every operation. Thread-safe once the kernel has said what it can, before the first operation.
struct Adapter {
    VaultFs& fs;
    std::function<void(const std::string&)> tell;
    std::unique_ptr<FilesAhead> ahead{};  // set before the first request
    bool opens_alone = false;             // the kernel need not tell when it opens and closes files
};

// Puts the whole content of an inode into the kernel's cache of pages. False where the kernel does not know the inode.
bool give_content(fuse_session* session, fuse_ino_t inode, const FileBytes& content);

// The table of operations; their user data is an Adapter.
const fuse_lowlevel_ops& mount_operations();

}  // namespace vault
