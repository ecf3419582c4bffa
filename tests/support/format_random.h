// Random valid records for rapidcheck properties. Each function may be called only while a property runs (it draws from
// rapidcheck's generators).
#pragma once

#include <rapidcheck.h>

#include "tests/support/format_values.h"

namespace vault {

// A number from 0 to `max`, of every magnitude alike.
std::uint64_t random_number(std::uint64_t max);
// Any bytes of `bytes_min` to `bytes_max`, which may be large: long ones are rare.
Bytes random_bytes(std::size_t bytes_min, std::size_t bytes_max);
// The same without zero bytes and '/'.
std::string random_name(std::size_t bytes_min, std::size_t bytes_max);
// UTF-8 of `bytes_min` to about `bytes_max` bytes without control characters.
std::string random_text(std::size_t bytes_min, std::size_t bytes_max);
Time random_time();
bool random_bool();

template <class AnyId>
AnyId random_id() {
    const Bytes bytes = random_bytes(AnyId::kBytes, AnyId::kBytes);
    return AnyId::from(bytes);
}

// A path component, and the components of a path of at most `depth_max`.
std::string random_component();
std::vector<std::string> random_path(std::size_t depth_max);

ConfigRecord random_config();
KeyringRecord random_keyring();
SlotRecord random_slot_record();
PackDirectory random_pack_directory();
DirectoriesRecord random_directories();
AttributeSet random_attributes();
Extent random_extent();
Entry random_entry();
Node random_node();
CommitRecord random_commit();
SessionRecord random_session();
FenceRecord random_fence();
BundleRecord random_bundle();
MarkRecord random_mark();
DamageRecord random_damage();
CondemnedRecord random_condemned();
WaitingRecord random_waiting();
DecisionRecord random_decision();

}  // namespace vault
