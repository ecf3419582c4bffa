// Encodes the items of a node one by one: docs/format.md, 8.4.
#include "store/tree_open_node.h"

#include <algorithm>
#include <utility>

namespace vault {

namespace {

std::size_t shared_prefix(std::string_view a, std::string_view b) {
    const std::size_t most = std::min(a.size(), b.size());
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + most, b.begin()).first - a.begin());
}

}  // namespace

void OpenNode::append(const TreeItem& item) {
    if (tree_ == TreeKind::Manifest) {
        const std::size_t shared = items_ == 0 ? 0 : shared_prefix(last_key_, item.key);
        body_.varint(shared).text(item.key.substr(shared));
        if (level_ == 0) body_.varint(item.value.size());  // inner values have no length of their own
        last_key_.assign(item.key);
    } else {
        body_.varint(item.repeat);
    }
    body_.raw(item.value);
    ++items_;
    weight_ += item.weight();
    totals_ += item.totals.times(item.repeat);
}

Bytes OpenNode::close() {
    Writer head;
    head.varint(items_);
    Bytes plaintext(2 + head.size() + body_.size() + 1);
    plaintext[0] = static_cast<std::uint8_t>(tree_);
    plaintext[1] = level_;
    std::memcpy(plaintext.data() + 2, head.view().data(), head.size());
    std::memcpy(plaintext.data() + 2 + head.size(), body_.view().data(), body_.size());
    plaintext.back() = 0;  // no extensions
    body_ = Writer();
    items_ = weight_ = 0;
    totals_ = {};
    return plaintext;
}

}  // namespace vault
