// vault key list, add, remove, passwd, recovery.
#include "cli/command.h"
#include "cli/guess.h"
#include "cli/snapshot_output.h"
#include "cli/terminal.h"
#include "store/backend/local.h"
#include "store/base/text.h"
#include "store/civil_time.h"
#include "store/key_ops.h"

namespace vault {

namespace {

constexpr std::size_t kShortDigits = 8;

Time time_of(std::int64_t nanoseconds) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t seconds = nanoseconds >= 0 ? nanoseconds / kSecond : (nanoseconds - kSecond + 1) / kSecond;
    return {seconds, static_cast<std::uint32_t>(nanoseconds - seconds * kSecond)};
}

std::string opens_with(const KeyInfo& key) {
    if (!key.trouble.empty()) return "damaged";
    if (key.has_password && key.has_key_file) return "password and key file";
    return key.has_password ? "password" : "key file or recovery key";
}

std::string strength_text(const KeyInfo& key) {
    if (!key.has_password) return "-";
    return human_bytes(std::uint64_t{key.memory_kib} * 1024) + " x " + std::to_string(key.passes);
}

ExitCode run_list(Invocation& invocation) {
    OptionParser parser(
        "Lists the keys. What a key is called can be read with that key alone: `vault inspect keys/ID`.",
        "vault key list");
    invocation.parse(parser);
    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Read);
    Output& output = invocation.output();
    Table table({{"ID"}, {"OPENS WITH"}, {"ARGON2ID"}, {"ADDED"}, {""}});
    std::string trouble;
    std::uint64_t count = 0;
    for (const KeyInfo& key : list_keys(*repository)) {
        ++count;
        if (trouble.empty() && !key.trouble.empty()) trouble = "keys/" + key.id.hex() + ": " + key.trouble;
        if (!invocation.json()) {
            table.row({key.id.hex().substr(0, kShortDigits), opens_with(key), strength_text(key),
                       human_time(time_of(key.added_ns)), key.current ? "in use now" : ""});
            continue;
        }
        Json object = message("key");
        object["id"] = key.id.hex();
        object["current"] = key.current;
        object["password"] = key.has_password;
        object["key_file"] = key.has_key_file;
        if (key.has_password) {
            object["memory_kib"] = key.memory_kib;
            object["passes"] = key.passes;
        }
        object["created"] = rfc3339(time_of(key.added_ns));
        if (!key.trouble.empty()) object["trouble"] = key.trouble;
        print(output, object);
    }
    if (invocation.json()) {
        Json summary = message("summary");
        summary["keys"] = count;
        print(output, summary);
    } else {
        print(output, table);
    }
    output.flush();
    if (!trouble.empty()) throw Error(ErrorKind::Corrupt, trouble);
    return ExitCode::Ok;
}

void show_change(Invocation& invocation, const char* action, const SlotId& id, const std::string& sentence) {
    if (!invocation.json()) return invocation.output().line(sentence);
    Json object = message("summary");
    object["action"] = action;
    object["key_id"] = id.hex();
    print(invocation.output(), object);
}

ExitCode run_add(Invocation& invocation) {
    OptionParser parser(
        "Adds a key. Its password comes from VAULT_NEW_PASSWORD_FILE, VAULT_NEW_PASSWORD_COMMAND, "
        "VAULT_NEW_PASSWORD_FD, VAULT_NEW_PASSWORD or a prompt.",
        "vault key add");
    NewKeyArguments arguments;
    arguments.add_to(parser);
    invocation.parse(parser);
    arguments.require_valid();
    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Write);
    const Secrets secrets = secrets_to_add(invocation.secret_sources(), arguments.file);
    UnusedKeyFile key_file(arguments.file);
    NewKeyOptions options;
    options.label = arguments.label;
    options.credentials = secrets.credentials();
    options.strength = arguments.strength.value();
    const SlotId id = add_key(*repository, options);
    key_file.keep();
    show_change(invocation, "add", id, "added key " + id.hex().substr(0, kShortDigits));
    return ExitCode::Ok;
}

