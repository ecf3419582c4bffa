// Keyed BLAKE2b through OpenSSL: twice as fast as libsodium's, and not bound to outputs of at least 16 bytes.
#include <openssl/core_names.h>
#include <openssl/params.h>

#include <atomic>
#include <cassert>

#include "store/seal/openssl.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

using openssl::check;
using openssl::own;
using MacContext = openssl::Owned<EVP_MAC_CTX>;

MacContext keyed_context(ByteView key, std::size_t out_bytes) {
    assert(!key.empty() && key.size() <= 64 && out_bytes >= 1 && out_bytes <= 64);
    static const auto algorithm = own(EVP_MAC_fetch(nullptr, "BLAKE2BMAC", nullptr), "fetching BLAKE2BMAC");
    MacContext context = own(EVP_MAC_CTX_new(algorithm.get()), "EVP_MAC_CTX_new");
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &out_bytes),
                                     OSSL_PARAM_construct_end()};
    check(EVP_MAC_init(context.get(), key.data(), key.size(), parameters), "EVP_MAC_init");
    return context;
}

// `context` has been initialised and not yet updated.
void hash(EVP_MAC_CTX* context, std::initializer_list<ByteView> parts, MutableByteView out) {
    for (const ByteView part : parts) check(EVP_MAC_update(context, part.data(), part.size()), "EVP_MAC_update");
    std::size_t written = 0;
    check(EVP_MAC_final(context, out.data(), &written, out.size()), "EVP_MAC_final");
    assert(written == out.size());
}

}  // namespace

void blake2b(ByteView key, std::initializer_list<ByteView> parts, MutableByteView out) {
    hash(keyed_context(key, out.size()).get(), parts, out);
}

// Contexts are claimed, not bound to threads: they die with their hash, not with the last thread that used it. A thread
// tries the same seat first each time, so seats are contended only where there are more threads than seats.
struct KeyedHash::Impl {
    static constexpr unsigned kSeats = 32;

    struct alignas(64) Seat {
        std::atomic_flag taken;
        MacContext context;
    };

    class Claim {
      public:
        explicit Claim(Seat& seat) : seat_(seat) {}
        Claim(const Claim&) = delete;
        Claim& operator=(const Claim&) = delete;
        ~Claim() { seat_.taken.clear(std::memory_order_release); }

      private:
        Seat& seat_;
    };

    Impl(ByteView key, std::size_t size) : out_bytes(size), prototype(keyed_context(key, size)) {}

    MacContext copy() const { return own(EVP_MAC_CTX_dup(prototype.get()), "EVP_MAC_CTX_dup"); }

    static unsigned first_seat() {
        static std::atomic<unsigned> threads{0};
        thread_local const unsigned number = threads.fetch_add(1, std::memory_order_relaxed);
        return number;
    }

    const std::size_t out_bytes;
    const MacContext prototype;  // copied, never updated
    std::array<Seat, kSeats> seats;
};

KeyedHash::KeyedHash(ByteView key, std::size_t out_bytes) : impl_(std::make_unique<Impl>(key, out_bytes)) {}
KeyedHash::KeyedHash(KeyedHash&&) noexcept = default;
KeyedHash& KeyedHash::operator=(KeyedHash&&) noexcept = default;
KeyedHash::~KeyedHash() = default;

void KeyedHash::operator()(std::initializer_list<ByteView> parts, MutableByteView out) const {
    assert(out.size() == impl_->out_bytes);
    const unsigned first = Impl::first_seat();
    for (unsigned i = 0; i < Impl::kSeats; ++i) {
        Impl::Seat& seat = impl_->seats[(first + i) % Impl::kSeats];
        if (seat.taken.test_and_set(std::memory_order_acquire)) continue;
        const Impl::Claim claim(seat);
        if (seat.context == nullptr) seat.context = impl_->copy();
        check(EVP_MAC_init(seat.context.get(), nullptr, 0, nullptr), "EVP_MAC_init");  // the same key again
        return hash(seat.context.get(), parts, out);
    }
    hash(impl_->copy().get(), parts, out);
}

}  // namespace vault
