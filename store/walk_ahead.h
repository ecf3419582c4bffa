// A walk in a thread of its own, some thousands of entries ahead of who takes them.
#pragma once

#include <exception>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "store/bounded_queue.h"
#include "store/walk.h"

namespace vault {

class WalkAhead {
  public:
    // Starts at once. What is ahead is at most about 16,000 entries, or 4 MiB of keys where those are long, and three
    // times that until run() is called. Throws Usage for a rule that is none.
    WalkAhead(std::vector<SourceRoot> roots, const std::vector<std::string>& excludes,
              std::vector<FolderIdentity> not_entered);
    ~WalkAhead();  // ends the walk; entries that are still held must be gone
    WalkAhead(const WalkAhead&) = delete;
    WalkAhead& operator=(const WalkAhead&) = delete;

    // Calls `visitor`, in this thread, as walk() would have; once. Throws what the walk threw or the visitor throws.
    void run(WalkVisitor& visitor);

  private:
    struct Unreadable {
        std::string path, message;
    };
    using Group = std::vector<std::variant<WalkedEntry, Unreadable>>;
    class Collector;

    const std::vector<SourceRoot> roots_;
    Excludes excludes_;
    const std::vector<FolderIdentity> not_entered_;
    OpenFolders open_;  // before the queue, whose entries need it
    BoundedQueue<Group> queue_;
    std::exception_ptr failure_;  // written before the queue is closed
    std::thread thread_;
};

}  // namespace vault
