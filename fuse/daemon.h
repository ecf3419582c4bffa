// Going into the background: the parent ends when the child says that it is ready, or with the child's exit code.
#pragma once

#include <functional>
#include <optional>

#include "store/base/unique_fd.h"

namespace vault {

// One fork; the process keeps its arguments, and nothing but the thread that calls it may run at the time.
class Daemon {
  public:
    // In the parent: waits, and gives the code to exit with: 0 when the child was ready, else its own; what went wrong
    // the child has said on stderr. In the child, which is the leader of a session of its own: nothing, at once.
    // `interrupted` is asked while the parent waits; true ends the child.
    std::optional<int> detach(const std::function<bool()>& interrupted);

    // In the child: lets the parent go, and closes stdin, stdout and stderr for /dev/null and leaves the folder that it
    // stands in. From any thread; without a detach() it does nothing.
    void ready();

  private:
    UniqueFd parent_;
};

}  // namespace vault
