// SHA-256 through OpenSSL, which uses the processor's SHA instructions where there are some.
#include "store/seal/openssl.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

using openssl::check;
using openssl::own;

const EVP_MD* algorithm() {
    static const auto fetched = own(EVP_MD_fetch(nullptr, "SHA2-256", nullptr), "fetching SHA2-256");
    return fetched.get();
}

}  // namespace

struct Sha256::Impl {
    openssl::Owned<EVP_MD_CTX> context = own(EVP_MD_CTX_new(), "EVP_MD_CTX_new");
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
    check(EVP_DigestInit_ex2(impl_->context.get(), algorithm(), nullptr), "EVP_DigestInit_ex2");
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::add(ByteView bytes) {
    check(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()), "EVP_DigestUpdate");
}

std::array<std::uint8_t, 32> Sha256::finish() {
    std::array<std::uint8_t, 32> digest{};
    check(EVP_DigestFinal_ex(impl_->context.get(), digest.data(), nullptr), "EVP_DigestFinal_ex");
    return digest;
}

std::array<std::uint8_t, 32> sha256(ByteView bytes) {
    Sha256 hash;
    hash.add(bytes);
    return hash.finish();
}

}  // namespace vault
