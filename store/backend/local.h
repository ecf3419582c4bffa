// A repository in a folder of this machine. How a folder becomes one: local_probe.h.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "store/backend/backend.h"
#include "store/backend/local_folders.h"
#include "store/backend/local_open_objects.h"

namespace vault {

// An object is a file named as the object, mode 0400, written as a temporary and renamed when durable. Besides what
// Backend says: a name that is taken by something that is not a regular file is Corrupt, never followed; writing to a
// file system that other machines share is Unsupported, reading there works.
class LocalBackend : public Backend {
  public:
    // `path` must be a folder with the layout of init_local; whether a repository is in it is for open_local to say.
    explicit LocalBackend(const std::string& path);

    // Before the first call: after a random name.
    void name_temporaries_after(const std::string& session) override;

    // For init_local alone: the folder's descriptor, and a lock that lives as long as the backend.
    int root() const { return folders_.root(); }
    void hold(UniqueFd lock) { lock_ = std::move(lock); }

    void put_new(const std::string& name, ByteView contents) override;
    std::unique_ptr<ObjectWriter> begin_object(const std::string& session) override;
    Bytes get(const std::string& name, std::optional<ByteRange> range = std::nullopt) override;
    std::vector<ObjectInfo> list(const std::string& prefix) override;
    void remove(const std::string& name) override;
    void sync() override;
    void expect_writing() noexcept override { folders_.flush_ahead(); }
    bool release_reserve() noexcept override;
    void restore_reserve() override;
    std::string location() const override { return folders_.location(); }

  private:
    void require_writable_place();
    UniqueFd open_object(const std::string& name);
    LocalOpenObjects::Handle opened_for_ranges(const std::string& name);
    std::vector<ObjectInfo> list_folder(std::size_t index, const std::string& prefix);

    LocalFolders folders_;
    LocalOpenObjects open_objects_;
    std::string session_;
    std::once_flag place_checked_;
    UniqueFd lock_;
};

// The repository in the folder `path`. Throws NoRepository if there is none: no folder, or one without a config object.
std::unique_ptr<LocalBackend> open_local(const std::string& path);

}  // namespace vault
