// Fields between blanks; optional ones of any number end in a lone hyphen.
#include "store/base/mountinfo.h"

#include <sstream>

#include "store/base/error.h"
#include "store/base/file.h"

namespace vault {

namespace {

constexpr std::size_t kTableBytesMax = std::size_t{16} << 20;

// Blanks, tabs, line feeds and backslashes stand as \ooo.
std::string without_octal(const std::string& field) {
    const auto octal = [&](std::size_t at) { return at < field.size() && field[at] >= '0' && field[at] <= '7'; };
    std::string text;
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] == '\\' && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
            text += static_cast<char>((field[i + 1] - '0') << 6 | (field[i + 2] - '0') << 3 | (field[i + 3] - '0'));
            i += 3;
        } else {
            text += field[i];
        }
    }
    return text;
}

}  // namespace

std::vector<MountedPlace> parse_mountinfo(const std::string& text) {
    std::vector<MountedPlace> places;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string id, parent, root, mount_options, word;
        MountedPlace place;
        fields >> id >> parent >> place.device >> root >> place.point >> mount_options;
        while (fields >> word && word != "-") continue;
        if (!(fields >> place.type)) continue;
        fields >> place.source >> place.options;
        place.point = without_octal(place.point);
        place.source = without_octal(place.source);
        places.push_back(std::move(place));
    }
    return places;
}

std::vector<MountedPlace> mounted_places() {
    const auto table = read_small_file("/proc/self/mountinfo", kTableBytesMax);
    if (!table) throw Error(ErrorKind::Io, "cannot read /proc/self/mountinfo");
    return parse_mountinfo(std::string(as_text(*table)));
}

}  // namespace vault
