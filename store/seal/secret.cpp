// Locked memory through libsodium, and the process's own protection.
#include "store/seal/secret.h"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <new>
#include <utility>

#include "store/base/error.h"
#include "store/seal/primitives.h"

namespace vault {

Secret::Secret(std::size_t size) : size_(size) {
    if (size == 0) return;
    require_sodium();
    // Memory that cannot be locked (RLIMIT_MEMLOCK) still has its guard pages and is wiped: sodium_malloc goes on then.
    memory_ = static_cast<std::uint8_t*>(sodium_malloc(size));
    if (memory_ == nullptr) throw std::bad_alloc();
    sodium_memzero(memory_, size);
}

Secret Secret::copy_of(ByteView bytes) {
    Secret secret(bytes.size());
    if (!bytes.empty()) std::memcpy(secret.memory_, bytes.data(), bytes.size());
    return secret;
}

Secret Secret::random(std::size_t size) {
    Secret secret(size);
    fill_random(secret.mutable_view());
    return secret;
}

Secret::Secret(Secret&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    return *this;
}

Secret::~Secret() {
    sodium_free(memory_);
}

void wipe(MutableByteView bytes) {
    if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

void require_sodium() {
    static const int started = sodium_init();
    if (started < 0) throw Error(ErrorKind::Io, "libsodium cannot start: no source of random numbers");
}

void prepare_process_for_secrets() {
    require_sodium();
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0) throw system_error("cannot forbid core dumps", errno);
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw system_error("cannot make the process undumpable", errno);
}

}  // namespace vault
