// Nonces, and the order of nonce, ciphertext and tag.
#include "store/seal/sealing.h"

#include <stdexcept>

namespace vault {

std::array<std::uint8_t, kNonceBytes> hedged_nonce(const KeyedHash& hedge, ByteView random, const SealContext& context,
                                                   ByteView frame) {
    std::array<std::uint8_t, kNonceBytes> nonce;
    hedge({random, associated_data(context), frame}, nonce);
    return nonce;
}

Bytes seal_with_nonce(ByteView key, ByteView nonce, const SealContext& context, ByteView frame) {
    if (context.codec == Codec::Raw && context.plain_bytes != frame.size())
        throw std::logic_error("sealing " + std::to_string(frame.size()) + " bytes as " +
                               std::to_string(context.plain_bytes));
    Bytes sealed(frame.size() + kSealOverheadBytes);
    std::copy(nonce.begin(), nonce.end(), sealed.begin());
    aead_encrypt(key, nonce, associated_data(context), frame, MutableByteView(sealed).subspan(kNonceBytes));
    return sealed;
}

Bytes seal_with(ByteView key, const KeyedHash& hedge, const SealContext& context, ByteView frame) {
    std::array<std::uint8_t, kHedgeRandomBytes> random;
    fill_random(random);
    return seal_with_nonce(key, hedged_nonce(hedge, random, context, frame), context, frame);
}

std::optional<Bytes> open_with(ByteView key, const SealContext& context, ByteView sealed) {
    if (sealed.size() < kSealOverheadBytes) return std::nullopt;
    Bytes frame(sealed.size() - kSealOverheadBytes);
    const ByteView nonce = sealed.first(kNonceBytes);
    if (!aead_decrypt(key, nonce, associated_data(context), sealed.subspan(kNonceBytes), frame)) return std::nullopt;
    return frame;
}

}  // namespace vault
