// The table of commands. Each parses its own arguments: with CLI11's subcommands a path that is called like a command
// would end the list of paths.
#include "cli/run.h"

#include <algorithm>

#include "cli/guess.h"
#include "cli/terminal.h"
#include "store/base/text.h"

namespace vault {

namespace {

struct Command {
    const char* name;
    const char* alias;
    const char* summary;
    ExitCode (*run)(Invocation&);
};

constexpr Command kCommands[] = {
    {"init", "", "Make a repository", run_init},
    {"snapshot", "backup", "Take a snapshot of files and folders", run_snapshot},
    {"snapshots", "list", "List the snapshots", run_snapshots},
    {"restore", "", "Write a snapshot, or a part of it, to a folder", run_restore},
    {"mount", "", "Show the snapshots as folders of files", run_mount},
    {"umount", "unmount", "End a mount, also one whose daemon has died", run_umount},
    {"ls", "", "List what a snapshot holds", run_ls},
    {"find", "", "Say which snapshots hold a name or path", run_find},
    {"diff", "", "Say what changed from one snapshot to another", run_diff},
    {"cat", "", "Write a file of a snapshot to stdout", run_cat},
    {"du", "", "Sum up what a snapshot, or a part of it, takes", run_du},
    {"inspect", "", "Show everything about an entry or an object of the repository", run_inspect},
    {"forget", "", "Forget snapshots, by name or by rules", run_forget},
    {"undelete", "", "Bring a forgotten snapshot back", run_undelete},
    {"tag", "", "Change the tags of snapshots", run_tag},
    {"hold", "", "Keep snapshots from being forgotten", run_hold},
    {"prune", "", "Reclaim the room of what no snapshot needs", run_prune},
    {"check", "", "Verify a repository, and name what damage harms", run_check},
    {"scrub", "", "Verify without a key what can be verified so", run_scrub},
    {"repair", "", "Save what damage has left, and name what is lost", run_repair},
    {"benchmark", "", "Measure what each stage does on this machine", run_benchmark},
    {"key", "", "List, add, remove and change keys", run_key},
    {"version", "", "Versions of vault, its format and its libraries", run_version},
};

constexpr const char* kUsage = R"(vault: snapshots that deduplicate, compress and encrypt

usage: vault COMMAND [OPTION...] [ARGUMENT...]
)";

constexpr const char* kUsageEnd = R"(
SNAP is the start of a snapshot's id, `latest`, `latest~N` or `SERIES@TIME`; SNAP:PATH is a part of it.
The repository: --repo or VAULT_REPOSITORY. The password: VAULT_PASSWORD_FILE, VAULT_PASSWORD_COMMAND,
VAULT_PASSWORD_FD, VAULT_PASSWORD, VAULT_KEY_FILE, or a prompt. `vault help COMMAND` says more.)";

const Command* find_command(const std::string& name) {
    const auto* found = std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& command) {
        return command.name == name || (command.alias[0] != 0 && command.alias == name);
    });
    return found == std::end(kCommands) ? nullptr : found;
}

[[noreturn]] void refuse_command(const std::string& name) {
    std::vector<std::string> names{"help"};
    for (const Command& command : kCommands) {
        names.emplace_back(command.name);
        if (command.alias[0] != 0) names.emplace_back(command.alias);
    }
    const std::string meant = closest(name, names);
    throw Error(ErrorKind::Usage,
                "unknown command " + escaped(name) +
                    (meant.empty() ? "; `vault help` lists the commands" : "; did you mean " + meant + "?"));
}

void show_usage(Output& output) {
    std::string text = kUsage;
    for (const Command& command : kCommands) {
        std::string name = command.name;
        if (command.alias[0] != 0) name += std::string(", ") + command.alias;
        text += "\n  " + name + std::string(name.size() < 20 ? 20 - name.size() : 1, ' ') + command.summary;
    }
    output.line(text + "\n" + kUsageEnd);
}

// Options may also stand before the command; they are moved behind it.
struct Call {
    std::string command;  // empty: none is named
    std::vector<std::string> arguments;
};

Call split(const std::vector<std::string>& words) {
    Call call;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word.empty() || word[0] != '-') {
            call.command = word;
            call.arguments.insert(call.arguments.begin(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                  words.end());
            // Behind `--` there would be nothing but arguments, so what stood in front goes to the front.
            call.arguments.insert(call.arguments.begin(), words.begin(),
                                  words.begin() + static_cast<std::ptrdiff_t>(i));
            return call;
        }
        if ((word == "-r" || word == "--repo") && i + 1 < words.size()) ++i;
    }
    call.arguments = words;
    return call;
}

bool has(const std::vector<std::string>& words, const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

ExitCode run_vault(const std::vector<std::string>& arguments, SecretSources sources, Output& output) {
    Call call = split(arguments);
    if (call.command == "help") {
        if (call.arguments.empty()) {
            show_usage(output);
            return ExitCode::Ok;
        }
        call.command = call.arguments.front();
        call.arguments.erase(call.arguments.begin());
        call.arguments.insert(call.arguments.end(), "--help");
    } else if (call.command.empty()) {
        if (has(arguments, "--help") || has(arguments, "-h")) {
            show_usage(output);
            return ExitCode::Ok;
        }
        if (!has(arguments, "--version")) throw Error(ErrorKind::Usage, "no command; `vault help` lists the commands");
        call.command = "version";
        call.arguments.erase(std::find(call.arguments.begin(), call.arguments.end(), "--version"));
    }
    const Command* command = find_command(call.command);
    if (command == nullptr) refuse_command(call.command);
    Invocation invocation(std::move(call.arguments), std::move(sources), output);
    try {
        return command->run(invocation);
    } catch (const HelpShown&) {
        return ExitCode::Ok;
    } catch (const Error& error) {
        // Where a repository does not open, a check of it would fail the same way.
        const bool says_itself = command->run == run_check || command->run == run_repair || command->run == run_prune;
        if (error.kind() != ErrorKind::Corrupt || !invocation.has_opened() || says_itself) throw;
        throw Error(ErrorKind::Corrupt, std::string(error.what()) + "; " + kAfterDamage);
    }
}

ExitCode report_failure(const std::vector<std::string>& arguments, Output& output, const Error& error) noexcept {
    const ExitCode code = exit_code(error.kind());
    try {
        output.flush();  // what came before the failure is true all the same
    } catch (...) {
        // The failure that ended the command is the one to tell of.
    }
    try {
        std::string text = error.what();
        if (const std::string what_to_do = advice(error.kind()); !what_to_do.empty()) text += "; " + what_to_do;
        if (has(arguments, "--json")) {
            Json object = message("exit_error");
            object["code"] = static_cast<int>(code);
            object["kind"] = name(error.kind());
            object["message"] = text;
            complain_raw(json_line(object));
        } else {
            complain(text);
        }
    } catch (...) {
        complain(error.what());
    }
    return code;
}

}  // namespace vault
