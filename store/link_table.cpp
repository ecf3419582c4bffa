// Hard link groups and their first links.
#include "store/link_table.h"

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/name_list.h"

namespace vault {

namespace {

constexpr const char kTemporary[] = "a temporary file of hard links";
constexpr std::size_t kPlaceBytes = 16;  // offset u64, bytes of key u32, bytes of record u32: never 0 in a place

}  // namespace

std::optional<LinkPlace> LinkGroups::place(const SourceStat& stat) {
    if (stat.links < 2 || stat.type == EntryType::Directory) return std::nullopt;
    const LinkedFile file{stat.filesystem, stat.inode};
    std::optional<LinkGroup> group = groups_.find(file);
    if (!group || group->type != stat.type || group->size != stat.size || group->mtime != stat.mtime ||
        group->btime != stat.btime) {
        groups_.put(file, {next_, stat.links - 1, stat.type, stat.size, stat.mtime, stat.btime});
        return LinkPlace{next_++, true};
    }
    if (--group->links_to_come == 0) groups_.erase(file);
    else groups_.put(file, *group);
    return LinkPlace{group->number, false};
}

void LinkGroups::forget(const SourceStat& stat, const LinkPlace& place) {
    const LinkedFile file{stat.filesystem, stat.inode};
    const std::optional<LinkGroup> group = groups_.find(file);
    if (place.first && group && group->number == place.group) groups_.erase(file);
}

void FirstLinks::add(std::uint64_t group, const std::string& key, ByteView record) {
    if (!file_) {
        file_ = unnamed_temporary_file();
        places_ = unnamed_temporary_file();
    }
    Writer place;
    place.u64(file_bytes_).u32(static_cast<std::uint32_t>(key.size())).u32(static_cast<std::uint32_t>(record.size()));
    write_all_at(file_.get(), file_bytes_, as_bytes(key), kTemporary);
    write_all_at(file_.get(), file_bytes_ + key.size(), record, kTemporary);
    write_all_at(places_.get(), group * kPlaceBytes, place.view(), kTemporary);
    file_bytes_ += key.size() + record.size();
}

FirstLinks::First FirstLinks::get(std::uint64_t group) const {
    Bytes place(kPlaceBytes, 0);
    if (places_) read_up_to_at(places_.get(), group * kPlaceBytes, place, kTemporary);
    Cursor in(place, kTemporary);
    const std::uint64_t offset = in.u64();
    const std::size_t key_bytes = in.u32(), record_bytes = in.u32();
    if (record_bytes == 0) throw Error(ErrorKind::NotFound, "a hard link's first link was not kept");
    Bytes both(key_bytes + record_bytes);
    if (read_up_to_at(file_.get(), offset, both, kTemporary) != both.size())
        throw Error(ErrorKind::Io, std::string(kTemporary) + " became shorter");
    const ByteView view = both;
    return {std::string(as_text(view.first(key_bytes))), decode_entry(view.subspan(key_bytes))};
}

}  // namespace vault
