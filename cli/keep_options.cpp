// Texts of options -> rules.
#include "cli/keep_options.h"

#include "store/base/text.h"
#include "store/label.h"

namespace vault {

namespace {

constexpr std::size_t kDigitsMax = 9;

struct CountOption {
    const char* name;
    std::uint64_t KeepRules::*count;
    const char* description;
};
constexpr CountOption kCounts[] = {
    {"--keep-last", &KeepRules::last, "Keep the newest N snapshots; N is a number or `unlimited`, here and below"},
    {"--keep-hourly", &KeepRules::hourly, "Keep the newest snapshot of each of the newest N hours that have one"},
    {"--keep-daily", &KeepRules::daily, "The same with days"},
    {"--keep-weekly", &KeepRules::weekly, "The same with weeks, from Monday on (ISO 8601)"},
    {"--keep-monthly", &KeepRules::monthly, "The same with months"},
    {"--keep-yearly", &KeepRules::yearly, "The same with years"},
};

std::uint64_t parse_count(const std::string& name, const std::string& text) {
    if (text == "unlimited") return kKeepAll;
    if (text.empty() || text.size() > kDigitsMax || text.find_first_not_of("0123456789") != std::string::npos)
        throw Error(ErrorKind::Usage, name + " takes a number or `unlimited`, not " + escaped(text));
    return std::stoull(text);
}

}  // namespace

void KeepOptions::add_to(OptionParser& parser) {
    for (const CountOption& option : kCounts)
        parser.add_option(option.name, counts_[option.name], option.description).type_name("N");
    parser.add_option("--keep-within", within_,
                      "Keep what is younger than SPAN beside the newest snapshot: numbers with y, m, d, h, as in 1y6m")
        .type_name("SPAN");
    parser.add_repeated("--keep-tag", tags_, "Keep what has this tag (may be repeated)").type_name("TAG");
    parser.add_option("--tz", zone_, "The time zone of hours, days and weeks, as in Europe/Berlin; default: UTC")
        .type_name("ZONE");
}

bool KeepOptions::any_rule() const {
    if (within_ || !tags_.empty()) return true;
    for (const auto& [name, text] : counts_)
        if (text) return true;
    return false;
}

KeepRules KeepOptions::rules() const {
    KeepRules rules;
    for (const CountOption& option : kCounts)
        if (const auto& text = counts_.at(option.name)) rules.*option.count = parse_count(option.name, *text);
    if (within_) rules.within = parse_civil_duration(*within_);
    for (const std::string& tag : tags_) require_tag(tag, "--keep-tag");
    rules.tags = tags_;
    return rules;
}

TimeZone KeepOptions::zone() const {
    return zone_ ? TimeZone::named(*zone_) : TimeZone();
}

}  // namespace vault
