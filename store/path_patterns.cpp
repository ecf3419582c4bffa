// Patterns as globs, one for each component.
#include "store/path_patterns.h"

#include <algorithm>

#include "store/base/error.h"
#include "store/base/text.h"
#include "store/tree_reader.h"

namespace vault {

namespace {

[[noreturn]] void refuse(std::string_view pattern, std::string_view why) {
    throw Error(ErrorKind::Usage, "the pattern '" + escaped(pattern.substr(0, 200)) + "' " + std::string(why));
}

// A pattern without its marks.
struct Parts {
    bool negative = false, only_directories = false;
    std::vector<std::string_view> components;  // from the root on, never empty; the last is no `**`
};

void check_component(std::string_view pattern, std::string_view component) {
    if (component == "." || component == "..") refuse(pattern, "has a . or .. in its path, which no entry has");
    if (const auto why = trouble_in_pattern(component); !why.empty()) refuse(pattern, why);
}

Parts split(std::string_view pattern) {
    if (const auto why = trouble_in_pattern(pattern); !why.empty()) refuse(pattern, why);
    Parts parts;
    std::string_view text = pattern;
    parts.negative = text.starts_with('!');
    if (parts.negative) text.remove_prefix(1);
    parts.only_directories = text.ends_with('/');
    while (text.ends_with('/')) text.remove_suffix(1);
    if (text.empty()) refuse(pattern, "names nothing");
    if (text.find('/') == std::string_view::npos) parts.components.emplace_back("**");
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('/'), text.size());
        const std::string_view component = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (component.empty()) continue;
        check_component(pattern, component);
        if (component != "**" || parts.components.empty() || parts.components.back() != "**")
            parts.components.push_back(component);
    }
    if (parts.components.back() == "**") parts.components.emplace_back("*");  // what lies below, not the folder itself
    return parts;
}

bool is_literal(std::string_view component) {
    return component.find_first_of("*?[\\") == std::string_view::npos;
}

KeyBounds bounds_of(const Parts& parts) {
    std::string prefix;
    std::size_t parents = 0;
    for (; parents + 1 < parts.components.size() && is_literal(parts.components[parents]); ++parents)
        (prefix += parts.components[parents]) += '\0';
    if (parents + 1 < parts.components.size()) return {prefix, prefix_end(prefix)};
    prefix += '\0';  // the block of that folder's own entries
    if (!is_literal(parts.components.back())) return {prefix, prefix_end(prefix)};
    prefix += parts.components.back();
    return {prefix, prefix + '\0'};
}

// The components of the parents in a key: each is followed by a 0.
std::vector<std::string_view> split_parents(std::string_view parents) {
    std::vector<std::string_view> components;
    while (!parents.empty()) {
        const std::size_t end = parents.find('\0');
        components.push_back(parents.substr(0, end));
        parents.remove_prefix(end + 1);
    }
    return components;
}

}  // namespace

bool PathPatterns::Pattern::matches(std::string_view key) const {
    const std::size_t end = key.rfind('\0');
    if (end == std::string_view::npos || !name.matches(key.substr(end + 1))) return false;
    if (parents.size() == 1 && !parents.front()) return true;  // a name anywhere: by far the most common
    return match_with_stars(
        parents, split_parents(key.substr(0, end)), [](const std::optional<Glob>& parent) { return !parent; },
        [](const std::optional<Glob>& parent, std::string_view name_of) { return parent->matches(name_of); });
}

PathPatterns::PathPatterns(const std::vector<std::string>& patterns) {
    bool any = false;
    for (const std::string& text : patterns) {
        const Parts parts = split(text);
        Pattern pattern{parts.negative, parts.only_directories, {}, Glob(parts.components.back())};
        for (std::size_t i = 0; i + 1 < parts.components.size(); ++i) {
            const std::string_view component = parts.components[i];
            pattern.parents.push_back(component == "**" ? std::nullopt : std::optional<Glob>(component));
        }
        any_only_directories_ = any_only_directories_ || parts.only_directories;
        patterns_.push_back(std::move(pattern));
        if (parts.negative) continue;
        const KeyBounds one = bounds_of(parts);
        if (!any || one.from < bounds_.from) bounds_.from = one.from;
        if (!any || one.to.empty() || (!bounds_.to.empty() && one.to > bounds_.to)) bounds_.to = one.to;
        any = true;
    }
    if (!any) throw Error(ErrorKind::Usage, "no pattern names anything to find: each one takes back");
}

bool PathPatterns::matches(std::string_view key, bool is_directory) const {
    for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern)
        if ((is_directory || !pattern->only_directories) && pattern->matches(key)) return !pattern->negative;
    return false;
}

}  // namespace vault
