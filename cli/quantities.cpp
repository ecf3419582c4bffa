// A number, then a unit.
#include "cli/quantities.h"

#include <cmath>
#include <map>
#include <optional>

#include "store/base/text.h"

namespace vault {

namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& text, const char* takes) {
    throw Error(ErrorKind::Usage, option + " " + escaped(text) + ": takes " + takes);
}

// A decimal number, then a unit.
struct Quantity {
    double number = 0;
    std::string unit;
};
std::optional<Quantity> parse_quantity(const std::string& text) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string number = text.substr(0, end);
    if (end == 0 || end > 15 || number[0] == '.' || number.find('.') != number.rfind('.')) return std::nullopt;
    return Quantity{std::strtod(number.c_str(), nullptr), text.substr(end)};
}

double seconds_in(const std::string& option, const std::string& text, const char* takes) {
    const auto quantity = parse_quantity(text);
    if (!quantity || quantity->unit.size() != 1) refuse(option, text, takes);
    const std::map<char, double> units{{'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}, {'w', 604'800}};
    const auto unit = units.find(quantity->unit[0]);
    if (unit == units.end() || quantity->number * unit->second > 9e9) refuse(option, text, takes);
    return quantity->number * unit->second;
}

}  // namespace

std::uint64_t parse_size(const std::string& option, const std::string& text) {
    constexpr const char* kTakes = "a size: a number of bytes, or one with K, M, G or T";
    const auto quantity = parse_quantity(text);
    if (!quantity) refuse(option, text, kTakes);
    std::string unit = quantity->unit;
    if (unit.size() > 1 && unit.ends_with("iB")) unit.resize(unit.size() - 2);
    const std::size_t power = unit.empty() || unit == "B" ? 0 : std::string("?KMGTP").find(unit);
    if (power == std::string::npos || unit == "?" || unit.size() > 1) refuse(option, text, kTakes);
    const double bytes = quantity->number * std::pow(1024.0, static_cast<double>(power));
    if (bytes > 9e18) refuse(option, text, kTakes);
    return static_cast<std::uint64_t>(bytes);
}

ByteLimit parse_limit(const std::string& option, const std::string& text) {
    const auto quantity = parse_quantity(text);
    if (!quantity || quantity->unit != "%") return ByteLimit::exactly(parse_size(option, text));
    if (quantity->number > 100) refuse(option, text, "at most 100%");
    return ByteLimit::share(quantity->number);
}

std::int64_t parse_age(const std::string& option, const std::string& text) {
    return static_cast<std::int64_t>(seconds_in(option, text, "an age as in 90s, 30m, 12h, 7d or 4w") * 1e9);
}

std::chrono::seconds parse_span(const std::string& option, const std::string& text) {
    return std::chrono::seconds(
        static_cast<std::int64_t>(seconds_in(option, text, "a span as in 90s, 30m, 12h, 7d or 4w")));
}

}  // namespace vault
