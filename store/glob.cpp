// Tokens, and one pass over them.
#include "store/glob.h"

#include <fnmatch.h>

namespace vault {

std::size_t bracket_end(std::string_view pattern, std::size_t at) {
    std::size_t i = at + 1;
    if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
    for (bool first = true; i < pattern.size(); ++i, first = false) {
        if (pattern[i] == '\\') {
            ++i;
        } else if (pattern[i] == '[' && i + 1 < pattern.size() && pattern[i + 1] == ':') {
            const std::size_t end = pattern.find(":]", i + 2);
            if (end == std::string_view::npos) continue;
            i = end + 1;
        } else if (pattern[i] == ']' && !first) {
            return i;
        }
    }
    return std::string_view::npos;
}

Glob::Glob(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const std::size_t end = pattern[i] == '[' ? bracket_end(pattern, i) : std::string_view::npos;
        if (end != std::string_view::npos) {
            std::string bracket(pattern.substr(i, end - i + 1));
            if (bracket.size() > 1 && bracket[1] == '^') bracket[1] = '!';
            tokens_.push_back({Token::Kind::Bracket, 0, std::move(bracket)});
            i = end;
        } else if (pattern[i] == '*') {
            if (tokens_.empty() || tokens_.back().kind != Token::Kind::Star)
                tokens_.push_back({Token::Kind::Star, 0, {}});
        } else if (pattern[i] == '?') {
            tokens_.push_back({Token::Kind::Any, 0, {}});
        } else {
            if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
            tokens_.push_back({Token::Kind::Byte, pattern[i], {}});
        }
    }
}

bool Glob::Token::takes(char c) const {
    switch (kind) {
        case Kind::Byte: return byte == c;
        case Kind::Any: return true;
        case Kind::Bracket: {
            const char one[2] = {c, 0};
            return ::fnmatch(bracket.c_str(), one, 0) == 0;
        }
        case Kind::Star: break;
    }
    return false;
}

bool Glob::matches(std::string_view name) const {
    return match_with_stars(
        tokens_, name, [](const Token& token) { return token.kind == Token::Kind::Star; },
        [](const Token& token, char c) { return token.takes(c); });
}

std::string_view trouble_in_pattern(std::string_view pattern) {
    if (pattern.size() > kPatternBytesMax) return "is longer than 4096 bytes";
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            if (++i == pattern.size()) return "ends in a backslash";
        } else if (pattern[i] == '[') {
            i = bracket_end(pattern, i);
            if (i == std::string_view::npos) return "has a [ that nothing closes";
        }
    }
    return {};
}

}  // namespace vault
