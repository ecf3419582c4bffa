// Nonces, and the order of nonce, ciphertext and tag.
#include "store/seal/sealing.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "store/format/cursor.h"

namespace vault {

namespace {

// docs/format.md 4.4
constexpr std::size_t kSliceBytes = 8'192;
// Of fewer slices lanes are no gain.
constexpr std::size_t kSlicesForLanes = 3;

}  // namespace

NonceHedge::NonceHedge(Secret key, LaneWidth width)
    : key_(std::move(key)),
      width_(width),
      whole_(key_.view(), kNonceBytes),
      slices_(key_.view(), sizeof(Blake2b256)) {}

std::array<std::uint8_t, kNonceBytes> NonceHedge::nonce(ByteView random, const SealContext& context,
                                                        ByteView frame) const {
    Writer length;
    length.u64(frame.size());
    const auto associated = associated_data(context);
    const Bytes size = length.take();
    std::array<std::uint8_t, kNonceBytes> nonce;
    if (frame.size() <= kSliceBytes) whole_({random, associated, size, frame}, nonce);
    else whole_({random, associated, size, hashes_of_slices(frame)}, nonce);
    return nonce;
}

Bytes NonceHedge::hashes_of_slices(ByteView frame) const {
    std::vector<ByteView> slices;
    for (std::size_t at = 0; at < frame.size(); at += kSliceBytes)
        slices.push_back(frame.subspan(at, std::min(kSliceBytes, frame.size() - at)));
    std::vector<Blake2b256> hashes(slices.size());
    if (width_ != LaneWidth::None && slices.size() >= kSlicesForLanes) {
        blake2b_256_lanes(key_.view(), slices, hashes, width_);
    } else {
        for (std::size_t i = 0; i < slices.size(); ++i) slices_({slices[i]}, hashes[i]);
    }
    Bytes all;
    for (const Blake2b256& hash : hashes) append(all, hash);
    return all;
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

Bytes seal_with(ByteView key, const NonceHedge& hedge, const SealContext& context, ByteView frame) {
    std::array<std::uint8_t, kHedgeRandomBytes> random;
    fill_random(random);
    return seal_with_nonce(key, hedge.nonce(random, context, frame), context, frame);
}

std::optional<Bytes> open_with(ByteView key, const SealContext& context, ByteView sealed) {
    if (sealed.size() < kSealOverheadBytes) return std::nullopt;
    Bytes frame(sealed.size() - kSealOverheadBytes);
    const ByteView nonce = sealed.first(kNonceBytes);
    if (!aead_decrypt(key, nonce, associated_data(context), sealed.subspan(kNonceBytes), frame)) return std::nullopt;
    return frame;
}

}  // namespace vault
