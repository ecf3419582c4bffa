// The options and arguments of one command: what they are called, where their values go, what --help says of them.
// CLI11 does the work, hidden in the .cpp: it is all templates, and costs every file that sees it seconds to compile.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vault {

// What else is known of an option that was added. Lives as long as its parser.
class Option {
  public:
    Option& required();
    Option& type_name(const std::string& name);  // of its value, in --help; "" to show none
    Option& range(int least, int most);          // both allowed; --help shows them, anything else is refused
    Option& range(unsigned least, unsigned most);
    Option& without_value();  // of a flag, which else takes --flag=VALUE too

  private:
    friend class OptionParser;
    struct Entry;
    explicit Option(Entry& entry) : entry_(&entry) {}
    Entry* entry_;
};

// One thread. What the values are put into must outlive the parsing.
class OptionParser {
  public:
    // What the command does, and how it is called: "vault key add".
    OptionParser(const std::string& purpose, const std::string& command);
    ~OptionParser();
    OptionParser(const OptionParser&) = delete;
    OptionParser& operator=(const OptionParser&) = delete;

    // `names`: "-t,--target", or "PATH" for an argument. A value that is not given is left as it is.
    Option add_option(const std::string& names, std::string& value, const std::string& description);
    Option add_option(const std::string& names, std::optional<std::string>& value, const std::string& description);
    Option add_option(const std::string& names, int& value, const std::string& description);
    Option add_option(const std::string& names, unsigned& value, const std::string& description);
    // As many as are given: one option, or argument, may be followed by several values.
    Option add_option(const std::string& names, std::vector<std::string>& values, const std::string& description);
    // May be given several times, each time with one value.
    Option add_repeated(const std::string& names, std::vector<std::string>& values, const std::string& description);

    Option add_flag(const std::string& names, bool& given, const std::string& description);
    // --flag=VALUE is VALUE, --flag alone "true".
    Option add_flag(const std::string& names, std::string& value, const std::string& description);

    // The text of --help if that, or -h, is among the arguments. Throws Usage, in one line with a guess at what was
    // meant.
    std::optional<std::string> parse(const std::vector<std::string>& arguments);

    bool given(const std::string& name) const;  // after parse()

  private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace vault
