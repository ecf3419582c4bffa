// Numbers, widths and tables for people.
#include "cli/terminal.h"

#include <locale.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "store/base/text.h"
#include "store/clock.h"

namespace vault {

namespace {

constexpr unsigned kColumnsUnknown = 80;
constexpr std::size_t kGap = 2;  // spaces between the columns of a table

template <class... Values>
std::string printed(const char* pattern, Values... values) {
    char text[128];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

// wcwidth() needs a UTF-8 locale whatever the user's is, since what it measures is UTF-8.
class Utf8Locale {
  public:
    Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(::uselocale(locale_)) {}
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;
    ~Utf8Locale() {
        ::uselocale(before_);
        if (locale_ != nullptr) ::freelocale(locale_);
    }

  private:
    locale_t locale_, before_;
};

struct Character {
    std::size_t bytes = 1;
    unsigned columns = 1;
};

Character character_at(std::string_view text, std::size_t at, mbstate_t& state) {
    wchar_t wide = 0;
    const std::size_t bytes = ::mbrtowc(&wide, text.data() + at, text.size() - at, &state);
    if (bytes == 0 || bytes > text.size() - at) {
        state = {};
        return {};
    }
    const int columns = ::wcwidth(wide);
    return {bytes, columns < 0 ? 1u : static_cast<unsigned>(columns)};
}

std::string padded(const std::string& text, unsigned columns, Align align) {
    const unsigned width = columns_of(text);
    const std::string space(columns > width ? columns - width : 0, ' ');
    return align == Align::Left ? text + space : space + text;
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
    constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return printed("%llu B", static_cast<unsigned long long>(bytes));
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; value >= 1023.95 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
    return printed("%.1f %s", value, kUnits[unit]);
}

std::string human_count(std::uint64_t count) {
    std::string text = std::to_string(count);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

std::string human_duration(std::int64_t nanoseconds) {
    const double seconds = static_cast<double>(std::max<std::int64_t>(nanoseconds, 0)) / 1e9;
    if (seconds < 59.95) return printed("%.1f s", seconds);
    const auto whole = static_cast<unsigned long long>(seconds + 0.5);
    if (whole < 3600) return printed("%llu min %02llu s", whole / 60, whole % 60);
    return printed("%llu h %02llu min", whole / 3600, whole / 60 % 60);
}

std::string human_age(const Time& time, const Time& now) {
    const std::int64_t seconds = nanoseconds_between(time, now) / 1'000'000'000;
    if (seconds < 0) return "ahead";
    if (seconds < 60) return std::to_string(seconds) + " s";
    if (seconds < 3600) return std::to_string(seconds / 60) + " min";
    if (seconds < 2 * 86'400) return std::to_string(seconds / 3600) + " h";
    return std::to_string(seconds / 86'400) + " d";
}

std::string counted(std::uint64_t count, std::string_view noun) {
    std::string text = human_count(count) + ' ' + std::string(noun);
    if (count == 1) return text;
    if (noun.ends_with("ry")) return text.replace(text.size() - 1, 1, "ies");
    return text + (noun.ends_with("x") ? "es" : "s");
}

bool has_colour(int descriptor) {
    const char* refused = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    if (refused != nullptr && refused[0] != 0) return false;
    if (terminal == nullptr || std::strcmp(terminal, "dumb") == 0) return false;
    return ::isatty(descriptor) == 1;
}

unsigned window_columns(int descriptor) {
    winsize window{};
    if (::ioctl(descriptor, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) return window.ws_col;
    return kColumnsUnknown;
}

unsigned columns_of(std::string_view text) {
    const Utf8Locale locale;
    mbstate_t state{};
    unsigned columns = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Character character = character_at(text, at, state);
        columns += character.columns;
        at += character.bytes;
    }
    return columns;
}

std::string cut_to(const std::string& text, unsigned columns) {
    if (columns_of(text) <= columns) return text;
    if (columns == 0) return "";
    const Utf8Locale locale;
    mbstate_t state{};
    unsigned used = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        const Character character = character_at(text, at, state);
        if (used + character.columns > columns - 1) break;
        used += character.columns;
        at += character.bytes;
    }
    return text.substr(0, at) + "…";
}

std::string shown(const Output& output, std::string_view name) {
    return output.is_terminal() ? escaped(name) : std::string(name);
}

std::vector<unsigned> Table::natural_widths() const {
    std::vector<unsigned> widths;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        unsigned width = columns_of(columns_[c].title);
        for (const auto& row : rows_) width = std::max(width, columns_of(row[c]));
        widths.push_back(width);
    }
    return widths;
}

std::vector<unsigned> Table::widths_for(unsigned window) const {
    const std::vector<unsigned> natural = natural_widths();
    std::vector<unsigned> widths = natural;
    const auto total = [&] {
        std::size_t shown = 0, sum = 0;
        for (const unsigned width : widths) {
            shown += width > 0 ? 1 : 0;
            sum += width;
        }
        return sum + kGap * (shown - 1);
    };
    for (unsigned dropped = 1; window != 0; ++dropped) {
        // One column at a time from whichever is widest above its least: long texts give way before short ones.
        while (total() > window) {
            std::size_t widest = columns_.size();
            for (std::size_t c = 0; c < columns_.size(); ++c)
                if (columns_[c].least > 0 && widths[c] > columns_[c].least &&
                    (widest == columns_.size() || widths[c] > widths[widest]))
                    widest = c;
            if (widest == columns_.size()) break;
            --widths[widest];
        }
        const auto goes =
            std::find_if(columns_.begin(), columns_.end(), [&](const Column& c) { return c.dropped == dropped; });
        if (total() <= window || goes == columns_.end()) break;
        // What the column leaves goes to those that had shrunk.
        for (std::size_t c = 0; c < columns_.size(); ++c)
            widths[c] = columns_[c].dropped > 0 && columns_[c].dropped <= dropped ? 0 : natural[c];
    }
    return widths;
}

std::vector<std::string> Table::lines(unsigned window) const {
    const std::vector<unsigned> widths = widths_for(window);
    std::vector<std::string> lines;
    const auto add = [&](const auto& cell_of) {
        std::string line;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            if (widths[c] == 0) continue;
            if (!line.empty()) line.append(kGap, ' ');
            line += padded(cut_to(cell_of(c), widths[c]), widths[c], columns_[c].align);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        lines.push_back(std::move(line));
    };
    add([&](std::size_t c) { return columns_[c].title; });
    for (const auto& row : rows_) add([&](std::size_t c) { return row[c]; });
    return lines;
}

void print(Output& output, const Table& table) {
    for (const std::string& line : table.lines(output.is_terminal() ? window_columns(STDOUT_FILENO) : 0))
        output.line(line);
}

void complain(std::string_view text) noexcept {
    try {
        const bool red = has_colour(STDERR_FILENO);
        std::string line = red ? "\033[31mvault: " : "vault: ";
        line += text;
        std::replace(line.begin(), line.end(), '\n', ' ');  // one line, whatever a library's message holds
        complain_raw(red ? line + "\033[0m" : line);
    } catch (...) {
        complain_raw("vault: out of memory");
    }
}

void complain_raw(std::string_view line) noexcept {
    // One call, so that lines of several threads do not mix. Nobody is left to tell where stderr fails.
    iovec parts[] = {{const_cast<char*>(line.data()), line.size()}, {const_cast<char*>("\n"), 1}};
    [[maybe_unused]] const ssize_t written = ::writev(STDERR_FILENO, parts, 2);
}

}  // namespace vault
