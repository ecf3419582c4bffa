// CLI11, and its errors in our words. The one file that includes it.
#include "cli/option_parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>

#include "cli/guess.h"
#include "store/base/error.h"
#include "store/base/text.h"

namespace vault {

namespace {

// Long names of the app's options, with their dashes.
std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

[[noreturn]] void refuse(const CLI::App& app, const std::string& why) {
    throw Error(ErrorKind::Usage, why + "; see `" + app.get_name() + " --help`");
}

// CLI11 takes an argument like [a,b] for a list in the notation of its configuration files: it would drop the brackets
// and cut at the commas, of file names too. So what looks like one ends in a mark while CLI11 has it.
constexpr char kMark = '\x01';

bool looks_like_list(std::string_view text) {
    while (text.ends_with(kMark)) text.remove_suffix(1);
    return text.starts_with('[') && text.ends_with(']');
}

std::string marked(std::string text) {
    if (looks_like_list(text)) text += kMark;
    return text;
}

std::string unmarked(std::string text) {
    if (text.ends_with(kMark) && looks_like_list(text)) text.pop_back();
    return text;
}

// What no option or argument of the app took. CLI11 counts the mark that ends the options among them.
std::vector<std::string> leftover_of(const CLI::App& app) {
    std::vector<std::string> leftover = app.remaining();
    if (const auto mark = std::find(leftover.begin(), leftover.end(), "--"); mark != leftover.end())
        leftover.erase(mark);
    for (std::string& argument : leftover) argument = unmarked(std::move(argument));
    return leftover;
}

[[noreturn]] void refuse_leftover(const CLI::App& app, const std::string& first) {
    if (first.size() < 2 || first[0] != '-') refuse(app, "unexpected argument " + escaped(first));
    const std::string name = first.substr(0, first.find('='));
    const std::string meant = closest(name, option_names(app));
    refuse(app, "unknown option " + escaped(name) + (meant.empty() ? "" : "; did you mean " + meant + "?"));
}

}  // namespace

struct Option::Entry {
    CLI::Option& option;
};

struct OptionParser::Library {
    CLI::App app;
    std::deque<Option::Entry> entries;  // handed out by address

    Option add(CLI::Option* option) { return Option(entries.emplace_back(Option::Entry{*option})); }
    Option add_text(CLI::Option* option) { return add(option->transform(unmarked)); }
};

Option& Option::required() {
    entry_->option.required();
    return *this;
}

Option& Option::type_name(const std::string& name) {
    entry_->option.type_name(name);
    return *this;
}

Option& Option::range(int least, int most) {
    entry_->option.check(CLI::Range(least, most));
    return *this;
}

Option& Option::range(unsigned least, unsigned most) {
    entry_->option.check(CLI::Range(least, most));
    return *this;
}

Option& Option::without_value() {
    entry_->option.disable_flag_override();
    return *this;
}

OptionParser::OptionParser(const std::string& purpose, const std::string& command)
    : library_(new Library{CLI::App(purpose, command), {}}) {}

OptionParser::~OptionParser() = default;

Option OptionParser::add_option(const std::string& names, std::string& value, const std::string& description) {
    return library_->add_text(library_->app.add_option(names, value, description));
}

Option OptionParser::add_option(const std::string& names, std::optional<std::string>& value,
                                const std::string& description) {
    return library_->add_text(library_->app.add_option(names, value, description));
}

Option OptionParser::add_option(const std::string& names, int& value, const std::string& description) {
    return library_->add(library_->app.add_option(names, value, description));
}

Option OptionParser::add_option(const std::string& names, unsigned& value, const std::string& description) {
    return library_->add(library_->app.add_option(names, value, description));
}

Option OptionParser::add_option(const std::string& names, std::vector<std::string>& values,
                                const std::string& description) {
    return library_->add_text(library_->app.add_option(names, values, description));
}

Option OptionParser::add_repeated(const std::string& names, std::vector<std::string>& values,
                                  const std::string& description) {
    return library_->add_text(library_->app.add_option(names, values, description)->allow_extra_args(false));
}

Option OptionParser::add_flag(const std::string& names, bool& given, const std::string& description) {
    return library_->add(library_->app.add_flag(names, given, description));
}

Option OptionParser::add_flag(const std::string& names, std::string& value, const std::string& description) {
    return library_->add(library_->app.add_flag(names, value, description));
}

std::optional<std::string> OptionParser::parse(const std::vector<std::string>& arguments) {
    CLI::App& app = library_->app;
    app.set_help_flag("-h,--help", "This text");  // here, so that it stands last in that text
    app.allow_extras();                           // so that what is left over can be named in our words
    std::vector<std::string> reversed;
    std::transform(arguments.rbegin(), arguments.rend(), std::back_inserter(reversed), marked);
    try {
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        std::string help = app.help();
        while (!help.empty() && help.back() == '\n') help.pop_back();
        return help;
    } catch (const CLI::ParseError& error) {
        // A misspelt option often leaves a required one missing: name the cause, not the effect.
        const std::vector<std::string> leftover = leftover_of(app);
        if (!leftover.empty() && leftover.front().starts_with('-')) refuse_leftover(app, leftover.front());
        std::string why = error.what();
        for (char& character : why)
            if (character == '\n') character = ' ';
        refuse(app, escaped(why));
    }
    if (const auto leftover = leftover_of(app); !leftover.empty()) refuse_leftover(app, leftover.front());
    return std::nullopt;
}

bool OptionParser::given(const std::string& name) const {
    return library_->app.count(name) > 0;
}

}  // namespace vault
