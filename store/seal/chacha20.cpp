// XChaCha20-Poly1305 and ChaCha20 key streams: OpenSSL does the bulk, libsodium the subkey that OpenSSL 3.0 lacks.
#include <sodium.h>

#include <cassert>
#include <climits>

#include "store/seal/openssl.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

using openssl::check;
using openssl::own;

constexpr std::size_t kTagBytes = 16;

// One per thread: making one costs as much as sealing a kilobyte. It keeps the last subkey, as the process keeps keys.
EVP_CIPHER_CTX* thread_context() {
    thread_local const auto context = own(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new");
    return context.get();
}

enum class Direction { Decrypt = 0, Encrypt = 1 };

// The thread's context for the XChaCha20 key and nonce, with the associated data taken in: the draft's section 2.
EVP_CIPHER_CTX* begin_aead(Direction direction, ByteView key, ByteView nonce, ByteView associated) {
    assert(key.size() == 32 && nonce.size() == 24);
    static const auto algorithm = own(EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr), "EVP_CIPHER_fetch");
    require_sodium();
    std::array<std::uint8_t, 32> subkey;
    crypto_core_hchacha20(subkey.data(), nonce.data(), key.data(), nullptr);
    std::array<std::uint8_t, 12> inner_nonce{};
    std::copy(nonce.begin() + 16, nonce.end(), inner_nonce.begin() + 4);
    EVP_CIPHER_CTX* context = thread_context();
    const int begun = EVP_CipherInit_ex2(context, algorithm.get(), subkey.data(), inner_nonce.data(),
                                         static_cast<int>(direction), nullptr);
    wipe(subkey);
    check(begun, "EVP_CipherInit_ex2");
    int written = 0;
    check(EVP_CipherUpdate(context, nullptr, &written, associated.data(), static_cast<int>(associated.size())),
          "EVP_CipherUpdate");
    return context;
}

void crypt(EVP_CIPHER_CTX* context, ByteView in, MutableByteView out) {
    if (in.empty()) return;  // OpenSSL takes a null output for associated data
    assert(in.size() <= INT_MAX && out.size() == in.size());
    int written = 0;
    check(EVP_CipherUpdate(context, out.data(), &written, in.data(), static_cast<int>(in.size())), "EVP_CipherUpdate");
    assert(static_cast<std::size_t>(written) == in.size());
}

}  // namespace

void aead_encrypt(ByteView key, ByteView nonce24, ByteView associated, ByteView plain, MutableByteView out) {
    assert(out.size() == plain.size() + kTagBytes);
    EVP_CIPHER_CTX* context = begin_aead(Direction::Encrypt, key, nonce24, associated);
    crypt(context, plain, out.first(plain.size()));
    int written = 0;
    check(EVP_CipherFinal_ex(context, out.data() + plain.size(), &written), "EVP_CipherFinal_ex");
    check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, out.data() + plain.size()),
          "EVP_CTRL_AEAD_GET_TAG");
}

bool aead_decrypt(ByteView key, ByteView nonce24, ByteView associated, ByteView sealed, MutableByteView out) {
    assert(sealed.size() >= kTagBytes && out.size() == sealed.size() - kTagBytes);
    EVP_CIPHER_CTX* context = begin_aead(Direction::Decrypt, key, nonce24, associated);
    crypt(context, sealed.first(out.size()), out);
    std::array<std::uint8_t, kTagBytes> tag;  // the call wants it mutable
    std::copy(sealed.end() - kTagBytes, sealed.end(), tag.begin());
    check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()), "EVP_CTRL_AEAD_SET_TAG");
    int written = 0;
    std::array<std::uint8_t, kTagBytes> nothing;
    if (EVP_CipherFinal_ex(context, nothing.data(), &written) == 1) return true;
    ERR_clear_error();
    wipe(out);
    return false;
}

void chacha20_stream(ByteView key, MutableByteView out) {
    assert(key.size() == 32);
    static const auto algorithm = own(EVP_CIPHER_fetch(nullptr, "ChaCha20", nullptr), "EVP_CIPHER_fetch");
    const std::array<std::uint8_t, 16> counter_and_nonce{};
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    EVP_CIPHER_CTX* context = thread_context();
    check(EVP_EncryptInit_ex2(context, algorithm.get(), key.data(), counter_and_nonce.data(), nullptr),
          "EVP_EncryptInit_ex2");
    crypt(context, out, out);
}

}  // namespace vault
