// A folder that a test owns, and file systems of its own mounted on one.
#pragma once

#include <string>

namespace vault {

// Fresh and empty, below $TMPDIR or /tmp; removed with all that is in it.
class TemporaryFolder {
  public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// A tmpfs on a TemporaryFolder, unmounted at the end. Needs root: where mounting is refused, `mounted()` is false and
// `why_not()` says why; a test then says so with WARN.
class TemporaryMount {
  public:
    explicit TemporaryMount(const std::string& options);  // mount(8)'s, such as "size=1m"
    TemporaryMount(const TemporaryMount&) = delete;
    TemporaryMount& operator=(const TemporaryMount&) = delete;
    ~TemporaryMount();
    bool mounted() const { return why_not_.empty(); }
    const std::string& why_not() const { return why_not_; }
    const std::string& path() const { return folder_.path(); }
    // Throws std::runtime_error where it does not work.
    void make_read_only();

  private:
    TemporaryFolder folder_;
    std::string why_not_;
};

}  // namespace vault
