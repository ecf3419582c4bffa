// The grammar of object names, one line a prefix.
#include "store/backend/object_names.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "store/base/text.h"

namespace vault {

namespace {

constexpr std::size_t kIdDigits = 64;
constexpr std::size_t kSessionDigits = 32;
constexpr std::size_t kRandomDigits = 16;
constexpr std::string_view kCountMax = "4294967295";
constexpr std::size_t kLeafBytesMax = 200;  // below the 255 of every file system that vault may meet

bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_decimal_digit(c) || (c >= 'a' && c <= 'f'); }

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits && std::all_of(text.begin(), text.end(), is_hex_digit);
}

// Decimal, from 1 to 2^32 - 1, without leading zeros: one number, one name.
bool is_count(std::string_view text) {
    if (text.empty() || text.front() == '0' || !std::all_of(text.begin(), text.end(), is_decimal_digit)) return false;
    return text.size() < kCountMax.size() || (text.size() == kCountMax.size() && text <= kCountMax);
}

// Letters, digits, '.', '_' and '-', not hidden: means the same to every file system and every store.
bool is_plain(std::string_view text) {
    constexpr std::string_view kPlain = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.-";
    return !text.empty() && text.size() <= kLeafBytesMax && text.front() != '.' &&
           text.find_first_not_of(kPlain) == std::string_view::npos;
}

// `hex_digits` hexadecimal digits, then `separator`; the rest is for the caller to judge.
std::optional<std::string_view> after_hex(std::string_view text, std::size_t hex_digits, char separator) {
    if (text.size() <= hex_digits || text[hex_digits] != separator) return std::nullopt;
    if (!is_hex(text.substr(0, hex_digits), hex_digits)) return std::nullopt;
    return text.substr(hex_digits + 1);
}

bool is_id(std::string_view text) { return is_hex(text, kIdDigits); }
bool is_run(std::string_view text) { return is_hex(text, kSessionDigits); }

bool is_pack(std::string_view text) {
    const auto id = after_hex(text, 2, '/');
    return id && is_id(*id) && id->substr(0, 2) == text.substr(0, 2);
}

bool is_directory_copy(std::string_view text) {
    const auto count = after_hex(text, kSessionDigits, '-');
    return count && is_count(*count);
}

bool is_session(std::string_view text) {
    if (is_run(text)) return true;
    const auto heartbeat = after_hex(text, kSessionDigits, '.');
    return heartbeat && is_count(*heartbeat);
}

bool is_tombstone(std::string_view text) {
    constexpr std::string_view kBundle = "bundle-";
    return is_run(text) || (text.substr(0, kBundle.size()) == kBundle && is_run(text.substr(kBundle.size())));
}

bool is_mark(std::string_view text) {
    const auto random = after_hex(text, kSessionDigits, '-');
    return random && is_hex(*random, kRandomDigits);
}

bool is_damage_record(std::string_view text) {
    const auto random = after_hex(text, kIdDigits, '-');
    return random && is_hex(*random, kRandomDigits);
}

bool is_temporary(std::string_view text) {
    const auto rest = after_hex(text, kSessionDigits, '-');
    return rest && is_plain(*rest);
}

bool is_reserve(std::string_view text) {
    constexpr std::string_view kInode = "inode-";  // 00 to 63
    if (text == "space") return true;
    if (text.size() != kInode.size() + 2 || text.substr(0, kInode.size()) != kInode) return false;
    const std::string_view number = text.substr(kInode.size());
    return std::all_of(number.begin(), number.end(), is_decimal_digit) && number <= "63";
}

struct Prefix {
    std::string_view folder;
    bool (*accepts)(std::string_view leaf);
};

// Ascending, as object_folders() promises.
constexpr std::array<Prefix, 19> kPrefixes = {{
    {"checks", is_plain},  // reserved
    {"condemned", is_run},
    {"config", is_count},
    {"damaged", is_damage_record},
    {"decision", is_run},
    {"dirs", is_directory_copy},
    {"keyring", is_count},
    {"keys", is_id},
    {"marks", is_mark},
    {"packs", is_pack},
    {"parity", is_plain},  // reserved
    {"quarantine", is_id},
    {"refs", is_plain},  // reserved
    {"reserve", is_reserve},
    {"sessions", is_session},
    {"snapshots", is_run},
    {"tmp", is_temporary},
    {"tombstones", is_tombstone},
    {"waiting", is_run},
}};
constexpr std::string_view kPacks = "packs";

std::vector<std::string> all_folders() {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    std::vector<std::string> folders;
    for (const Prefix& prefix : kPrefixes) {
        if (prefix.folder != kPacks) {
            folders.emplace_back(prefix.folder);
            continue;
        }
        for (const char high : kHexDigits)
            for (const char low : kHexDigits) folders.push_back(std::string(kPacks) + '/' + high + low);
    }
    return folders;
}

}  // namespace

bool is_object_name(std::string_view name) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) return false;
    const auto prefix = std::find_if(kPrefixes.begin(), kPrefixes.end(),
                                     [&](const Prefix& known) { return known.folder == name.substr(0, slash); });
    return prefix != kPrefixes.end() && prefix->accepts(name.substr(slash + 1));
}

bool is_session_name(std::string_view name) { return is_run(name); }

const std::string& require_object_name(const std::string& name) {
    if (!is_object_name(name)) throw std::logic_error("not the name of an object: " + escaped(name));
    return name;
}

const std::vector<std::string>& object_folders() {
    static const std::vector<std::string> folders = all_folders();
    return folders;
}

ObjectPlace place_of(const std::string& name) {
    const std::size_t slash = require_object_name(name).rfind('/');
    const std::vector<std::string>& folders = object_folders();
    const auto folder = std::lower_bound(folders.begin(), folders.end(), name.substr(0, slash));
    return {static_cast<std::size_t>(folder - folders.begin()), name.substr(slash + 1)};
}

std::string pack_name(const PackId& id) {
    const std::string hex = id.hex();
    return "packs/" + hex.substr(0, 2) + "/" + hex;
}

std::optional<PackId> pack_of_name(const std::string& name) {
    constexpr std::size_t kFolderBytes = std::string_view("packs/xx/").size();
    if (!name.starts_with("packs/") || name.size() != kFolderBytes + 2 * PackId::kBytes) return std::nullopt;
    return PackId::from_hex(std::string_view(name).substr(kFolderBytes));
}

SessionId session_of_name(std::string_view name) {
    return SessionId::from_hex(name.substr(name.rfind('/') + 1, 2 * SessionId::kBytes));
}

std::uint64_t generation_number(const std::string& name, std::string_view folder) {
    return std::strtoull(name.c_str() + folder.size(), nullptr, 10);
}

std::set<PackId> packs_of(const std::vector<ObjectInfo>& listed) {
    std::set<PackId> packs;
    for (const ObjectInfo& info : listed)
        if (const auto id = pack_of_name(info.name)) packs.insert(*id);
    return packs;
}

}  // namespace vault
