// Presence and names.
#include "store/control_objects.h"

namespace vault {

bool object_exists(Backend& backend, const std::string& name) {
    try {
        backend.get(name, ByteRange{0, kEnvelopeBytes});
        return true;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::NotFound) return false;
        throw;
    }
}

std::string pack_name(const PackId& id) {
    const std::string hex = id.hex();
    return "packs/" + hex.substr(0, 2) + "/" + hex;
}

std::optional<PackId> pack_of_name(const std::string& name) {
    constexpr std::size_t kFolderBytes = std::string_view("packs/xx/").size();
    if (name.size() != kFolderBytes + 2 * PackId::kBytes) return std::nullopt;
    return PackId::from_hex(std::string_view(name).substr(kFolderBytes));
}

}  // namespace vault
