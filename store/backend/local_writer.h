// One object on its way into a local repository: a temporary that becomes durable before it gets its name.
#pragma once

#include <cstdint>
#include <string>

#include "store/backend/backend.h"
#include "store/backend/local_folders.h"
#include "store/base/error.h"
#include "store/base/unique_fd.h"

namespace vault {

// Small appends are gathered, and the kernel is told to begin writing early, so that the fsync in `publish` finds
// little left to do. `folders` must outlive the writer.
class LocalWriter : public ObjectWriter {
  public:
    // Makes tmp/<session>-<random>.
    LocalWriter(LocalFolders& folders, const std::string& session);
    LocalWriter(const LocalWriter&) = delete;
    LocalWriter& operator=(const LocalWriter&) = delete;
    ~LocalWriter() override;  // removes the temporary if it is still there, as well as can be

    void append(ByteView bytes) override;

    // fsync, close, rename without replacing, fsync of the folder; nothing of it is ever tried twice.
    void publish(const std::string& name) override;

  private:
    void write_out(ByteView bytes);

    LocalFolders& folders_;
    std::string temporary_;  // its name in tmp/, "" once renamed
    UniqueFd file_;
    Bytes gathered_;
    std::uint64_t written_bytes_ = 0;
    std::uint64_t writeback_begun_bytes_ = 0;
};

// The Error of errno where an object cannot be created or removed. Who may not write here is told what everybody is
// told where nobody may: ReadOnly, not Denied.
Error refused_write(const std::string& what, int error_number);

// 2 x `bytes` lower-case hexadecimal digits from the kernel's random source.
std::string random_hex(std::size_t bytes);

}  // namespace vault
