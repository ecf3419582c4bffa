// Turns files into windows of pieces and hands the windows to their runner.
#pragma once

#include <span>

#include "store/restore_window.h"
#include "store/tree_reader.h"

namespace vault {

// One thread. Two windows are alive at a time: the one that is carried out and the one that is planned.
class RestorePlanner {
  public:
    RestorePlanner(RestoreShared& shared, const RestoreSource& source, WindowRunner& runner, std::size_t window_bytes);

    // Plans the file `name` in `directory` (as in Place). Its trouble goes to the log.
    void add(const std::string& key, std::shared_ptr<const std::string> directory, std::string name, const Entry& entry,
             AttributeSet attributes);
    // Carries out what is planned and waits for all of it.
    void finish();

  private:
    void plan_content(const std::shared_ptr<RestoredFile>& file, const Entry& entry);
    void plan_extent(const std::shared_ptr<RestoredFile>& file, const Extent& extent);
    std::uint32_t number_in_window(const std::shared_ptr<RestoredFile>& file);
    void complete(const std::shared_ptr<RestoredFile>& file);
    void locate();
    void hand_over();

    const RestoreSource& source_;
    WindowRunner& runner_;
    FileWriter writer_;
    std::size_t bytes_max_, bytes_max_now_;

    Window window_;
    std::size_t bytes_ = 0;    // estimated, of the window
    std::size_t located_ = 0;  // pieces of the window that have their place in the store
    std::uint64_t offset_ = 0;  // in the file that is being planned
};

}  // namespace vault
