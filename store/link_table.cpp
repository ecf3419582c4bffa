// Hard link groups and their first links.
#include "store/link_table.h"

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/name_list.h"

namespace vault {

namespace {

constexpr const char kTemporary[] = "a temporary file of hard links";

}  // namespace

std::optional<LinkPlace> LinkGroups::place(const SourceStat& stat) {
    if (stat.links < 2 || stat.type == EntryType::Directory) return std::nullopt;
    const File file{stat.filesystem, stat.inode};
    const auto found = groups_.find(file);
    if (found == groups_.end() || found->second.type != stat.type || found->second.size != stat.size ||
        found->second.mtime != stat.mtime || found->second.btime != stat.btime) {
        groups_[file] = {next_, stat.links - 1, stat.type, stat.size, stat.mtime, stat.btime};
        return LinkPlace{next_++, true};
    }
    const LinkPlace place{found->second.number, false};
    if (--found->second.links_to_come == 0) groups_.erase(found);
    return place;
}

void LinkGroups::forget(const SourceStat& stat, const LinkPlace& place) {
    const auto found = groups_.find({stat.filesystem, stat.inode});
    if (place.first && found != groups_.end() && found->second.number == place.group) groups_.erase(found);
}

void FirstLinks::add(std::uint64_t group, const std::string& key, ByteView record) {
    if (!file_) file_ = unnamed_temporary_file();
    write_all_at(file_.get(), file_bytes_, as_bytes(key), kTemporary);
    write_all_at(file_.get(), file_bytes_ + key.size(), record, kTemporary);
    places_[group] = {file_bytes_, static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(record.size())};
    file_bytes_ += key.size() + record.size();
}

FirstLinks::First FirstLinks::get(std::uint64_t group) const {
    const auto found = places_.find(group);
    if (found == places_.end()) throw Error(ErrorKind::NotFound, "a hard link's first link was not kept");
    const Place& place = found->second;
    Bytes both(place.key_bytes + place.record_bytes);
    if (read_up_to_at(file_.get(), place.offset, both, kTemporary) != both.size())
        throw Error(ErrorKind::Io, std::string(kTemporary) + " became shorter");
    const ByteView view = both;
    return {std::string(as_text(view.first(place.key_bytes))), decode_entry(view.subspan(place.key_bytes))};
}

}  // namespace vault
