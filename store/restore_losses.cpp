// Lost nodes, remembered.
#include "store/restore_losses.h"

#include <algorithm>

namespace vault {

std::shared_ptr<const TreeNode> SteadyNodes::node(const ChunkId& id) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = lost_.find(id); known != lost_.end()) throw Error(known->second);
    }
    try {
        return source_.node(id);
    } catch (const Error& error) {
        if (is_loss(error)) {
            const std::lock_guard lock(mutex_);
            lost_.emplace(id, error);
        }
        throw;
    }
}

bool LostNodes::add(const LostNode& node) {
    const auto at = std::ranges::lower_bound(ranges_, node.last_key, {}, &Range::last_key);
    if (at != ranges_.end() && at->last_key == node.last_key) return false;
    // A node above some that were lost before takes their place.
    const std::string after = node.after.value_or("");
    const auto first = node.after ? std::ranges::upper_bound(ranges_, after, {}, &Range::last_key) : ranges_.begin();
    ranges_.insert(ranges_.erase(first, at), {node.after, node.last_key});
    return true;
}

bool LostNodes::hides(std::string_view key) const {
    const auto at = std::ranges::lower_bound(ranges_, key, {}, &Range::last_key);
    return at != ranges_.end() && (!at->after || *at->after < key);
}

}  // namespace vault
