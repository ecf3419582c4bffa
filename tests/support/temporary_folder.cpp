// Folders and mounts for tests.
#include "tests/support/temporary_folder.h"

#include <sys/mount.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace vault {

TemporaryFolder::TemporaryFolder() {
    const char* parent = std::getenv("TMPDIR");
    path_ = std::string(parent && *parent ? parent : "/tmp") + "/vault-test-XXXXXX";
    if (!::mkdtemp(path_.data())) throw std::runtime_error("mkdtemp: " + std::string(std::strerror(errno)));
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;  // a test's verdict does not depend on what it leaves in /tmp
    std::filesystem::remove_all(path_, ignored);
}

TemporaryMount::TemporaryMount(const std::string& options) {
    if (::mount("vault-test", path().c_str(), "tmpfs", 0, options.c_str()) != 0)
        why_not_ = "mounting a tmpfs: " + std::string(std::strerror(errno));
}

TemporaryMount::~TemporaryMount() {
    if (mounted()) ::umount2(path().c_str(), MNT_DETACH);
}

void TemporaryMount::make_read_only() {
    if (::mount("vault-test", path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0)
        throw std::runtime_error("remounting read-only: " + std::string(std::strerror(errno)));
}

}  // namespace vault
