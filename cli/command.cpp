// Shared options, and the way to the repository.
#include "cli/command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "store/backend/local.h"
#include "store/label.h"

namespace vault {

void Invocation::parse(OptionParser& parser) {
    parser.add_option("-r,--repo", location_,
                      "The repository; default: VAULT_REPOSITORY, then /var/lib/vault (root) or the "
                      "user's data folder")
        .type_name("PATH");
    parser.add_flag("--json", json_, "One JSON object per line, the summary last");
    if (const std::optional<std::string> help = parser.parse(arguments_)) {
        output_.line(*help);
        throw HelpShown{};
    }
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
    std::unique_ptr<Repository> repository = Repository::open(std::move(backend), secrets.credentials(),
                                                              default_client_folders(), access, before_unlock);
    has_opened_ = true;
    return repository;
}

void StrengthOptions::add_to(OptionParser& parser) {
    // Above that readers refuse a slot unless they are told not to.
    parser.add_option("--kdf-memory", memory_mib,
                      "Memory that guessing the password costs, in MiB; 64 unless given, at most 1024")
        .type_name("MIB")
        .range(64, static_cast<int>(kSlotMemoryKibDefault / 1024));
    parser.add_option("--kdf-passes", passes, "Passes over that memory; 3 unless given, at most 16")
        .type_name("N")
        .range(2, 16);
}

void NewKeyArguments::add_to(OptionParser& parser) {
    parser.add_option("--new-key-file", file,
                      "Write a new key file (mode 0600); it opens the repository, together with the password of the "
                      "new key if it has one")
        .type_name("PATH");
    parser.add_option("--label", label, "Name of the new key").type_name("TEXT");
    strength.add_to(parser);
}

void NewKeyArguments::require_valid() const {
    if (!label.empty()) require_label(label, "--label");
}

void add_threads(OptionParser& parser, unsigned& threads) {
    constexpr unsigned kThreadsMax = 256;  // what oneTBB grants on any machine without a warning of its own
    parser.add_option("--threads", threads, "Threads; one a core unless given").type_name("N").range(1u, kThreadsMax);
}

}  // namespace vault
