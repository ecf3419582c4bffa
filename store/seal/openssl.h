// Owners of OpenSSL's handles, and its failures as errors. Only for .cpp files of this house.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "store/base/error.h"

namespace vault::openssl {

struct Free {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

template <class T>
using Owned = std::unique_ptr<T, Free>;

// Throws Io with OpenSSL's reason; `call` names what failed.
[[noreturn]] inline void fail(const char* call) {
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    throw Error(ErrorKind::Io, std::string(call) + " failed: " + reason);
}

inline void check(int result, const char* call) {
    if (result != 1) fail(call);
}

template <class T>
Owned<T> own(T* handle, const char* call) {
    if (handle == nullptr) fail(call);
    return Owned<T>(handle);
}

}  // namespace vault::openssl
