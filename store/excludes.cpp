// gitignore patterns through libgit2: one repository in memory for each source root.
#include "store/excludes.h"

#include <fnmatch.h>
#include <git2.h>
#include <git2/sys/repository.h>

#include <algorithm>
#include <map>
#include <set>

#include "store/base/error.h"
#include "store/base/text.h"
#include "store/glob.h"

namespace vault {

namespace {

// In one component of a pattern. A name of 255 bytes costs libgit2 at most 65,025 / 2 steps with two.
constexpr std::ptrdiff_t kCheapStars = 2;
constexpr std::size_t kRuleSetsMax = 64;  // of costly rules that may match together; usually none or one do

using Components = std::vector<std::string>;

Components split(std::string_view path) {
    Components components;
    for (;;) {
        const std::size_t slash = path.find('/');
        if (slash != 0) components.emplace_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return components;
        path.remove_prefix(slash + 1);
        if (path.empty()) return components;
    }
}

[[noreturn]] void refuse(std::string_view pattern, const std::string& why) {
    throw Error(ErrorKind::Usage, "the exclude pattern '" + escaped(pattern.substr(0, 200)) + "' " + why);
}

void check(std::string_view pattern) {
    if (pattern.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos)
        refuse(pattern, "is not one line");
    if (pattern.find_first_not_of("/! ") == std::string_view::npos) refuse(pattern, "names nothing");
    if (const auto why = trouble_in_pattern(pattern); !why.empty()) refuse(pattern, std::string(why));
}

bool counts_nothing(std::string_view pattern) {
    return pattern.empty() || pattern.front() == '#';
}

struct Pattern {
    bool negative = false;
    bool anchored = false;  // starts with a slash
    std::string text;       // without the exclamation mark
};

Pattern parse(std::string_view line) {
    Pattern pattern;
    pattern.negative = line.front() == '!';
    if (pattern.negative) line.remove_prefix(1);
    pattern.anchored = line.starts_with('/');
    pattern.text = line;
    return pattern;
}

bool component_matches(const std::string& pattern, const std::string& name) {
    return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

// What is left of an absolute pattern below `root`: one pattern for each way in which its leading components match the
// whole root (more than one only where `**` stands in them). Empty: it is not an absolute path of this root.
std::vector<std::string> below_root(const Pattern& pattern, const Components& root) {
    const Components parts = split(pattern.text);
    if (!pattern.anchored || root.empty() || parts.empty() || parts.front() != root.front()) return {};
    std::set<std::size_t> reached = {0};  // how many of the pattern's components may be used up
    for (const std::string& name : root) {
        std::set<std::size_t> next;
        for (std::size_t at : reached) {
            for (; at < parts.size() && parts[at] == "**"; ++at) next.insert(at);
            if (at < parts.size() && component_matches(parts[at], name)) next.insert(at + 1);
        }
        reached = std::move(next);
    }
    std::vector<std::string> rests;
    for (const std::size_t at : reached) {
        std::string rest;
        for (std::size_t i = at; i < parts.size(); ++i) rest += "/" + parts[i];
        if (rest.empty()) continue;  // the root itself
        if (pattern.text.ends_with('/')) rest += '/';
        rests.push_back(std::move(rest));
    }
    return rests;
}

void check_git(int result, const char* what) {
    if (result >= 0) return;
    const git_error* last = git_error_last();
    throw Error(ErrorKind::Io, std::string(what) + ": " + (last != nullptr ? last->message : "libgit2 failed"));
}

// The pattern as a line of its own. libgit2 drops `!b` where it finds no earlier rule that it takes back, and does not
// find all of them (`a/**` for one), so that more is left out than git leaves out. Rules with wildcards it never drops:
// one letter becomes a bracket expression of itself.
std::string rule_of(const Pattern& pattern, std::string text) {
    if (!pattern.negative) return text + "\n";
    const std::size_t plain = text.find_last_not_of("/\\!^- ");
    if (text.find_first_of("*?[]") == std::string::npos && plain != std::string::npos &&
        (plain == 0 || text[plain - 1] != '\\'))
        text = text.substr(0, plain) + "[" + text[plain] + "]" + text.substr(plain + 1);
    return "!" + text + "\n";
}

// libgit2 would otherwise read the user's and the system's configuration, whose core.excludesFile leaves out files that
// nobody told vault to leave out.
class Library {
  public:
    Library() {
        check_git(git_libgit2_init(), "cannot start libgit2");
        for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                GIT_CONFIG_LEVEL_GLOBAL})
            check_git(git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, ""), "cannot set libgit2's search path");
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() { git_libgit2_shutdown(); }
};

struct FreeRepository {
    void operator()(git_repository* repository) const { git_repository_free(repository); }
};

// A pattern below one source root. For a costly one, those of its components that make it so: libgit2 is asked about it
// only where each of them matches a component of the path. Then its first try succeeds; only a match that fails in the
// end is tried in exponentially many ways.
struct Rule {
    std::string line;
    std::vector<Glob> costly;
    Rule(const Pattern& pattern, std::string text) {
        // Means the same, and libgit2 tries each ** at every depth.
        for (std::size_t at; (at = text.find("**/**/")) != std::string::npos;) text.erase(at, 3);
        line = rule_of(pattern, text);
        for (const std::string& component : split(text))
            if (std::count(component.begin(), component.end(), '*') > kCheapStars) costly.emplace_back(component);
    }
    bool may_match(const Components& path) const {
        return std::all_of(costly.begin(), costly.end(), [&](const Glob& glob) {
            return std::any_of(path.begin(), path.end(), [&](const auto& name) { return glob.matches(name); });
        });
    }
};

// The rules that may match, as one repository of libgit2's.
class RuleSet {
  public:
    explicit RuleSet(const std::string& rules) {
        git_repository* made = nullptr;
        check_git(git_repository_new(&made), "cannot make a repository in memory");
        repository_.reset(made);
        // libgit2 has rules of its own (".", "..", ".git"): folders named .git belong to a source as others do.
        check_git(git_ignore_add_rule(made, ("!.git\n" + rules).c_str()), "cannot take the exclude patterns");
    }
    bool excluded(const std::string& path) const {
        int ignored = 0;
        check_git(git_ignore_path_is_ignored(&ignored, repository_.get(), path.c_str()), "cannot match a path");
        return ignored != 0;
    }

