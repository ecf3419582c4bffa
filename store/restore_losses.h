// What of a snapshot's manifest a restore cannot read, so that all of its passes go by the same.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "store/tree_reader.h"

namespace vault {

// A node that could not be read once stays lost: a medium that gives it a moment later would make passes disagree about
// what is there. Thread-safe. Memory: about 300 bytes a lost node.
class SteadyNodes : public NodeSource {
  public:
    explicit SteadyNodes(NodeSource& source) : source_(source) {}
    std::shared_ptr<const TreeNode> node(const ChunkId& id) override;

  private:
    NodeSource& source_;
    std::mutex mutex_;  // of all below
    std::map<ChunkId, Error> lost_;
};

// The lost nodes of one manifest. One thread.
class LostNodes {
  public:
    bool add(const LostNode& node);  // whether it was not known yet
    bool empty() const { return ranges_.empty(); }
    bool hides(std::string_view key) const;

  private:
    struct Range {
        std::optional<std::string> after;
        std::string last_key;
    };
    std::vector<Range> ranges_;  // ascending, apart from each other
};

}  // namespace vault
