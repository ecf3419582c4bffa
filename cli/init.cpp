// vault init: a new repository.
#include "cli/command.h"
#include "cli/terminal.h"
#include "store/backend/local.h"
#include "store/base/text.h"
#include "store/init.h"

namespace vault {

namespace {

// Before a password is asked for; that nothing else lies there is for init_repository to see.
void refuse_repository(const std::string& location) {
    try {
        open_local(location);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::NoRepository) return;
        throw;
    }
    throw Error(ErrorKind::Exists, escaped(location) + " holds a repository already");
}

void show(Output& output, const InitReport& report, const std::string& key_file) {
    const std::string cache = (default_client_folders().cache / report.repository.hex()).string();
    output.line("made repository " + report.repository.hex() + " in " + shown(output, report.location));
    output.line("recovery key:  " + report.recovery_key);
    output.line(
        "Keep the recovery key on paper, away from this machine: it opens the repository without the password, it");
    output.line("is shown this once, and without password, key file and recovery key nobody can read what is stored.");
    if (!key_file.empty()) output.line("key file:      " + shown(output, key_file) + " (keep a copy elsewhere)");
    output.line("cache:         " + shown(output, cache) + " (may be deleted at any time)");
    output.line("next:          vault snapshot PATH...");
}

}  // namespace

ExitCode run_init(Invocation& invocation) {
    OptionParser parser(
        "Makes a repository in a folder that is empty or not there yet, and prints its recovery key, once.",
        "vault init");
    NewKeyArguments arguments;
    arguments.add_to(parser);
    invocation.parse(parser);
    arguments.require_valid();

    const std::string location = invocation.repository_location();
    refuse_repository(location);
    const Secrets secrets = secrets_to_init(invocation.secret_sources(), arguments.file);
    UnusedKeyFile key_file(arguments.file);
    InitOptions options;
    options.label = arguments.label;
    options.strength = arguments.strength.value();
    options.credentials = secrets.credentials();
    const InitReport report = init_repository(location, options);
    key_file.keep();
    if (!invocation.json()) {
        show(invocation.output(), report, arguments.file.value_or(""));
        return ExitCode::Ok;
    }
    Json object = message("initialized");
    object["id"] = report.repository.hex();
    put_name(object, "repository", report.location);
    object["recovery_key"] = report.recovery_key;
    object["key_id"] = report.slot.hex();
    object["recovery_key_id"] = report.recovery_slot.hex();
    if (arguments.file) put_name(object, "key_file", *arguments.file);
    put_name(object, "cache", (default_client_folders().cache / report.repository.hex()).string());
    print(invocation.output(), object);
    return ExitCode::Ok;
}

}  // namespace vault
