// Whether trees and entries have the form that config asks of writers: where nodes end, and which form a content or an
// attribute set takes. Readers do not care; what is formed otherwise does not deduplicate. docs/format.md, 6 and 8.4.
#pragma once

#include <optional>
#include <string>

#include "store/seal/keys.h"
#include "store/tree_nodes.h"

namespace vault {

struct NodeEnd {
    bool too_late = false;  // it should have ended after an item before its last
    // Its last item ends it, or the next one could be too much for it: it need not be the last node of its level.
    bool closed = false;
};
NodeEnd node_end(const Keys& keys, const NodeShape& shape, const TreeNode& node);

// Why config would not have chosen this form; nothing where it would. Of an extents tree its root's totals are needed.
std::optional<std::string> unusual_form(const Entry& entry, const ShapeParameters& shape);
std::optional<std::string> unusual_extents(const TreeNode& root, const ShapeParameters& shape);

}  // namespace vault
