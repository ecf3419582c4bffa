// The wrapped symbols: now() by its mangled name, and statx.
#include "tests/support/simulated_machine.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <stdexcept>

#include "store/clock.h"

namespace vault {

Time governed_now() asm("__wrap__ZN5vault3nowEv");
Time real_now() asm("__real__ZN5vault3nowEv");

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kSourcesMade = 1'700'000'000;

std::atomic<const std::atomic<std::int64_t>*> clock_now = nullptr;

struct Place {
    std::uint64_t device = 0, inode = 0;
    auto operator<=>(const Place&) const = default;
};
std::mutex places_mutex;
std::map<Place, std::uint64_t> governed_inodes;

Place place_of(const struct statx& found) {
    return {(std::uint64_t{found.stx_dev_major} << 32) | found.stx_dev_minor, found.stx_ino};
}

// FNV-1a: the same in every process.
std::uint64_t hash_of(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    return hash;
}

}  // namespace

Time governed_now() {
    const auto* nanoseconds = clock_now.load();
    if (nanoseconds == nullptr) return real_now();
    const std::int64_t at = nanoseconds->load();
    return {at / kSecond, static_cast<std::uint32_t>(at % kSecond)};
}

GovernedClock::GovernedClock(const std::atomic<std::int64_t>& nanoseconds) {
    if (clock_now.exchange(&nanoseconds) != nullptr) throw std::logic_error("one clock at a time");
}

GovernedClock::~GovernedClock() { clock_now = nullptr; }

extern "C" int __real_statx(int folder, const char* name, int flags, unsigned mask, struct statx* found);

extern "C" int __wrap_statx(int folder, const char* name, int flags, unsigned mask, struct statx* found) {
    const int result = __real_statx(folder, name, flags, mask, found);
    if (result != 0) return result;
    const std::lock_guard lock(places_mutex);
    const auto governed = governed_inodes.find(place_of(*found));
    if (governed == governed_inodes.end()) return result;
    found->stx_ino = governed->second;
    found->stx_dev_major = found->stx_dev_minor = 1;
    found->stx_atime = found->stx_btime = found->stx_ctime = found->stx_mtime = {kSourcesMade, 0, {}};
    return result;
}

void govern_source(const std::string& top) {
    std::map<Place, std::uint64_t> found;
    const auto add = [&](const std::filesystem::path& path) {
        struct statx real {};
        if (__real_statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &real) != 0)
            throw std::runtime_error("cannot stat " + path.string());
        std::string text = path.string().substr(top.size());
        if (S_ISREG(real.stx_mode)) {
            std::ifstream file(path, std::ios::binary);
            text.append(std::istreambuf_iterator<char>(file), {});
        }
        found.emplace(place_of(real), hash_of(text) >> 16);
    };
    add(top);
    for (const auto& one : std::filesystem::recursive_directory_iterator(top)) add(one.path());
    const std::lock_guard lock(places_mutex);
    governed_inodes.insert(found.begin(), found.end());
}

}  // namespace vault
