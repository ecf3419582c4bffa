// The node of one level that is being filled: items are encoded as they come, so that nothing decoded is kept.
// Private to the tree builders; the bytes are those that encode(Node) would make.
#pragma once

#include <string>
#include <string_view>

#include "store/format/cursor.h"
#include "store/format/node.h"

namespace vault {

// An item of any kind of node, borrowed.
struct TreeItem {
    std::string_view key;  // manifests; empty in extents
    ByteView value;        // what is weighed: the entry record, the extent, or child id and totals
    Totals totals;         // of one occurrence
    std::uint64_t repeat = 1;

    std::uint64_t weight() const { return key.size() + value.size(); }
};

class OpenNode {
  public:
    OpenNode(TreeKind tree, std::uint8_t level) : tree_(tree), level_(level) {}

    void append(const TreeItem& item);

    std::uint64_t items() const { return items_; }
    std::uint64_t weight() const { return weight_; }
    const Totals& totals() const { return totals_; }
    const std::string& last_key() const { return last_key_; }

    // The node's plaintext; the open node is empty then.
    Bytes close();

  private:
    TreeKind tree_;
    std::uint8_t level_;
    std::uint64_t items_ = 0;
    std::uint64_t weight_ = 0;
    Totals totals_;
    std::string last_key_;
    Writer body_;  // the items so far
};

}  // namespace vault
