// Wildcards against one name in time bounded by the product of their lengths. Backtracking matchers (libgit2's and
// fnmatch) need time exponential in the number of stars for names made for it: this says beforehand whether it is worth
// asking them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vault {

// `*`, `?`, bracket expressions and backslashes as in gitignore(5), against a single name without a slash. The method
// is the usual one: only the last star met is ever taken back, since what an earlier one could give, it can too.
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

// Where the bracket expression that opens at `at` closes; npos where it does not.
std::size_t bracket_end(std::string_view pattern, std::size_t at);

}  // namespace vault
