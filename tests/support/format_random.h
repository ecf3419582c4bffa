// Random valid records for rapidcheck properties. Each function may be called only while a property runs (it draws from
// rapidcheck's generators).
#pragma once

#include <rapidcheck.h>

#include <set>

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

// From `min` to `max`, small ones first.
inline std::size_t random_size(std::size_t min, std::size_t max) {
    return min + static_cast<std::size_t>(random_number(max - min));
}

template <class Item, class Make>
std::vector<Item> random_list(std::size_t min, std::size_t max, Make make) {
    std::vector<Item> items(random_size(min, max));
    for (Item& item : items) item = make();
    return items;
}

template <class Item, class Make>
std::vector<Item> random_ascending(std::size_t min, std::size_t max, Make make) {
    // As many attempts as items: rapidcheck's smallest cases draw the same value for ever.
    std::set<Item> items;
    for (std::size_t count = random_size(min, max); count > 0; --count) items.insert(make());
    return {items.begin(), items.end()};
}

Extensions random_extensions();  // mostly none
std::uint8_t random_class();

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
