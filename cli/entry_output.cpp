// Entry -> JSON, its line of ls -l, and the letters of its mode.
#include "cli/entry_output.h"

#include "cli/snapshot_output.h"
#include "cli/terminal.h"
#include "store/civil_time.h"

namespace vault {

namespace {

constexpr std::uint32_t kSetUid = 04000, kSetGid = 02000, kSticky = 01000;

char type_letter(EntryType type) {
    switch (type) {
        case EntryType::Regular: return '-';
        case EntryType::Directory: return 'd';
        case EntryType::Symlink: return 'l';
        case EntryType::CharacterDevice: return 'c';
        case EntryType::BlockDevice: return 'b';
        case EntryType::Fifo: return 'p';
        case EntryType::Socket: return 's';
    }
    return '?';
}

std::string size_cell(const Entry& entry) {
    if (entry.type == EntryType::CharacterDevice || entry.type == EntryType::BlockDevice)
        return std::to_string(entry.device_major) + "," + std::to_string(entry.device_minor);
    if (entry.type == EntryType::Symlink) return std::to_string(entry.target.size());
    return std::to_string(entry.size);
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string padded_left(const std::string& text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

}  // namespace

std::string_view type_name(EntryType type) {
    switch (type) {
        case EntryType::Regular: return "file";
        case EntryType::Directory: return "dir";
        case EntryType::Symlink: return "symlink";
        case EntryType::CharacterDevice: return "chardev";
        case EntryType::BlockDevice: return "dev";
        case EntryType::Fifo: return "fifo";
        case EntryType::Socket: return "socket";
    }
    return "unknown";
}

std::string mode_text(const Entry& entry) {
    std::string text(10, '-');
    text[0] = type_letter(entry.type);
    constexpr char kLetters[] = "rwxrwxrwx";
    for (unsigned bit = 0; bit < 9; ++bit)
        if (entry.mode & (0400u >> bit)) text[bit + 1] = kLetters[bit];
    const auto special = [&](std::uint32_t bit, std::size_t at, char with_x, char without) {
        if (entry.mode & bit) text[at] = text[at] == 'x' ? with_x : without;
    };
    special(kSetUid, 3, 's', 'S');
    special(kSetGid, 6, 's', 'S');
    special(kSticky, 9, 't', 'T');
    return text;
}

std::string long_line(const Output& output, const PlacedEntry& placed, const std::string& name) {
    const Entry& entry = placed.entry;
    const std::string user = entry.user.empty() ? std::to_string(entry.uid) : shown(output, entry.user);
    const std::string group = entry.group.empty() ? std::to_string(entry.gid) : shown(output, entry.group);
    std::string line = mode_text(entry) + ' ' + padded_left(std::to_string(entry.links), 3) + ' ' + padded(user, 8) +
                       ' ' + padded(group, 8) + ' ' + padded_left(size_cell(entry), 12) + ' ' +
                       human_time(entry.mtime) + "  " + name;
    if (entry.type == EntryType::Symlink) line += " -> " + shown(output, entry.target);
    return line;
}

Json entry_object(const PlacedEntry& placed) {
    const Entry& entry = placed.entry;
    Json object = Json::object();
    put_name(object, "name", placed.name());
    object["type"] = type_name(entry.type);
    put_name(object, "path", placed.path());
    object["uid"] = entry.uid;
    object["gid"] = entry.gid;
    put_name(object, "user", entry.user);
    put_name(object, "group", entry.group);
    if (entry.type == EntryType::Regular) {
        object["size"] = entry.size;
        object["allocated"] = entry.allocated;
    }
    object["mode"] = entry.mode;
    object["permissions"] = mode_text(entry);
    object["mtime"] = rfc3339(entry.mtime);
    object["ctime"] = rfc3339(entry.ctime);
    if (entry.btime) object["btime"] = rfc3339(*entry.btime);
    object["inode"] = entry.inode;
    object["links"] = entry.links;
    if (entry.type == EntryType::Symlink) put_name(object, "linktarget", entry.target);
    if (entry.type == EntryType::CharacterDevice || entry.type == EntryType::BlockDevice) {
        object["device_major"] = entry.device_major;
        object["device_minor"] = entry.device_minor;
    }
    if (entry.implied) object["implied"] = true;
    if (entry.changed_while_read) object["changed_while_read"] = true;
    return object;
}

}  // namespace vault
