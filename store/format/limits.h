// The hard limits of docs/format.md, section 12, in its order. What is beyond one is refused before anything is
// allocated for it. Not the sizes that writers aim at: those are parameters of the writers.
#pragma once

#include <cstdint>

namespace vault {

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;

constexpr std::uint64_t kChunkBytesMax = 16 * kMiB;
constexpr std::uint64_t kBoxBytesMax = 16 * kMiB;
constexpr std::uint64_t kBoxSealedBytesMax = 16 * kMiB + 40;
constexpr std::uint64_t kPackBytesMax = 256 * kMiB;
constexpr std::uint64_t kPackBoxesMax = 65'536;
constexpr std::uint64_t kPackChunksMax = 65'536;
constexpr std::uint64_t kPackPlainBytesMax = 4 * kGiB;
constexpr std::uint64_t kDirectoryRecordBytesMax = 7 * kMiB;
constexpr std::uint64_t kNodeBytesMax = 512 * kKiB;
constexpr std::uint64_t kNodeWeightMax = 256 * kKiB;
constexpr std::uint64_t kNodeItemsMax = 65'536;
constexpr std::uint8_t kNodeLevelMax = 31;
constexpr std::uint64_t kManifestKeyBytesMax = 16 * kKiB;
constexpr std::uint64_t kNameBytesMax = 255;
constexpr std::uint64_t kEntryBytesMax = 32 * kKiB;
constexpr std::uint64_t kAttributeSetBytesMax = 1'088 * kKiB;
constexpr std::uint64_t kAttributesMax = 4'096;
constexpr std::uint64_t kAttributeValueBytesMax = 64 * kKiB;
constexpr std::uint64_t kSymlinkTargetBytesMax = 4'095;
constexpr std::uint64_t kInlineContentBytesMax = 4'096;
constexpr std::uint64_t kExtentListMax = 128;
constexpr std::uint64_t kConfigObjectBytesMax = 64 * kKiB;
constexpr std::uint64_t kKeyringObjectBytesMax = 1 * kMiB;
constexpr std::uint64_t kMasterKeysMax = 1'024;
constexpr std::uint64_t kSlotBytes = 4'096;
constexpr std::uint64_t kSnapshotObjectBytesMax = 16 * kMiB;
constexpr std::uint64_t kDirsObjectBytesMax = 8 * kMiB;
constexpr std::uint64_t kDirsEntriesMax = 64;
constexpr std::uint64_t kControlObjectBytesMax = 8 * kMiB;
constexpr std::uint64_t kControlItemsMax = 65'536;
constexpr std::uint64_t kFileBytesMax = (1ull << 63) - 1;
constexpr std::uint64_t kExtensionBytesMax = 64 * kKiB;
constexpr std::uint64_t kExtensionItemsMax = 1'024;
constexpr unsigned kZstdWindowLogMax = 24;

}  // namespace vault
