// The pieces that descriptions are made of. Private to store/inspect*.cpp.
#pragma once

#include "store/description.h"
#include "store/format/commit_record.h"
#include "store/format/config_record.h"
#include "store/format/control_records.h"
#include "store/format/envelope.h"
#include "store/format/node.h"
#include "store/format/pack_directory.h"

namespace vault {

std::string_view kind_name(ObjectKind kind);
std::string_view class_name(std::uint8_t chunk_class);
std::string_view type_word(EntryType type);

void describe(Description& into, const Extensions& extensions);
Description describe(const ConfigRecord& record);
Description describe(const CommitRecord& record);
Description describe(const SessionRecord& record);
Description describe(const HeartbeatRecord& record);
Description describe(const FenceRecord& record);
Description describe(const TombstoneRecord& record);
Description describe(const BundleRecord& record);
Description describe(const MarkRecord& record);
Description describe(const DamageRecord& record);
Description describe(const CondemnedRecord& record);
Description describe(const WaitingRecord& record);
Description describe(const DecisionRecord& record);
Description describe(const PackDirectory& directory);
Description describe(const DirectoriesRecord& record);
Description describe(const Node& node);
Description describe(const AttributeSet& set);

}  // namespace vault
