// Written whole, replaced atomically.
#include "store/remembered.h"

#include <filesystem>

#include "store/base/file.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

constexpr std::size_t kRememberedBytesMax = 256 << 20;
constexpr std::size_t kPlaceDigits = 16;

}  // namespace

std::string remembered_file(const Repository& repository, const std::string& name) {
    return repository.state_folder() / name;
}

std::string remembered_file_of_place(const Repository& repository, const std::string& name) {
    const std::string location = repository.backend().location();
    std::error_code failed;
    const std::filesystem::path place = std::filesystem::canonical(location, failed);
    const std::string hash = to_hex(sha256(as_bytes(failed ? location : place.string())));
    return remembered_file(repository, name + "-" + hash.substr(0, kPlaceDigits));
}

std::string read_remembered(const std::string& path) {
    try {
        const auto text = read_small_file(path, kRememberedBytesMax);
        return text ? std::string(as_text(*text)) : std::string();
    } catch (const Error&) {
        return "";
    }
}

bool write_remembered(const std::string& path, const std::string& text) {
    try {
        make_folders(std::filesystem::path(path).parent_path().string());
        replace_small_file(path, as_bytes(text));
        return true;
    } catch (const Error&) {
        return false;
    }
}

}  // namespace vault
