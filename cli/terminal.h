// How things look to a person: sizes, ages, tables, colours. Not for --json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"
#include "store/format/cursor.h"

namespace vault {

std::string human_bytes(std::uint64_t bytes);           // "1.2 GiB", "512 B"
std::string human_count(std::uint64_t count);           // "1,234,567"
std::string human_duration(std::int64_t nanoseconds);   // "0.4 s", "1 min 23 s", "2 h 05 min"
std::string human_age(const Time& time, const Time& now);  // "3 min", "5 d"; "ahead" for a time to come
std::string counted(std::uint64_t count, std::string_view noun);  // "1 file", "2 files", "2 entries"

// Whether a colour may go to this descriptor: a terminal, NO_COLOR not set, TERM not "dumb".
bool has_colour(int descriptor);

// Columns of the window behind `descriptor`; 80 where nobody knows.
unsigned window_columns(int descriptor);

// The columns that valid UTF-8 takes on a terminal.
unsigned columns_of(std::string_view text);

// `text` cut to so many columns, the last being "…" where something was cut off.
std::string cut_to(const std::string& text, unsigned columns);

// A name from a repository or file system as it goes to stdout: escaped on a terminal, the bytes themselves elsewhere.
std::string shown(const Output& output, std::string_view name);

enum class Align { Left, Right };

// A table whose cells are text without control characters. Where the window is too narrow, columns with `least` > 0
// shrink down to that many columns, the widest first; where that is not enough, columns with `dropped` > 0 go, 1 first.
class Table {
  public:
    struct Column {
        std::string title;
        Align align = Align::Left;
        unsigned least = 0;
        unsigned dropped = 0;
    };
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    // Lines for a window of `window` columns; 0: as wide as needed. No spaces at their ends.
    std::vector<std::string> lines(unsigned window) const;

  private:
    std::vector<unsigned> natural_widths() const;
    std::vector<unsigned> widths_for(unsigned window) const;  // 0: not shown

    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

void print(Output& output, const Table& table);

// One line on stderr: "vault: …", in red on a terminal that has colours. Never throws.
void complain(std::string_view text) noexcept;

// `line` as it is and a line feed on stderr. Never throws.
void complain_raw(std::string_view line) noexcept;

}  // namespace vault
