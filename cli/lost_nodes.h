// How commands tell of nodes of a snapshot's tree that cannot be read, and what they end with then.
#pragma once

#include <set>
#include <string>

#include "cli/command.h"
#include "store/tree_reader.h"

namespace vault {

// One line on stderr, or one object of docs/json/lost_node.json; `during` is the command's name.
void show_lost(const Invocation& invocation, const std::string& during, const LostNode& node);

// The lost nodes that one command meets, each told once, also where it comes by several times.
class LostNodeLines {
  public:
    LostNodeLines(const Invocation& invocation, std::string during)
        : invocation_(invocation), during_(std::move(during)) {}

    void tell(const LostNode& node);
    // What could not be told of `path` for the same reason.
    void tell_unknown(const std::string& path, const Error& error);
    // Call it last: where something is damaged a line says what to do.
    ExitCode end() const;

  private:
    void note(const Error& error);

    const Invocation& invocation_;
    std::string during_;
    std::set<ChunkId> told_;
    ExitCode worst_ = ExitCode::Ok;  // Integrity wins over Failed
};

}  // namespace vault
