// The part in memory, and the table on disk.
#include "store/link_group_table.h"

#include "store/base/file.h"
#include "store/format/cursor.h"
#include "store/name_list.h"

namespace vault {

namespace {

constexpr const char kTemporary[] = "a temporary file of hard links";
constexpr std::size_t kSlotBytes = 96;
constexpr std::uint64_t kFirstSlots = 1u << 16;

}  // namespace

std::size_t LinkGroupTable::Hash::operator()(const LinkedFile& file) const {
    std::uint64_t mixed = (file.inode + file.filesystem * 0xC2B2AE3D27D4EB4Full) * 0x9E3779B97F4A7C15ull;
    mixed ^= mixed >> 32;  // the table takes the low bits, and those of a product depend on low bits alone
    return static_cast<std::size_t>(mixed);
}

std::optional<LinkGroup> LinkGroupTable::find(const LinkedFile& file) const {
    const auto found = in_memory_.find(file);
    if (found != in_memory_.end()) return found->second;
    return used_ == 0 ? std::nullopt : locate(file).group;
}

void LinkGroupTable::put(const LinkedFile& file, const LinkGroup& group) {
    const auto found = in_memory_.find(file);
    if (found != in_memory_.end()) {
        found->second = group;
        return;
    }
    if (slots_ != 0) {
        const Place place = locate(file);
        if (place.group) return write_slot(place.slot, {State::Used, file, group});
    }
    if (in_memory_.size() < in_memory_max_) {
        in_memory_.emplace(file, group);
        return;
    }
    if ((used_ + erased_ + 1) * 2 > slots_) grow();
    const Place place = locate(file);
    if (read_slot(place.slot).state == State::Erased) --erased_;
    write_slot(place.slot, {State::Used, file, group});
    ++used_;
}

void LinkGroupTable::erase(const LinkedFile& file) {
    if (in_memory_.erase(file) > 0 || used_ == 0) return;
    const Place place = locate(file);
    if (!place.group) return;
    write_slot(place.slot, {State::Erased, {}, {}});
    --used_;
    ++erased_;
}

LinkGroupTable::Place LinkGroupTable::locate(const LinkedFile& file) const {
    std::optional<std::uint64_t> reusable;
    for (std::uint64_t at = Hash()(file) & (slots_ - 1);; at = (at + 1) & (slots_ - 1)) {
        const Slot slot = read_slot(at);
        if (slot.state == State::Used && slot.file == file) return {at, slot.group};
        if (slot.state == State::Erased && !reusable) reusable = at;
        if (slot.state == State::Free) return {reusable.value_or(at), std::nullopt};
    }
}

LinkGroupTable::Slot LinkGroupTable::read_slot(std::uint64_t at) const {
    Bytes bytes(kSlotBytes, 0);  // what lies past the end of the file is free
    read_up_to_at(file_.get(), at * kSlotBytes, bytes, kTemporary);
    Cursor in(bytes, kTemporary);
    Slot slot;
    slot.state = static_cast<State>(in.u8());
    if (slot.state != State::Used) return slot;
    slot.file = {in.u64(), in.u64()};
    slot.group.number = in.u64();
    slot.group.links_to_come = in.u64();
    slot.group.type = static_cast<EntryType>(in.u8());
    slot.group.size = in.u64();
    slot.group.mtime = in.time();
    if (in.u8() != 0) slot.group.btime = in.time();
    return slot;
}

void LinkGroupTable::write_slot(std::uint64_t at, const Slot& slot) {
    Writer out;
    out.u8(static_cast<std::uint8_t>(slot.state));
    out.u64(slot.file.filesystem).u64(slot.file.inode);
    out.u64(slot.group.number).u64(slot.group.links_to_come);
    out.u8(static_cast<std::uint8_t>(slot.group.type)).u64(slot.group.size);
    out.time(slot.group.mtime);
    out.u8(slot.group.btime ? 1 : 0).time(slot.group.btime.value_or(Time{}));
    out.zeros(kSlotBytes - out.size());
    write_all_at(file_.get(), at * kSlotBytes, out.view(), kTemporary);
}

void LinkGroupTable::grow() {
    LinkGroupTable larger(0);
    larger.file_ = unnamed_temporary_file();
    // Where most of it is erased the same size will do.
    larger.slots_ = slots_ == 0 ? kFirstSlots : used_ * 4 > slots_ ? slots_ * 2 : slots_;
    for (std::uint64_t at = 0; at < slots_; ++at) {
        const Slot slot = read_slot(at);
        if (slot.state != State::Used) continue;
        larger.write_slot(larger.locate(slot.file).slot, slot);
        ++larger.used_;
    }
    file_ = std::move(larger.file_);
    slots_ = larger.slots_;
    used_ = larger.used_;
    erased_ = 0;
}

}  // namespace vault
