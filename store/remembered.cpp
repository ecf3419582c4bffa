// Written whole, replaced atomically.
#include "store/remembered.h"

#include <filesystem>

#include "store/base/file.h"
#include "store/base/text.h"
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

std::string read_remembered(const std::string& path, std::string& why) {
    try {
        std::error_code none;
        const auto kind = std::filesystem::status(path, none).type();
        if (kind == std::filesystem::file_type::not_found) return "";
        // A pipe would keep everybody waiting.
        if (kind != std::filesystem::file_type::regular && kind != std::filesystem::file_type::unknown)
            throw Error(ErrorKind::Io, escaped(path) + " is no file");
        const auto text = read_small_file(path, kRememberedBytesMax);
        return text ? std::string(as_text(*text)) : std::string();
    } catch (const Error& error) {
        why = error.what();
        return "";
    }
}

std::string read_remembered(const std::string& path) {
    std::string why;
    return read_remembered(path, why);
}

std::string write_remembered(const std::string& path, const std::string& text) {
    try {
        make_folders(std::filesystem::path(path).parent_path().string());
        replace_small_file(path, as_bytes(text));
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace vault
