// Asks the libraries.
#include "store/seal/library_versions.h"

#include <openssl/crypto.h>
#include <sodium.h>
#include <zstd.h>

namespace vault {

std::vector<std::pair<std::string, std::string>> seal_library_versions() {
    return {{"libsodium", ::sodium_version_string()},
            {"openssl", ::OpenSSL_version(OPENSSL_VERSION_STRING)},
            {"zstd", ::ZSTD_versionString()}};
}

}  // namespace vault
