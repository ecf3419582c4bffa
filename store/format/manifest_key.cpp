// Paths <-> manifest keys.
#include "store/format/manifest_key.h"

#include <algorithm>

#include "store/format/checks.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::string_view kWhat = "manifest key";

// Without the zero byte, which each caller excludes on its own.
bool is_component(std::string_view name) {
    return !name.empty() && name.size() <= kNameBytesMax && name != "." && name != ".." &&
           name.find('/') == std::string_view::npos;
}

void require_component(std::string_view name) {
    require(is_component(name) && name.find('\0') == std::string_view::npos, kWhat,
            "a path component that is empty, too long, . or .., or has / or a zero byte in it");
}

struct Split {
    std::string_view parents;  // each with a zero byte behind it
    std::string_view name;
};

// Of a valid key other than the root's. The last zero byte stands before the name, the one before it ends the parents.
Split split(std::string_view key) {
    const std::size_t last_zero = key.rfind('\0');
    require(last_zero != std::string_view::npos, kWhat, "the key of no path");
    return {key.substr(0, last_zero), key.substr(last_zero + 1)};
}

}  // namespace

std::string manifest_key(const std::vector<std::string>& components) {
    if (components.empty()) return {};
    std::string key;
    std::size_t bytes = components.size();
    for (const std::string& component : components) bytes += component.size();
    require(bytes <= kManifestKeyBytesMax, kWhat, "above 16 KiB");
    key.reserve(bytes);
    for (const std::string& component : components) require_component(component);
    for (std::size_t i = 0; i + 1 < components.size(); ++i) (key += components[i]) += '\0';
    key += '\0';
    return key += components.back();
}

std::vector<std::string> components_of_key(std::string_view key) {
    require(key.size() <= kManifestKeyBytesMax, kWhat, "above 16 KiB");
    std::vector<std::string> components;
    if (key.empty()) return components;
    while (key.front() != '\0') {
        const std::size_t end = key.find('\0');
        require(end != std::string_view::npos && end + 1 < key.size(), kWhat, "the key of no path");
        require_component(key.substr(0, end));
        components.emplace_back(key.substr(0, end));
        key.remove_prefix(end + 1);
    }
    require_component(key.substr(1));
    components.emplace_back(key.substr(1));
    return components;
}

std::string path_of_key(std::string_view key) {
    if (key.empty()) return "/";
    const Split parts = split(key);
    std::string path;
    path.reserve(key.size() + 1);
    path += '/';
    for (const char c : parts.parents) path += c == '\0' ? '/' : c;
    return path += parts.name;
}

std::vector<std::string> components_of_path(std::string_view absolute_path) {
    if (absolute_path.empty() || absolute_path.front() != '/')
        throw Error(ErrorKind::Usage, "not an absolute path: " + escaped(absolute_path));
    std::vector<std::string> components;
    for (std::size_t at = 0; at < absolute_path.size();) {
        const std::size_t end = std::min(absolute_path.find('/', at), absolute_path.size());
        const std::string_view name = absolute_path.substr(at, end - at);
        at = end + 1;
        if (name.empty() || name == ".") continue;
        if (!is_component(name) || name.find('\0') != std::string_view::npos)
            throw Error(ErrorKind::Usage, "a path with .. in it, or no path: " + escaped(absolute_path));
        components.emplace_back(name);
    }
    return components;
}

std::string subtree_prefix(const std::vector<std::string>& components) {
    std::string prefix;
    for (const std::string& component : components) (prefix += component) += '\0';
    return prefix;
}

std::string children_prefix(const std::vector<std::string>& components) {
    return subtree_prefix(components) += '\0';
}

std::string parent_key(std::string_view key) {
    std::string_view parents = split(key).parents;
    if (parents.empty()) return {};
    parents.remove_suffix(1);  // the zero byte behind the last parent
    const std::size_t zero = parents.rfind('\0');
    const std::size_t name_at = zero == std::string_view::npos ? 0 : zero + 1;
    std::string parent(parents.substr(0, name_at));
    parent += '\0';
    return parent += parents.substr(name_at);
}

std::string_view name_of_key(std::string_view key) {
    return key.empty() ? key : split(key).name;
}

}  // namespace vault
