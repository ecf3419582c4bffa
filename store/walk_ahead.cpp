// Entries travel in groups, so that the queue costs little for each.
#include "store/walk_ahead.h"

#include "store/base/error.h"

namespace vault {

namespace {

constexpr std::size_t kGroupEntries = 128, kGroupTextBytes = 32u << 10;
// While nobody takes them yet, the caches that the run will fill are not there either.
constexpr std::size_t kGroupsAtFirst = 384, kGroupsAhead = 128;

std::vector<std::string> recorded_paths(const std::vector<SourceRoot>& roots) {
    std::vector<std::string> paths;
    for (const SourceRoot& root : roots) paths.push_back(root.recorded_path());
    return paths;
}

}  // namespace

class WalkAhead::Collector : public WalkVisitor {
  public:
    explicit Collector(BoundedQueue<Group>& queue) : queue_(queue) {}

    void entry(WalkedEntry entry) override {
        const std::size_t text = entry.key.size() + entry.path.size();
        group_.emplace_back(std::move(entry));
        added(text);
    }
    void unreadable(const std::string& path, const std::string& message) override {
        group_.emplace_back(Unreadable{path, message});
        added(path.size() + message.size());
    }
    // False: nobody takes what comes.
    bool flush() {
        text_bytes_ = 0;
        const bool taken = queue_.push(std::exchange(group_, {}));
        group_.reserve(kGroupEntries);
        return taken;
    }

  private:
    void added(std::size_t text) {
        text_bytes_ += text;
        if ((group_.size() >= kGroupEntries || text_bytes_ >= kGroupTextBytes) && !flush())
            throw Error(ErrorKind::Interrupted, "the run is ending");
    }

    BoundedQueue<Group>& queue_;
    Group group_;
    std::size_t text_bytes_ = 0;
};

WalkAhead::WalkAhead(std::vector<SourceRoot> roots, const std::vector<std::string>& excludes,
                     std::vector<FolderIdentity> not_entered)
    : roots_(std::move(roots)),
      excludes_(excludes, recorded_paths(roots_)),
      not_entered_(std::move(not_entered)),
      queue_(kGroupsAtFirst),
      thread_([this] {
          Collector collector(queue_);
          try {
              walk(roots_, excludes_, not_entered_, open_, collector);
          } catch (...) {
              failure_ = std::current_exception();
          }
          collector.flush();
          queue_.close();
      }) {}

WalkAhead::~WalkAhead() {
    queue_.close();
    thread_.join();
}

void WalkAhead::run(WalkVisitor& visitor) {
    queue_.bound(kGroupsAhead);
    while (std::optional<Group> group = queue_.pop()) {
        for (auto& item : *group) {
            if (auto* entry = std::get_if<WalkedEntry>(&item)) {
                visitor.entry(std::move(*entry));
            } else {
                const auto& trouble = std::get<Unreadable>(item);
                visitor.unreadable(trouble.path, trouble.message);
            }
        }
    }
    if (failure_) std::rethrow_exception(failure_);
}

}  // namespace vault