ExitCode run_remove(Invocation& invocation) {
    OptionParser parser("Removes a key; never the one that opens the repository for this command.", "vault key remove");
    std::string id;
    parser.add_option("ID", id, "The start of the key's id").required().type_name("");
    invocation.parse(parser);
    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Write);
    const SlotId removed = remove_key(*repository, id);
    show_change(invocation, "remove", removed, "removed key " + removed.hex().substr(0, kShortDigits));
    return ExitCode::Ok;
}

ExitCode run_passwd(Invocation& invocation) {
    OptionParser parser(
        "Changes the password of the key that opens the repository. The new one comes from VAULT_NEW_PASSWORD_FILE, "
        "VAULT_NEW_PASSWORD_COMMAND, VAULT_NEW_PASSWORD_FD, VAULT_NEW_PASSWORD or a prompt.",
        "vault key passwd");
    StrengthOptions strength;
    strength.add_to(parser);
    invocation.parse(parser);
    std::shared_ptr<Backend> backend = open_local(invocation.repository_location());
    const Secrets secrets = secrets_to_open(invocation.secret_sources());
    const auto repository = Repository::open(backend, secrets.credentials(), default_client_folders(), Access::Write);
    PasswordSource& source = invocation.secret_sources().new_password;
    const Secret new_password = source.given() ? read_password(source) : ask_password("new password", Prompt::Twice);
    const SlotId id = change_password(*repository, secrets.credentials(), new_password.view(), strength.value());
    show_change(invocation, "passwd", id,
                "changed the password; the key's id is now " + id.hex().substr(0, kShortDigits));
    return ExitCode::Ok;
}

ExitCode run_recovery(Invocation& invocation) {
    OptionParser parser(
        "Makes a new recovery key and prints it, once. Earlier ones go on to open the repository until they are "
        "removed.",
        "vault key recovery");
    invocation.parse(parser);
    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Write);
    const RecoveryKey key = add_recovery_key(*repository);
    if (invocation.json()) {
        Json object = message("summary");
        object["action"] = "recovery";
        object["key_id"] = key.id.hex();
        object["recovery_key"] = key.text;
        print(invocation.output(), object);
        return ExitCode::Ok;
    }
    invocation.output().line("recovery key:  " + key.text);
    invocation.output().line("Keep it on paper, away from this machine; it is shown this once. Its id is " +
                             key.id.hex().substr(0, kShortDigits) + ".");
    return ExitCode::Ok;
}

struct Action {
    const char* name;
    const char* summary;
    ExitCode (*run)(Invocation&);
};

constexpr Action kActions[] = {
    {"list", "List the keys", run_list},
    {"add", "Add a password or key file", run_add},
    {"remove", "Remove a key", run_remove},
    {"passwd", "Change the password", run_passwd},
    {"recovery", "Make a new recovery key", run_recovery},
};

}  // namespace

ExitCode run_key(Invocation& invocation) {
    const std::string name = invocation.take_action();
    if (name.empty()) {
        if (!invocation.wants_help())
            throw Error(ErrorKind::Usage, "key list, add, remove, passwd or recovery; see `vault key --help`");
        std::string text = "Lists, adds, removes and changes keys: passwords, key files and recovery keys.\n\n"
                           "usage: vault key ACTION [OPTION...]\n";
        for (const Action& action : kActions)
            text += "\n  " + std::string(action.name) + std::string(12 - std::string_view(action.name).size(), ' ') +
                    action.summary;
        invocation.output().line(text + "\n\n`vault key ACTION --help` says more.");
        return ExitCode::Ok;
    }
    std::vector<std::string> names;
    for (const Action& action : kActions) {
        if (action.name == name) return action.run(invocation);
        names.emplace_back(action.name);
    }
    const std::string meant = closest(name, names);
    throw Error(ErrorKind::Usage,
                "unknown command key " + escaped(name) +
                    (meant.empty() ? "; see `vault key --help`" : "; did you mean key " + meant + "?"));
}

}  // namespace vault
