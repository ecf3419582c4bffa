// Metadata put on real entries: order, what counts as left out, and trouble that is told.
#include "store/metadata_apply.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "store/base/file.h"
#include "store/source_entry.h"
#include "tests/support/restored_files.h"
#include "tests/support/temporary_folder.h"

using namespace vault;

namespace {

EntryMetadata own_metadata(EntryType type = EntryType::Regular) {
    EntryMetadata metadata;
    metadata.type = type;
    metadata.mode = 0640;
    metadata.uid = ::geteuid();
    metadata.gid = ::getegid();
    metadata.mtime = {1'000'000'000, 5};
    return metadata;
}

Attribute attribute(const std::string& name, const std::string& value) {
    return {name, to_bytes(as_bytes(value))};
}

}  // namespace

TEST_CASE("mode, time and attributes are set on a descriptor and on a held entry alike", "[metadata]") {
    TemporaryFolder folder;
    const std::string path = folder.path() + "/entry";
    const bool path_only = GENERATE(false, true);
    CAPTURE(path_only);
    write_file(path, "x");
    const UniqueFd fd = open_at(AT_FDCWD, path, path_only ? O_PATH | O_NOFOLLOW : O_RDWR);
    EntryMetadata metadata = own_metadata();
    metadata.attributes = {attribute("user.a", "1")};
    const MetadataOutcome outcome = apply_metadata({fd.get(), path_only}, metadata, MetadataRules::of_process(false));
    CHECK(outcome.trouble == "");
    const SourceStat stat = stat_entry(AT_FDCWD, path.c_str());
    CHECK(stat.mode == 0640);
    CHECK(stat.mtime == Time{1'000'000'000, 5});
    const UniqueFd reader = open_at(AT_FDCWD, path, O_RDONLY);
    CHECK(read_attributes(reader.get(), path) == metadata.attributes);
}

TEST_CASE("owner and time of a symlink are set on the link itself", "[metadata]") {
    TemporaryFolder folder;
    write_file(folder.path() + "/target", "x");
    const std::string path = folder.path() + "/link";
    REQUIRE(::symlink("target", path.c_str()) == 0);
    const SourceStat before = stat_entry(AT_FDCWD, (folder.path() + "/target").c_str());
    const UniqueFd fd = open_at(AT_FDCWD, path, O_PATH | O_NOFOLLOW);
    EntryMetadata metadata = own_metadata(EntryType::Symlink);
    const bool root = ::geteuid() == 0;
    if (root) metadata.uid = 1234;
    const MetadataOutcome outcome = apply_metadata({fd.get(), true}, metadata, MetadataRules::of_process(false));
    CHECK(outcome.trouble == "");
    CHECK(stat_entry(AT_FDCWD, path.c_str()).mtime == metadata.mtime);
    CHECK(stat_entry(AT_FDCWD, path.c_str()).uid == metadata.uid);
    const SourceStat after = stat_entry(AT_FDCWD, (folder.path() + "/target").c_str());
    CHECK(after.mtime == before.mtime);
    CHECK(after.uid == before.uid);
    CHECK(after.mode == before.mode);
}

TEST_CASE("attributes of restored kinds that the snapshot does not have are removed", "[metadata]") {
    TemporaryFolder folder;
    const std::string path = folder.path() + "/file";
    write_file(path, "x");
    for (const char* name : {"user.old", "user.kept"}) REQUIRE(::setxattr(path.c_str(), name, "o", 1, 0) == 0);
    const UniqueFd fd = open_at(AT_FDCWD, path, O_RDWR);
    EntryMetadata metadata = own_metadata();
    metadata.attributes = {attribute("user.kept", "new")};
    CHECK(apply_metadata({fd.get(), false}, metadata, MetadataRules::of_process(false)).trouble == "");
    CHECK(read_attributes(fd.get(), path) == metadata.attributes);
}

TEST_CASE("setuid of a file whose owner could not be set is left out, also as it is", "[metadata]") {
    TemporaryFolder folder;
    write_file(folder.path() + "/file", "x");
    const UniqueFd fd = open_at(AT_FDCWD, folder.path() + "/file", O_RDWR);
    EntryMetadata metadata = own_metadata();
    metadata.mode = 04755;
    metadata.uid = ::geteuid() + 1;
    MetadataRules rules = MetadataRules::of_process(true);
    rules.privileged = false;
    const MetadataOutcome outcome = apply_metadata({fd.get(), false}, metadata, rules);
    CHECK(outcome.owner_not_set);
    CHECK(outcome.setuid_left_out);
    CHECK((mode_of(folder.path() + "/file") & 07777) == 0755);
}

TEST_CASE("what fails is told in one line, and the rest is set all the same", "[metadata]") {
    TemporaryFolder folder;
    write_file(folder.path() + "/file", "x");
    const UniqueFd fd = open_at(AT_FDCWD, folder.path() + "/file", O_RDWR);
    EntryMetadata metadata = own_metadata();
    metadata.attributes = {attribute("no namespace\n", "x"), attribute("user.a", "1")};
    const MetadataOutcome outcome = apply_metadata({fd.get(), false}, metadata, MetadataRules::of_process(true));
    CHECK(outcome.trouble.find("no namespace\\x0a") != std::string::npos);
    CHECK(outcome.trouble.find('\n') == std::string::npos);
    CHECK(read_attributes(fd.get(), "file") == AttributeSet{attribute("user.a", "1")});
    CHECK(stat_descriptor(fd.get()).mtime == metadata.mtime);
}

TEST_CASE("of chattr flags only those that a user can set are set, and others stay", "[metadata]") {
    TemporaryFolder folder;
    write_file(folder.path() + "/file", "x");
    const UniqueFd fd = open_at(AT_FDCWD, folder.path() + "/file", O_RDWR);
    const std::uint32_t before = read_attribute_flags(fd.get());
    CHECK(apply_attribute_flags(fd.get(), FS_NODUMP_FL | FS_INDEX_FL | FS_ENCRYPT_FL) == "");
    CHECK(read_attribute_flags(fd.get()) == (before | FS_NODUMP_FL));
    CHECK(apply_attribute_flags(fd.get(), FS_EXTENT_FL) == "");
    CHECK(read_attribute_flags(fd.get()) == before);
    CHECK(settable_flags(FS_EXTENT_FL | FS_INLINE_DATA_FL) == 0);
}
