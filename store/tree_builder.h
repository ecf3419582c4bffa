// Builds manifest and extents trees from items in order, with one open node a level: constant memory whatever the
// number of items. The same items give the same root (docs/format.md 8.4).
#pragma once

#include <string_view>

#include "store/tree_nodes.h"

namespace vault {

struct BuiltTree {
    TreeRoot root;
    Totals totals;
};

// After an exception a builder is of no more use.
class ManifestBuilder {
  public:
    ManifestBuilder(NodeSink& sink, NodeShape shape);
    ~ManifestBuilder();
    // Keys strictly ascending, else Corrupt; so too for a key or an entry beyond its limit. `entry` is an encoded entry
    // record, copied. Its totals are read out of it, so that a parent's sums cannot differ from what lies below.
    void add(std::string_view key, ByteView entry);
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
    // The extent `repeat` times in a row. However the calls are split: equal neighbours become one item with a repeat
    // count, neighbouring holes one hole. Throws Corrupt beyond the limits of docs/format.md 8.3.
    void add(const Extent& extent, std::uint64_t repeat = 1);
    // At most once, after at least one add.
    BuiltTree finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vault
