// Going from nodes to their children with every check that docs/format.md 8.4 asks of a reader. Private to what reads
// trees.
#pragma once

#include "store/tree_reader.h"

namespace vault {

// The child that an inner node's item stands for, and how often an item of any node stands there.
const Child& child_of(const TreeNode& node, std::size_t index);
std::uint64_t repeat_of(const TreeNode& node, std::size_t index);

// Manifests: the key, or last key, of an item.
const std::string& key_of(const TreeNode& node, std::size_t index);
// The index of the first item whose key is not below `key`; size() where there is none.
std::size_t lower_bound(const TreeNode& node, std::string_view key);

// The root, checked against what is said beside its id. Throws Corrupt; and what the source throws.
std::shared_ptr<const TreeNode> open_root(NodeSource& source, TreeKind tree, const TreeRoot& root);

// The child that the last step, in an inner node, stands at, checked against all that the path says of it.
std::shared_ptr<const TreeNode> open_child(NodeSource& source, const TreePath& path);

// Manifests: what is lost where open_child failed so for this path.
LostNode lost_child(const TreePath& path, const Error& error);

// Moves a path to the next item of its last node, or of the nearest node above that has one, which then ends the path:
// nothing is read. Empty past the last.
void step_over(TreePath& path);

// Extents: throws Corrupt where `previous`, and then `next` on the same level, end and begin with what should be one
// item.
void check_neighbours(const TreeNode& previous, const TreeNode& next);

// Moves a path that ends in a leaf to the next item of the leaves, one repetition being one; empty past the last.
void advance(NodeSource& source, TreePath& path);

}  // namespace vault
