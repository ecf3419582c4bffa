// Passwords and key files: from the environment, from files, commands, descriptors, or a prompt on the terminal; never
// from the command line.
#pragma once

#include <optional>
#include <string>

#include "store/seal/secret.h"
#include "store/seal/slot.h"

namespace vault {

// Owns what Credentials borrow.
struct Secrets {
    std::optional<Secret> password;
    std::optional<Secret> key_file;  // the 32 bytes, decoded
    Credentials credentials() const;
};

// Where one password may come from. NAME is VAULT_PASSWORD or VAULT_NEW_PASSWORD.
struct PasswordSource {
    std::string name;                  // of the variables: NAME, NAME_FILE, NAME_COMMAND, NAME_FD
    std::optional<Secret> value;       // NAME
    std::optional<std::string> file, command, descriptor;

    // Whether any is given. More than one is Usage.
    bool given() const;
};

// What the environment says. Taking it removes these variables from the environment, wiping what they held, so that no
// child process gets them.
struct SecretSources {
    PasswordSource password, new_password;
    std::optional<std::string> key_file;  // VAULT_KEY_FILE: a path
};
SecretSources take_secret_sources();

enum class Prompt { Once, Twice };

// The password of a source, without one line feed at the end of what a file, command or descriptor gave. Throws Usage
// for an empty one, NotFound, Denied or Io for a file or command that does not give one.
Secret read_password(PasswordSource& source);

// Asks on the terminal, echo off. Throws Usage where stdin is no terminal, or for an empty password, or where two
// inputs differ; Interrupted.
Secret ask_password(const std::string& question, Prompt prompt);

// The 32 bytes of a key file or recovery key. Throws WrongKey for a file that is none.
Secret read_key_file(const std::string& path);

// Writes 32 new random bytes as a key file, mode 0600, durably, and returns them. Throws Exists where `path` is taken.
Secret write_new_key_file(const std::string& path);

// Removes a key file that this run wrote, unless the slot that it opens was made: keep().
class UnusedKeyFile {
  public:
    explicit UnusedKeyFile(std::optional<std::string> path) : path_(std::move(path)) {}
    UnusedKeyFile(const UnusedKeyFile&) = delete;
    UnusedKeyFile& operator=(const UnusedKeyFile&) = delete;
    ~UnusedKeyFile();
    void keep() { path_.reset(); }

  private:
    std::optional<std::string> path_;
};

// To open a repository: the named password source, the key file, or both; without any a prompt.
Secrets secrets_to_open(SecretSources& sources);

// For a new repository: the same, prompting twice.
Secrets secrets_to_init(SecretSources& sources, const std::optional<std::string>& new_key_file);

// For a new slot: VAULT_NEW_PASSWORD…, or a new key file, or both; without any a prompt (twice).
Secrets secrets_to_add(SecretSources& sources, const std::optional<std::string>& new_key_file);

}  // namespace vault
