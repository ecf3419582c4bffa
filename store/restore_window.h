// A window of a restore's plan, and the threads that carry windows out: boxes in pack order, each loaded once, its
// chunks verified and written wherever they belong.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "store/restore_files.h"
#include "store/restore_source.h"

namespace vault {

// A chunk's place in the store and in a file.
struct Piece {
    PlacedChunk from;
    ChunkId id;
    std::uint32_t file = 0;    // of the window
    std::uint64_t offset = 0;  // in the file
};

struct Window {
    std::vector<std::shared_ptr<RestoredFile>> files;
    std::vector<Piece> pieces;            // each is awaited by its file
    std::vector<std::uint32_t> complete;  // files planned to their end that await no piece but the planner's own share
};

// The threads. All functions are called by one thread, the owner's.
class WindowRunner {
  public:
    // `poll` is called by the owner's thread about ten times a second while it waits; true asks to stop.
    WindowRunner(RestoreShared& shared, ChunkSource& chunks, unsigned threads, std::function<bool()> poll);
    ~WindowRunner();  // stops; files that are not whole are removed

    // Waits for the window before, then starts this one. Throws what ended the run.
    void run(Window window);
    void wait();

  private:
    struct Turn {
        std::size_t begin = 0, end = 0;  // of the window's pieces, or of its complete files
        bool of_pieces = true;
    };
    void make_turns();
    void work(FileWriter& writer);
    void carry_out(FileWriter& writer, const Turn& turn);
    void write_box(FileWriter& writer, std::size_t begin, std::size_t end);
    // The pieces are of one chunk that its box does not give.
    void write_other_copy(FileWriter& writer, std::size_t begin, std::size_t end);
    void discard_all();

    RestoreShared& shared_;
    ChunkSource& chunks_;
    std::function<bool()> poll_;

    std::mutex mutex_;  // of all below but `stop_`, `next_turn_` and, while a window runs, what it consists of
    std::condition_variable started_, finished_;
    std::uint64_t generation_ = 0;  // of windows; a thread takes part in each once
    unsigned working_ = 0;
    bool ends_ = false;
    std::exception_ptr failure_;

    Window window_;
    std::vector<Turn> turns_;
    std::atomic<std::size_t> next_turn_ = 0;
    std::atomic<bool> stop_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace vault
