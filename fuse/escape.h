// Series, hosts, tags and paths as names of folders: percent escapes for what a name cannot hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vault {

// `text` as one name: '/' and '%' become %2F and %25, a text that is "." or ".." %2E or %2E%2E. All else stays.
std::string escaped_name(std::string_view text);

// The text whose escaped_name is `name`; nothing where there is none: every text has one name alone, since one folder
// must not be found under two.
std::optional<std::string> unescaped_name(std::string_view name);

}  // namespace vault
