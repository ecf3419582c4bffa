// Sources of passwords and key files other than the terminal (prompt.cpp).
#include "cli/secrets.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "cli/terminal.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"
#include "store/seal/key_text.h"

extern char** environ;

namespace vault {

namespace {

constexpr std::size_t kPasswordBytesMax = std::size_t{64} << 10;
constexpr std::size_t kKeyFileBytesMax = std::size_t{64} << 10;

std::optional<std::string> taken(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    std::optional<std::string> text;
    if (value != nullptr && value[0] != 0) text = value;
    ::unsetenv(name.c_str());
    return text;
}

// The variable's own memory, which /proc/<pid>/environ shows, is overwritten too.
std::optional<Secret> taken_secret(const std::string& name) {
    char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    const std::size_t size = std::strlen(value);
    std::optional<Secret> secret;
    if (size > 0) {
        const MutableByteView bytes(reinterpret_cast<std::uint8_t*>(value), size);
        secret = Secret::copy_of(bytes);
        wipe(bytes);
    }
    ::unsetenv(name.c_str());
    return secret;
}

PasswordSource taken_source(const std::string& name) {
    PasswordSource source;
    source.name = name;
    source.value = taken_secret(name);
    source.file = taken(name + "_FILE");
    source.command = taken(name + "_COMMAND");
    source.descriptor = taken(name + "_FD");
    return source;
}

// All of `fd`, at most `bytes_max`.
Secret read_secret(int fd, std::size_t bytes_max, const std::string& what) {
    Secret buffer(bytes_max + 1);
    const std::size_t size = read_up_to(fd, buffer.mutable_view(), what);
    if (size > bytes_max)
        throw Error(ErrorKind::Usage, what + " is longer than " + std::to_string(bytes_max) + " bytes");
    return Secret::copy_of(buffer.view().first(size));
}

Secret without_line_end(Secret secret, const std::string& what) {
    ByteView bytes = secret.view();
    if (!bytes.empty() && bytes.back() == '\n') bytes = bytes.first(bytes.size() - 1);
    if (bytes.empty()) throw Error(ErrorKind::Usage, what + " holds no password");
    return Secret::copy_of(bytes);
}

// /dev/fd/N and its like, as shells pass them for <(command): by the descriptor itself, since /proc/self is root's once
// the process has hidden its memory (prepare_process_for_secrets).
UniqueFd open_path_or_descriptor(const std::string& path) {
    for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
        if (!path.starts_with(folder)) continue;
        const std::string number = path.substr(folder.size());
        if (number.empty() || number.size() > 6 || number.find_first_not_of("0123456789") != std::string::npos) break;
        UniqueFd same(::fcntl(std::stoi(number), F_DUPFD_CLOEXEC, 0));
        if (!same) throw system_error("cannot read " + path, errno);
        return same;
    }
    if (path == "/dev/stdin") return UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    return open_at(AT_FDCWD, path, O_RDONLY | O_NOCTTY);
}

UniqueFd open_secret_file(const std::string& path) {
    UniqueFd file = open_path_or_descriptor(path);
    struct stat found {};
    if (::fstat(file.get(), &found) != 0) throw system_error("cannot look at " + escaped(path), errno);
    if (S_ISREG(found.st_mode) && (found.st_mode & 0077) != 0) {
        char mode[16];
        std::snprintf(mode, sizeof mode, "%04o", found.st_mode & 07777);
        complain("warning: " + escaped(path) + " holds a secret and others may use it (mode " + mode +
                 "); chmod 600 it");
    }
    return file;
}

// What `command` prints, run by the shell without our secrets in its environment.
Secret output_of(const std::string& command, const std::string& what) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("pipe failed", errno);
    UniqueFd reader(ends[0]), writer(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
    // We ignore SIGPIPE; a shell command expects it to be as usual.
    sigset_t usual;
    ::sigemptyset(&usual);
    ::sigaddset(&usual, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const char* arguments[] = {"sh", "-c", command.c_str(), nullptr};
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, "/bin/sh", &actions, &attributes, const_cast<char**>(arguments), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (failed != 0) throw system_error("cannot run " + what, failed);
    writer.reset();
    Secret printed = read_secret(reader.get(), kPasswordBytesMax, what);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) throw system_error("cannot wait for " + what, errno);
    if (WIFSIGNALED(status))
        throw Error(ErrorKind::Io, what + " was ended by signal " + std::to_string(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0)
        throw Error(ErrorKind::Io, what + " failed with exit code " + std::to_string(WEXITSTATUS(status)));
    return printed;
}

Secret from_descriptor(const std::string& number, const std::string& what) {
    char* end = nullptr;
    const long fd = std::strtol(number.c_str(), &end, 10);
    if (end == number.c_str() || *end != 0 || fd < 0 || fd > 1'000'000)
        throw Error(ErrorKind::Usage, what + " is not the number of a descriptor: " + escaped(number));
    const UniqueFd owned(static_cast<int>(fd));
    return read_secret(owned.get(), kPasswordBytesMax, what);
}

Secrets from_sources(PasswordSource& source, const std::optional<std::string>& key_file) {
    Secrets secrets;
    if (source.given()) secrets.password = read_password(source);
    if (key_file) secrets.key_file = read_key_file(*key_file);
    return secrets;
}

}  // namespace

Credentials Secrets::credentials() const {
    Credentials borrowed;
    if (password) borrowed.password = password->view();
    if (key_file) borrowed.key_file = key_file->view();
    return borrowed;
}

bool PasswordSource::given() const {
    std::string named;
    int count = 0;
    const auto count_one = [&](bool is_given, const char* suffix) {
        if (!is_given) return;
        named += (count++ == 0 ? "" : " and ") + name + suffix;
    };
    count_one(value.has_value(), "");
    count_one(file.has_value(), "_FILE");
    count_one(command.has_value(), "_COMMAND");
    count_one(descriptor.has_value(), "_FD");
    if (count > 1) throw Error(ErrorKind::Usage, named + " are both set; give the password in one way");
    return count == 1;
}

SecretSources take_secret_sources() {
    SecretSources sources;
    sources.password = taken_source("VAULT_PASSWORD");
    sources.new_password = taken_source("VAULT_NEW_PASSWORD");
    sources.key_file = taken("VAULT_KEY_FILE");
    return sources;
}

Secret read_password(PasswordSource& source) {
    if (source.value) return Secret::copy_of(source.value->view());
    if (source.file) {
        const std::string what = escaped(*source.file);
        return without_line_end(read_secret(open_secret_file(*source.file).get(), kPasswordBytesMax, what), what);
    }
    if (source.command) {
        const std::string what = "the command of " + source.name + "_COMMAND";
        return without_line_end(output_of(*source.command, what), what);
    }
    const std::string what = source.name + "_FD";
    return without_line_end(from_descriptor(source.descriptor.value(), what), what);
}

Secret read_key_file(const std::string& path) {
    const Secret text = read_secret(open_secret_file(path).get(), kKeyFileBytesMax, escaped(path));
    try {
        return parse_key_text(as_text(text.view()));
    } catch (const Error& error) {
        throw with_context(escaped(path), error);
    }
}

Secret write_new_key_file(const std::string& path) {
    Secret key = Secret::random(32);
    std::string text = key_text(key.view());
    text += '\n';
    const WipedAtEnd wiped({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    const UniqueFd file = open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    try {
        write_all(file.get(), as_bytes(text), escaped(path));
        sync_fd(file.get(), escaped(path));
        const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
        sync_fd(open_at(AT_FDCWD, folder.string(), O_RDONLY | O_DIRECTORY).get(), escaped(folder.string()));
    } catch (...) {
        ::unlink(path.c_str());
        throw;
    }
    return key;
}

UnusedKeyFile::~UnusedKeyFile() {
    if (path_) ::unlink(path_->c_str());
}

Secrets secrets_to_open(SecretSources& sources) {
    Secrets secrets = from_sources(sources.password, sources.key_file);
    if (!secrets.password && !secrets.key_file)
        secrets.password = ask_password("password of the repository", Prompt::Once);
    return secrets;
}

Secrets secrets_to_init(SecretSources& sources, const std::optional<std::string>& new_key_file) {
    if (new_key_file && sources.key_file)
        throw Error(ErrorKind::Usage, "VAULT_KEY_FILE and --new-key-file are both given; name one key file");
    Secrets secrets = from_sources(sources.password, sources.key_file);
    if (new_key_file) secrets.key_file = write_new_key_file(*new_key_file);
    if (!secrets.password && !secrets.key_file)
        secrets.password = ask_password("password for the new repository", Prompt::Twice);
    return secrets;
}

Secrets secrets_to_add(SecretSources& sources, const std::optional<std::string>& new_key_file) {
    Secrets secrets = from_sources(sources.new_password, std::nullopt);
    if (new_key_file) secrets.key_file = write_new_key_file(*new_key_file);
    if (!secrets.password && !secrets.key_file) secrets.password = ask_password("new password", Prompt::Twice);
    return secrets;
}

}  // namespace vault
