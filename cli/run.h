// From the words of a command line to the command that they name.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace vault {

// `arguments` without the program's name.
ExitCode run_vault(const std::vector<std::string>& arguments, SecretSources sources, Output& output);

// Says on stderr, in one line, what went wrong and what to do; with --json as an object. Never throws.
ExitCode report_failure(const std::vector<std::string>& arguments, Output& output, const Error& error) noexcept;

}  // namespace vault
