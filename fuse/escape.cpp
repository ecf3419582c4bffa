// Percent escapes.
#include "fuse/escape.h"

namespace vault {

namespace {

std::string escape_all(std::string_view text, std::string_view special) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string name;
    for (const char c : text) {
        if (special.find(c) == std::string_view::npos) {
            name += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        ((name += '%') += kDigits[byte >> 4]) += kDigits[byte & 15];
    }
    return name;
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string escaped_name(std::string_view text) {
    return escape_all(text, text == "." || text == ".." ? "." : "/%");
}

std::optional<std::string> unescaped_name(std::string_view name) {
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] != '%') {
            text += name[i];
            continue;
        }
        if (i + 2 >= name.size()) return std::nullopt;
        const int high = digit(name[i + 1]), low = digit(name[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        text += static_cast<char>(high << 4 | low);
        i += 2;
    }
    if (escaped_name(text) != name) return std::nullopt;
    return text;
}

}  // namespace vault
