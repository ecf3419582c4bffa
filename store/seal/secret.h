// Secrets in locked memory: never copied, never logged, wiped when they go.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "store/base/bytes.h"

namespace vault {

// Owns `size` bytes of sodium_malloc memory (guarded, locked where the system allows it, wiped on release). Move-only.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::size_t size);                // zeroed
    static Secret copy_of(ByteView bytes);            // the caller wipes its own copy
    static Secret random(std::size_t size);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    ByteView view() const { return {memory_, size_}; }
    MutableByteView mutable_view() { return {memory_, size_}; }

  private:
    std::uint8_t* memory_ = nullptr;
    std::size_t size_ = 0;
};

// Overwrites bytes that held a secret.
void wipe(MutableByteView bytes);

// Wipes borrowed bytes when the scope ends, however it ends.
class WipedAtEnd {
  public:
    explicit WipedAtEnd(MutableByteView bytes) : bytes_(bytes) {}
    WipedAtEnd(const WipedAtEnd&) = delete;
    WipedAtEnd& operator=(const WipedAtEnd&) = delete;
    ~WipedAtEnd() { wipe(bytes_); }

  private:
    MutableByteView bytes_;
};

// Starts libsodium once; whatever calls it calls this first. Thread-safe. Throws Io if it cannot start.
void require_sodium();

// Makes the process leave no core dump and unreadable to other processes of the user; to be called before the first
// secret is read. Throws Io if libsodium cannot start. Where the caller is not root, files of its /proc/self become
// root's by this.
void prepare_process_for_secrets();

}  // namespace vault