  private:
    std::unique_ptr<git_repository, FreeRepository> repository_;
};

}  // namespace

class Excludes::Matcher {
  public:
    explicit Matcher(std::vector<Rule> rules) : rules_(std::move(rules)) {
        any_costly_ = std::any_of(rules_.begin(), rules_.end(), [](const Rule& rule) { return !rule.costly.empty(); });
    }

    bool excluded(std::string_view path, bool is_directory) {
        path_.assign(path);
        if (is_directory) path_ += '/';
        return rules_for(path).excluded(path_);
    }

  private:
    const RuleSet& rules_for(std::string_view path) {
        std::string left_out;  // a digit for each costly rule
        if (any_costly_) {
            const Components components = split(path);
            for (const Rule& rule : rules_)
                if (!rule.costly.empty()) left_out += rule.may_match(components) ? '0' : '1';
        }
        const auto known = sets_.find(left_out);
        if (known != sets_.end()) return known->second;
        if (sets_.size() >= kRuleSetsMax) sets_.clear();
        std::string lines;
        std::size_t costly = 0;
        for (const Rule& rule : rules_)
            if (rule.costly.empty() || left_out[costly++] == '0') lines += rule.line;
        return sets_.try_emplace(left_out, lines).first->second;
    }

    Library library_;
    std::vector<Rule> rules_;
    bool any_costly_ = false;
    std::map<std::string, RuleSet> sets_;
    std::string path_;  // kept for its room
};

Excludes::Excludes(const std::vector<std::string>& patterns, const std::vector<std::string>& source_roots) {
    std::vector<Components> roots;
    for (const std::string& root : source_roots) roots.push_back(split(root));
    std::vector<std::vector<Rule>> rules(roots.size());
    bool any = false;
    for (const std::string& line : patterns) {
        if (counts_nothing(line)) continue;
        check(line);
        any = true;
        const Pattern pattern = parse(line);
        std::vector<std::vector<std::string>> rests;
        for (const Components& root : roots) rests.push_back(below_root(pattern, root));
        const bool is_absolute =
            std::any_of(rests.begin(), rests.end(), [](const auto& rest) { return !rest.empty(); });
        for (std::size_t i = 0; i < roots.size(); ++i) {
            if (!is_absolute || roots[i].empty()) rests[i] = {pattern.text};
            for (const std::string& rest : rests[i]) rules[i].emplace_back(pattern, rest);
        }
    }
    if (!any) return;
    for (auto& of_root : rules) matchers_.push_back(std::make_unique<Matcher>(std::move(of_root)));
}

Excludes::~Excludes() = default;
Excludes::Excludes(Excludes&&) noexcept = default;
Excludes& Excludes::operator=(Excludes&&) noexcept = default;

bool Excludes::excluded(std::size_t source_root, std::string_view path, bool is_directory) {
    if (matchers_.empty() || path.empty()) return false;
    return matchers_.at(source_root)->excluded(path, is_directory);
}

}  // namespace vault
