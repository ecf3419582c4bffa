// The options that say which snapshots to keep; one place for every command that has them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/option_parser.h"
#include "store/retention.h"

namespace vault {

class KeepOptions {
  public:
    // --keep-last, -hourly, -daily, -weekly, -monthly, -yearly, -within, -tag, and --tz. Outlives the parsing.
    void add_to(OptionParser& parser);

    bool any_rule() const;                // a rule was given, be its count zero
    bool zone_given() const { return zone_.has_value(); }
    KeepRules rules() const;              // throws Usage
    TimeZone zone() const;                // UTC unless given; throws Usage

  private:
    std::map<std::string, std::optional<std::string>> counts_;  // by name of the option
    std::optional<std::string> within_, zone_;
    std::vector<std::string> tags_;
};

}  // namespace vault
