// vault version: what this program is made of.
#include "cli/command.h"
#include "store/format/envelope.h"
#include "store/index_version.h"
#include "store/seal/library_versions.h"

namespace vault {

ExitCode run_version(Invocation& invocation) {
    OptionParser parser(
        "Versions of vault, of the repository format that it writes, and of the libraries that it runs with.",
        "vault version");
    invocation.parse(parser);
    auto libraries = seal_library_versions();
    libraries.emplace_back("rocksdb", rocksdb_version());
    Output& output = invocation.output();
    if (invocation.json()) {
        Json object = message("version");
        object["version"] = VAULT_VERSION;
        object["format_version"] = kFormatVersion;
        object["libraries"] = Json::object();
        for (const auto& [name, version] : libraries) object["libraries"][name] = version;
        print(output, object);
        return ExitCode::Ok;
    }
    output.line("vault " VAULT_VERSION ", repository format " + std::to_string(kFormatVersion));
    for (const auto& [name, version] : libraries) output.line("  " + name + " " + version);
    return ExitCode::Ok;
}

}  // namespace vault
