// Signals as flags that operations poll.
#pragma once

namespace vault {

// SIGINT and SIGTERM ask the operation to stop; the second one ends the process at once. SIGUSR1 asks for a line of
// progress. SIGPIPE is ignored: who writes learns of it. Calls that wait return EINTR.
void catch_signals();

bool interrupted();          // since the start
bool take_progress_wish();   // since the last call

// Throws Interrupted where interrupted().
void stop_if_interrupted();

}  // namespace vault
