// Wrappers that pass everything on but flushes, the record of options and the write-ahead log.
#include "store/index_env.h"

#include <rocksdb/file_system.h>

#include <cerrno>
#include <cstring>

#include "store/base/text.h"

namespace vault {

namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class UnsyncedFile : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;
    IOStatus Sync(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Fsync(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
        return IOStatus::OK();
    }
};

class UnsyncedFolder : public rocksdb::FSDirectoryWrapper {
  public:
    using FSDirectoryWrapper::FSDirectoryWrapper;
    IOStatus Fsync(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*, const rocksdb::DirFsyncOptions&) override {
        return IOStatus::OK();
    }
};

// Its bytes go nowhere.
class NoFile : public rocksdb::FSWritableFile {
  public:
    using FSWritableFile::Append;
    IOStatus Append(const rocksdb::Slice&, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Sync(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
};

class CacheFileSystem : public rocksdb::FileSystemWrapper {
  public:
    using FileSystemWrapper::FileSystemWrapper;
    const char* Name() const override { return "VaultCacheFileSystem"; }

    IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
        if (name.find("/OPTIONS-") != std::string::npos) return IOStatus::NotSupported("options are not kept");
        if (name.ends_with(".log")) {
            *file = std::make_unique<NoFile>();
            return IOStatus::OK();
        }
        return wrapped(target()->NewWritableFile(name, options, file, debug), file);
    }
    IOStatus ReopenWritableFile(const std::string& name, const FileOptions& options,
                                std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
        return wrapped(target()->ReopenWritableFile(name, options, file, debug), file);
    }
    IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
        return wrapped(target()->ReuseWritableFile(name, old_name, options, file, debug), file);
    }
    IOStatus NewDirectory(const std::string& name, const IOOptions& options,
                          std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext* debug) override {
        IOStatus status = target()->NewDirectory(name, options, folder, debug);
        if (status.ok()) *folder = std::make_unique<UnsyncedFolder>(std::move(*folder));
        return status;
    }

  private:
    static IOStatus wrapped(IOStatus status, std::unique_ptr<rocksdb::FSWritableFile>* file) {
        if (status.ok()) *file = std::make_unique<UnsyncedFile>(std::move(*file));
        return status;
    }
};

class SilentLogger : public rocksdb::Logger {
  public:
    SilentLogger() : Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
    using Logger::Logv;
    void Logv(const char*, va_list) override {}
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_cache_env() {
    return rocksdb::NewCompositeEnv(std::make_shared<CacheFileSystem>(rocksdb::FileSystem::Default()));
}

std::shared_ptr<rocksdb::Logger> make_silent_logger() {
    return std::make_shared<SilentLogger>();
}

Error to_error(const rocksdb::Status& status, const std::string& what) {
    const std::string text = status.ToString();
    // RocksDB has a code for a full disk, but none for a full quota.
    const bool no_space = status.IsNoSpace() || text.find(std::strerror(EDQUOT)) != std::string::npos;
    const ErrorKind kind = no_space                ? ErrorKind::NoSpace
                           : status.IsCorruption() ? ErrorKind::Corrupt
                           : status.IsNotFound()   ? ErrorKind::NotFound
                                                   : ErrorKind::Io;
    return Error(kind, what + ": " + escaped(text));
}

void require_ok(const rocksdb::Status& status, const std::string& what) {
    if (!status.ok()) throw to_error(status, what);
}

}  // namespace vault
