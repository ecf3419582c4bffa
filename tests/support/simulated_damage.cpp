// What was reached is written down before the stroke.
#include "tests/support/simulated_damage.h"

#include <algorithm>

#include "store/backend/object_names.h"
#include "store/damage_marks.h"
#include "store/index_directories.h"
#include "store/references.h"
#include "store/snapshots.h"
#include "store/tree_diff.h"

namespace vault {

namespace {

enum class Stroke { Box, Directory, Copies, DirectoryAndCopies, Pack };
constexpr std::size_t kStrokes = 5;

void flip_a_byte(TestRepository& test, const std::string& name, std::uint64_t from, std::uint64_t to,
                 std::mt19937_64& random) {
    Bytes bytes = test.backend().get(name);
    bytes.at(from + random() % (to - from)) ^= static_cast<std::uint8_t>(1 + random() % 255);
    test.memory().overwrite(name, bytes);
}

}  // namespace

SimulatedDamage::Chunks SimulatedDamage::reached_by(ChunkStore& chunks, TreeKind kind, TreeRoot root) {
    Chunks found;
    visit_nodes(
        chunks, kind, root,
        [&](const NodeLink& link) {
            found.emplace(ChunkKind::Tree, link.id);
            return true;
        },
        [&](const NodeLink& link, const TreeNode& node) {
            if (link.level != 0) return;
            std::vector<Reference> references;
            add_references(node, references);
            for (const Reference& reference : references) {
                found.emplace(reference.kind(), reference.id);
                if (reference.sort == Reference::Sort::Node)
                    found.merge(reached_by(chunks, reference.tree, {reference.id, reference.level}));
            }
        });
    return found;
}

SimulatedDamage::SimulatedDamage(TestRepository& test, std::mt19937_64& random) {
    const auto reader = test.open("reader");
    {
        const View view = reader->reader_view();
        for (const Snapshot& snapshot : list_snapshots(*reader).live)
            reached_[snapshot.sid] = reached_by(*view.chunks, TreeKind::Manifest, snapshot.root());
    }
    const std::vector<ObjectInfo> packs = test.backend().list("packs/");
    if (packs.empty()) return;
    const ObjectInfo& info = packs[random() % packs.size()];
    const auto stroke = static_cast<Stroke>(random() % kStrokes);
    const PackId id = *pack_of_name(info.name);
    const PackDirectory directory = read_directory(test.backend(), reader->keys(), info, id).directory;
    const bool strikes_copies = stroke == Stroke::Copies || stroke == Stroke::DirectoryAndCopies;
    if (strikes_copies) {
        what_ = "the copies of directories";
        for (const ObjectInfo& copies : test.backend().list("dirs/")) {
            if (random() % 2 == 0) test.backend().remove(copies.name);
            else flip_a_byte(test, copies.name, 0, copies.size, random);
        }
        if (stroke == Stroke::Copies) return;
    }
    pack_ = id;
    what_ += (what_.empty() ? "" : " and ") + info.name;
    std::vector<DirectoryBox> hit = directory.boxes;
    if (stroke == Stroke::Box) {
        const std::size_t box = random() % directory.boxes.size();
        std::uint64_t offset = kPackHeaderBytes;
        for (std::size_t i = 0; i < box; ++i) offset += directory.boxes[i].sealed_bytes;
        flip_a_byte(test, info.name, offset, offset + directory.boxes[box].sealed_bytes, random);
        hit = {directory.boxes[box]};
        what_ += " box " + std::to_string(box);
    } else if (stroke == Stroke::Pack) {
        test.backend().remove(info.name);
        what_ += " whole";
    } else {
        flip_a_byte(test, info.name, directory.boxes_end(), info.size, random);
        what_ += " directory";
    }
    if (stroke != Stroke::Pack) pack_bytes_ = test.backend().get(info.name);
    for (const DirectoryBox& box : hit)
        for (const DirectoryChunk& chunk : box.chunks) hit_.insert(chunk.id);
}

void SimulatedDamage::judge(const Repository& reader, const RepairReport& repaired,
                            std::vector<std::string>& found) const {
    const View view = reader.reader_view();
    std::set<ChunkId> named;
    for (const auto& [pack, damage] : read_damage_marks(reader).packs)
        named.insert(damage.lost.begin(), damage.lost.end());
    for (const DamageRecord::LostChunk& chunk : repaired.after.damage.missing) named.insert(chunk.id);
    const std::vector<SessionId>& harmed = repaired.after.harmed_snapshots;
    Chunks wanted, visible;
    for (const Snapshot& snapshot : list_snapshots(reader).live) {
        const auto reached = reached_.find(snapshot.sid);
        if (reached == reached_.end()) continue;
        wanted.insert(reached->second.begin(), reached->second.end());
        try {
            visible.merge(reached_by(*view.chunks, TreeKind::Manifest, snapshot.root()));
        } catch (const Error&) {
            if (std::ranges::find(harmed, snapshot.sid) == harmed.end())
                found.push_back("after the repair of " + what_ + ": " + snapshot.sid.hex() + " is harmed, not named");
        }
    }
    bool is_anything_lost = false;
    for (const auto& [kind, id] : wanted) {
        try {
            view.chunks->chunk(kind, id);
        } catch (const Error& error) {
            const bool was_hit = hit_.contains(id);
            is_anything_lost = true;
            if (was_hit && (named.contains(id) || !visible.contains({kind, id}))) continue;
            found.push_back("after the repair of " + what_ + ": chunk " + id.hex() +
                            (was_hit ? " is lost and not named: " : " was not hit and is lost: ") + error.what());
        }
    }
    if (!is_anything_lost || pack_bytes_.empty()) return;
    const auto is_there = [&](const std::string& name) {
        return !reader.backend().list(name).empty() && reader.backend().get(name) == pack_bytes_;
    };
    if (!is_there(pack_name(*pack_)) && !is_there("quarantine/" + pack_->hex()))
        found.push_back("after the repair of " + what_ + ": something of it is lost, and the pack is not kept");
}

}  // namespace vault
