// Stdout as commands use it: buffered bytes, and the end of the program when nobody reads them.
#pragma once

#include <mutex>
#include <string_view>

#include "store/base/bytes.h"

namespace vault {

// Thrown where stdout is a closed pipe: the program ends quietly (ExitCode::OutputClosed).
struct OutputClosed {};

// Thread-safe. A failure other than a closed pipe throws the Error of errno. What was not flushed when an exception
// ends the command is written by main.
class Output {
  public:
    Output();

    bool is_terminal() const { return is_terminal_; }
    // `text` and a line feed. On a terminal it appears at once.
    void line(std::string_view text);
    void bytes(ByteView bytes);
    void flush();

  private:
    void write_out(ByteView bytes);

    const bool is_terminal_;
    std::mutex mutex_;  // guards buffer_ and the descriptor
    Bytes buffer_;
};

}  // namespace vault
