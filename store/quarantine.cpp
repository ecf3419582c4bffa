// Range by range: the medium may refuse some.
#include "store/quarantine.h"

#include <algorithm>

#include "store/backend/object_names.h"
#include "store/control_objects.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

constexpr std::string_view kDecisions = "decision/";
constexpr std::uint64_t kPartBytes = 1u << 20, kSmallPartBytes = 4u << 10;

// Of a small object, below quarantine/.
std::string name_of(ByteView object) { return to_hex(sha256(object)); }

void append_part(Backend& backend, const std::string& name, ByteRange range, ObjectWriter& to) {
    try {
        to.append(backend.get(name, range));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Io && error.kind() != ErrorKind::Corrupt) throw;
        if (range.size <= kSmallPartBytes) return to.append(Bytes(range.size));
        for (std::uint64_t done = 0; done < range.size; done += kSmallPartBytes)
            append_part(backend, name, {range.offset + done, std::min(kSmallPartBytes, range.size - done)}, to);
    }
}

}  // namespace

bool copy_to_quarantine(Backend& backend, const std::string& name, const std::string& as) {
    const std::string to = "quarantine/" + as;
    const std::vector<ObjectInfo> listed = backend.list(name);
    if (listed.empty()) return false;
    if (!object_exists(backend, to)) {
        const auto writer = backend.begin_object(as.substr(0, 2 * SessionId::kBytes));
        for (std::uint64_t at = 0; at < listed[0].size; at += kPartBytes)
            append_part(backend, name, {at, std::min(kPartBytes, listed[0].size - at)}, *writer);
        try {
            writer->publish(to);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Exists) throw;
        }
    }
    backend.sync();
    return true;
}

void copy_to_quarantine(Backend& backend, const std::string& name) {
    try {
        copy_to_quarantine(backend, name, name_of(backend.get(name)));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::NotFound) throw;
    }
}

void move_to_quarantine(Backend& backend, const std::string& name) {
    if (object_exists(backend, quarantine_name(name))) copy_to_quarantine(backend, name);
    else copy_to_quarantine(backend, name, name_of(as_bytes(name)));
    backend.remove(name);
}

std::string quarantine_name(const std::string& name) { return "quarantine/" + name_of(as_bytes(name)); }

bool is_carried_out(Backend& backend, const std::string& decision) {
    return !object_exists(backend, "condemned/" + decision.substr(kDecisions.size()));
}

bool is_settled_decision(Backend& backend, const std::string& name, ByteView object) {
    return name.starts_with(kDecisions) && is_carried_out(backend, name) &&
           object_exists(backend, "quarantine/" + name_of(object));
}

}  // namespace vault
