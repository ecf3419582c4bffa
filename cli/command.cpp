// Shared options, and CLI11's errors in our words.
#include "cli/command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "cli/guess.h"
#include "store/backend/local.h"
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

// What no option or argument of the app took. CLI11 counts the mark that ends the options among them.
std::vector<std::string> leftover_of(const CLI::App& app) {
    std::vector<std::string> leftover = app.remaining();
    if (const auto mark = std::find(leftover.begin(), leftover.end(), "--"); mark != leftover.end())
        leftover.erase(mark);
    return leftover;
}

[[noreturn]] void refuse_leftover(const CLI::App& app, const std::string& first) {
    if (first.size() < 2 || first[0] != '-') refuse(app, "unexpected argument " + escaped(first));
    const std::string name = first.substr(0, first.find('='));
    const std::string meant = closest(name, option_names(app));
    refuse(app, "unknown option " + escaped(name) + (meant.empty() ? "" : "; did you mean " + meant + "?"));
}

}  // namespace

void Invocation::parse(CLI::App& app) {
    app.add_option("-r,--repo", location_,
                   "The repository; default: VAULT_REPOSITORY, then /var/lib/vault (root) or the "
                   "user's data folder")
        ->type_name("PATH");
    app.add_flag("--json", json_, "One JSON object per line, the summary last");
    app.set_help_flag("-h,--help", "This text");
    app.allow_extras();  // so that what is left over can be named in our words
    std::vector<std::string> reversed(arguments_.rbegin(), arguments_.rend());
    try {
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        std::string help = app.help();
        while (!help.empty() && help.back() == '\n') help.pop_back();
        output_.line(help);
        throw HelpShown{};
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
}

std::string Invocation::take_action() {
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
        const std::string word = arguments_[i];
        if (word == "-r" || word == "--repo") {
            ++i;
        } else if (word.empty() || word[0] != '-') {
            arguments_.erase(arguments_.begin() + static_cast<std::ptrdiff_t>(i));
            return word;
        }
    }
    return "";
}

bool Invocation::wants_help() const {
    return std::any_of(arguments_.begin(), arguments_.end(),
                       [](const auto& word) { return word == "-h" || word == "--help"; });
}

std::string Invocation::repository_location() const {
    if (location_) {
        if (location_->empty()) throw Error(ErrorKind::Usage, "--repo is empty");
        return *location_;
    }
    if (const char* named = std::getenv("VAULT_REPOSITORY"); named != nullptr && named[0] != 0) return named;
    if (::geteuid() == 0) return "/var/lib/vault";
    if (const char* base = std::getenv("XDG_DATA_HOME"); base != nullptr && base[0] == '/')
        return std::string(base) + "/vault";
    const char* home = std::getenv("HOME");
    if (home == nullptr || home[0] != '/')
        throw Error(ErrorKind::Usage, "no repository is named and HOME is not set; give --repo or VAULT_REPOSITORY");
    return std::string(home) + "/.local/share/vault";
}

std::unique_ptr<Repository> Invocation::open_repository(Access access, const BeforeUnlock& before_unlock) {
    std::shared_ptr<Backend> backend = open_local(repository_location());
    const Secrets secrets = secrets_to_open(sources_);
    return Repository::open(std::move(backend), secrets.credentials(), default_client_folders(), access,
                            before_unlock);
}

void StrengthOptions::add_to(CLI::App& app) {
    // Above that readers refuse a slot unless they are told not to.
    app.add_option("--kdf-memory", memory_mib,
                   "Memory that guessing the password costs, in MiB; 64 unless given, at most 1024")
        ->type_name("MIB")
        ->check(CLI::Range(64, static_cast<int>(kSlotMemoryKibDefault / 1024)));
    app.add_option("--kdf-passes", passes, "Passes over that memory; 3 unless given, at most 16")
        ->type_name("N")
        ->check(CLI::Range(2, 16));
}

CLI::Option* add_threads(CLI::App& app, unsigned& threads) {
    constexpr unsigned kThreadsMax = 256;  // what oneTBB grants on any machine without a warning of its own
    return app.add_option("--threads", threads, "Threads; one a core unless given")
        ->type_name("N")
        ->check(CLI::Range(1u, kThreadsMax));
}

CLI::Option* add_repeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                          const std::string& type, const std::string& description) {
    return app.add_option(name, values, description)->type_name(type)->allow_extra_args(false);
}

}  // namespace vault
