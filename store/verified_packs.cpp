// The file: "vaultverified1\n", since, then pack ids with their times, 40 bytes each.
#include "store/verified_packs.h"

#include "store/base/file.h"

namespace vault {

namespace {

constexpr std::string_view kHead = "vaultverified1\n";
constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;

}  // namespace

VerifiedPacks::VerifiedPacks(const std::filesystem::path& state_folder, const std::string& file_name)
    : path_(state_folder / file_name) {
    try {
        const auto file = read_small_file(path_.string(), kFileBytesMax);
        if (!file) return;
        Cursor cursor(*file, "verified-packs");
        if (as_text(cursor.raw(kHead.size())) != kHead) return;
        const std::int64_t since = cursor.i64();
        while (cursor.remaining() > 0) {
            const auto pack = cursor.id<PackId>();
            times_[pack] = cursor.i64();
        }
        if (since != 0) unfinished_since_ = since;
    } catch (const Error&) {
        times_.clear();
    }
}

std::optional<std::int64_t> VerifiedPacks::when(const PackId& pack) const {
    const auto found = times_.find(pack);
    if (found == times_.end()) return std::nullopt;
    return found->second;
}

void VerifiedPacks::save(const std::function<bool(const PackId&)>& is_listed) const {
    Writer writer;
    writer.raw(as_bytes(kHead)).i64(unfinished_since_.value_or(0));
    for (const auto& [pack, seconds] : times_)
        if (is_listed(pack)) writer.id(pack).i64(seconds);
    make_folders(path_.parent_path().string());
    replace_small_file(path_.string(), writer.view());
}

}  // namespace vault
