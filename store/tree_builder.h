// Builds manifest and extents trees from items in order, with one open node a level: constant memory whatever the number of
// items. The same items give the same root (docs/format.md 8.4).
#pragma once

#include <string_view>

#include "store/tree_nodes.h"

namespace vault {

struct BuiltTree {
    TreeRoot root;
    Totals totals;
};

class ManifestBuilder {
  public:
    ManifestBuilder(NodeSink& sink, NodeShape shape);
    ~ManifestBuilder();
    // Keys strictly ascending, else Corrupt. `entry` is an encoded entry record; `totals` are its totals.
    void add(std::string_view key, ByteView entry, const Totals& totals);
    // At most once, after at least one add.
    BuiltTree finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class ExtentsBuilder {
  public:
    ExtentsBuilder(NodeSink& sink, NodeShape shape);
    ~ExtentsBuilder();
    // Equal neighbours become one item with a repeat count; neighbouring holes become one hole.
    void add(const Extent& extent);
    BuiltTree finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vault
