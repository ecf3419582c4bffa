// What every command has in common: options that all take, parsing, opening the repository.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/json_output.h"
#include "cli/option_parser.h"
#include "cli/output.h"
#include "cli/secrets.h"
#include "store/repository.h"

namespace vault {

// Thrown by Invocation::parse after it has printed the help that was asked for.
struct HelpShown {};

// One call of the program. Lives as long as the command runs.
class Invocation {
  public:
    Invocation(std::vector<std::string> arguments, SecretSources sources, Output& output)
        : arguments_(std::move(arguments)), sources_(std::move(sources)), output_(output) {}

    // Adds the options that all commands take and parses. Throws Usage, in one line with a guess at what was meant, and
    // HelpShown.
    void parse(OptionParser& parser);

    // For a command that consists of actions ("key list"): the first argument that is no option, taken out; "" where
    // there is none.
    std::string take_action();
    bool wants_help() const;

    bool json() const { return json_; }
    Output& output() { return output_; }
    SecretSources& secret_sources() { return sources_; }

    // --repo, VAULT_REPOSITORY, or the default place. Absolute or as given.
    std::string repository_location() const;
    // Looks for the repository before it asks for a password.
    std::unique_ptr<Repository> open_repository(Access access, const BeforeUnlock& before_unlock = {});
    bool has_opened() const { return has_opened_; }  // a repository

  private:
    std::vector<std::string> arguments_;
    SecretSources sources_;
    Output& output_;
    std::optional<std::string> location_;
    bool json_ = false, has_opened_ = false;
};

// --threads; 0 unless given: one a core.
void add_threads(OptionParser& parser, unsigned& threads);

// What Argon2id is to cost for a new password.
struct StrengthOptions {
    std::uint32_t memory_mib = SlotStrength{}.memory_kib / 1024;
    std::uint32_t passes = SlotStrength{}.passes;
    void add_to(OptionParser& parser);
    SlotStrength value() const { return {memory_mib * 1024, passes}; }
};

// A key that is to be made.
struct NewKeyArguments {
    std::optional<std::string> file;  // to be written
    std::string label;
    StrengthOptions strength;
    void add_to(OptionParser& parser);
    void require_valid() const;  // after parse(); throws Usage
};

// argv -> plain structs -> operation -> exit code; one file per family.
ExitCode run_init(Invocation& invocation);
ExitCode run_snapshot(Invocation& invocation);
ExitCode run_snapshots(Invocation& invocation);
ExitCode run_forget(Invocation& invocation);
ExitCode run_undelete(Invocation& invocation);
ExitCode run_tag(Invocation& invocation);
ExitCode run_hold(Invocation& invocation);
ExitCode run_restore(Invocation& invocation);
ExitCode run_mount(Invocation& invocation);
ExitCode run_umount(Invocation& invocation);
ExitCode run_ls(Invocation& invocation);
ExitCode run_find(Invocation& invocation);
ExitCode run_diff(Invocation& invocation);
ExitCode run_cat(Invocation& invocation);
ExitCode run_du(Invocation& invocation);
ExitCode run_inspect(Invocation& invocation);
ExitCode run_prune(Invocation& invocation);
ExitCode run_check(Invocation& invocation);
ExitCode run_scrub(Invocation& invocation);
ExitCode run_repair(Invocation& invocation);
ExitCode run_benchmark(Invocation& invocation);
ExitCode run_key(Invocation& invocation);
ExitCode run_version(Invocation& invocation);

}  // namespace vault
