// Wildcards against one name in time bounded by the product of their lengths. Backtracking matchers (libgit2's and
// fnmatch) need time exponential in the number of stars for names made for it: this says beforehand whether it is worth
// asking them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vault {

// `*`, `?`, bracket expressions and backslashes as in gitignore(5), against a single name without a slash.
class Glob {
  public:
    explicit Glob(std::string_view pattern);
    bool matches(std::string_view name) const;

  private:
    struct Token {
        enum class Kind { Byte, Any, Bracket, Star } kind;
        char byte = 0;
        std::string bracket;  // the expression, as fnmatch takes it
        bool takes(char c) const;
    };
    std::vector<Token> tokens_;
};

// Whether a pattern of tokens, some of which stand for any number of items, is met by `items`. Only the last such star
// met is ever taken back, since what an earlier one could give, it can too.
template <class Tokens, class Items, class IsStar, class Takes>
bool match_with_stars(const Tokens& tokens, const Items& items, IsStar is_star, Takes takes) {
    constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::size_t token = 0, at = 0, star = kNone, star_end = 0;  // the last star takes the items up to star_end
    while (at < items.size()) {
        if (token < tokens.size() && is_star(tokens[token])) {
            star = token++;
            star_end = at;
        } else if (token < tokens.size() && takes(tokens[token], items[at])) {
            ++token;
            ++at;
        } else if (star != kNone) {
            token = star + 1;
            at = ++star_end;
        } else {
            return false;
        }
    }
    while (token < tokens.size() && is_star(tokens[token])) ++token;
    return token == tokens.size();
}

// What every language of patterns here has in common: the longest pattern, and why one could never match for its
// backslashes and brackets ("" where it could).
constexpr std::size_t kPatternBytesMax = 4'096;  // as in the commit record
std::string_view trouble_in_pattern(std::string_view pattern);

// Where the bracket expression that opens at `at` closes; npos where it does not.
std::size_t bracket_end(std::string_view pattern, std::size_t at);

}  // namespace vault
