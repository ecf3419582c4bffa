// vault inspect: one thing in full.
#include "store/inspect.h"

#include "cli/command.h"
#include "cli/open_snapshot.h"
#include "cli/terminal.h"
#include "store/backend/local.h"
#include "store/backend/object_names.h"
#include "store/base/text.h"
#include "store/civil_time.h"

namespace vault {

namespace {

constexpr std::size_t kIndent = 2;

Json to_json(const Description& description);

// Calls the function for the alternative that the value holds.
template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

void put_value(Json& object, const std::string& name, const DescribedValue& value) {
    std::visit(Overloaded{
                   [&](std::uint64_t number) { object[name] = number; },
                   [&](bool flag) { object[name] = flag; },
                   [&](const std::string& text) { object[name] = text; },
                   [&](const RawName& raw) { put_name(object, name, raw.bytes); },
                   [&](const Time& time) { object[name] = rfc3339(time); },
                   [&](const Description& fields) { object[name] = to_json(fields); },
                   [&](const std::vector<Description>& list) {
                       object[name] = Json::array();
                       for (const Description& item : list) object[name].push_back(to_json(item));
                   },
               },
               value);
}

Json to_json(const Description& description) {
    Json object = Json::object();
    for (const auto& [name, value] : description.fields) put_value(object, name, value);
    return object;
}

std::string scalar_text(const DescribedValue& value) {
    return std::visit(
        Overloaded{
            [](std::uint64_t number) { return std::to_string(number); },
            [](bool flag) { return std::string(flag ? "yes" : "no"); },
            [](const std::string& text) { return escaped(text); },
            [](const RawName& raw) { return escaped(raw.bytes); },
            [](const Time& time) { return rfc3339(time); },
            [](const Description&) { return std::string(); },
            [](const std::vector<Description>& list) { return list.empty() ? std::string("none") : std::string(); },
        },
        value);
}

// "name: value, name: value" where every field is a scalar; "" otherwise.
std::string one_line(const Description& description) {
    std::string line;
    for (const auto& [name, value] : description.fields) {
        if (std::holds_alternative<Description>(value) || std::holds_alternative<std::vector<Description>>(value))
            return "";
        line += (line.empty() ? "" : ", ") + (description.fields.size() == 1 ? "" : name + " ") + scalar_text(value);
    }
    return line;
}

void show(Output& output, const Description& description, std::size_t indent) {
    for (const auto& [name, value] : description.fields) {
        const std::string text = scalar_text(value);
        output.line(std::string(indent, ' ') + name + (text.empty() ? ":" : ": " + text));
        if (const auto* fields = std::get_if<Description>(&value)) show(output, *fields, indent + kIndent);
        if (const auto* list = std::get_if<std::vector<Description>>(&value)) {
            for (const Description& item : *list) {
                const std::string line = one_line(item);
                output.line(std::string(indent + kIndent, ' ') + (line.empty() ? "-" : "- " + line));
                if (line.empty()) show(output, item, indent + 2 * kIndent);
            }
        }
    }
}

bool is_hex(const std::string& text, std::size_t digits) {
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// A name of 64 digits: a chunk, or else the pack or slot that is called so.
Description describe_long_id(const Repository& repository, const Credentials& credentials, const std::string& hex) {
    const View view = repository.reader_view();
    const ChunkId id = ChunkId::from_hex(hex);
    if (!view.index->find_all(id, view.chunks->view()).empty()) return describe_chunk(repository, view, id);
    const std::string pack = pack_name(PackId::from_hex(hex));
    if (!repository.backend().list(pack).empty()) return describe_object(repository, credentials, pack);
    const std::string slot = "keys/" + hex;
    if (!repository.backend().list(slot).empty()) return describe_object(repository, credentials, slot);
    throw Error(ErrorKind::NotFound, "no chunk, pack or key is called " + hex);
}

Description describe_reference(const Repository& repository, const Credentials& credentials,
                               const SnapshotArgument& argument) {
    const std::string& text = argument.reference;
    const SnapshotReference reference = parse_reference(text);
    const SnapshotListing listing = list_snapshots(repository);
    const Snapshot& snapshot = resolve(listing, reference.snapshot, argument.filter);
    if (text.find(":/") == std::string::npos || text == reference.snapshot)
        return describe_object(repository, credentials, "snapshots/" + snapshot.sid.hex());
    const View view = repository.reader_view();
    const ManifestReader manifest(*view.chunks, snapshot.root());
    return describe_entry(*view.chunks, find_entry(manifest, reference.path));
}

}  // namespace

ExitCode run_inspect(Invocation& invocation) {
    OptionParser parser(
        "Shows everything that is known of one thing: an object of the repository by its name (config/1, "
        "snapshots/ID …), a chunk, tree node, pack or key by its id of 64 digits, a snapshot, or an entry of one "
        "(SNAP:PATH). Secrets are not shown.",
        "vault inspect");
    SnapshotArgument argument;
    argument.add_to(parser, "OBJECT", "Name, id, SNAP or SNAP:PATH");
    invocation.parse(parser);
    const std::string& what = argument.reference;

    std::shared_ptr<Backend> backend = open_local(invocation.repository_location());
    const Secrets secrets = secrets_to_open(invocation.secret_sources());
    const auto repository = Repository::open(backend, secrets.credentials(), default_client_folders(), Access::Read);
    const Description description = is_object_name(what) ? describe_object(*repository, secrets.credentials(), what)
                                    : is_hex(what, 2 * ChunkId::kBytes)
                                        ? describe_long_id(*repository, secrets.credentials(), what)
                                        : describe_reference(*repository, secrets.credentials(), argument);
    if (invocation.json()) {
        Json object = message("inspected");
        object.update(to_json(description));
        print(invocation.output(), object);
    } else {
        show(invocation.output(), description, 0);
    }
    return ExitCode::Ok;
}

}  // namespace vault
