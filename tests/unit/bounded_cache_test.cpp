// The cache in which many callers of one key cause one load.
#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "store/base/error.h"
#include "store/bounded_cache.h"

using namespace vault;

namespace {

using Cache = BoundedCache<int, std::string>;

std::size_t weigh(const std::string& value) { return value.size(); }

Cache::Pointer put(Cache& cache, int key, std::size_t bytes) {
    return cache.get(key, [&] { return std::make_shared<const std::string>(bytes, 'x'); }, weigh);
}

bool holds(Cache& cache, int key) {
    bool loaded = false;
    try {
        cache.get(key, [&]() -> Cache::Pointer { loaded = true; throw 1; }, weigh);
    } catch (int) {
    }
    return !loaded;
}

}  // namespace

TEST_CASE("a value is loaded once and then found", "[bounded_cache]") {
    Cache cache(100);
    const auto first = put(cache, 1, 10);
    CHECK(put(cache, 1, 20) == first);
    CHECK(cache.loads() == 1);
}

TEST_CASE("what was used longest ago goes first, and its holders keep it", "[bounded_cache]") {
    Cache cache(100);
    const auto one = put(cache, 1, 40);
    put(cache, 2, 40);
    put(cache, 1, 40);
    put(cache, 3, 40);
    CHECK(holds(cache, 1));
    CHECK_FALSE(holds(cache, 2));
    CHECK(holds(cache, 3));
    put(cache, 4, 100);
    CHECK_FALSE(holds(cache, 1));
    CHECK(one->size() == 40);
}

TEST_CASE("a value heavier than the whole cache is handed out, and drives nothing out", "[bounded_cache]") {
    Cache cache(100);
    put(cache, 1, 60);
    CHECK(put(cache, 2, 101)->size() == 101);
    CHECK(holds(cache, 1));
    CHECK_FALSE(holds(cache, 2));
}

TEST_CASE("many callers of one key at once cause one load and get one value", "[bounded_cache]") {
    Cache cache(1'000);
    std::atomic<int> loads = 0, waiting = 0;
    std::vector<Cache::Pointer> got(8);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < got.size(); ++i)
        threads.emplace_back([&, i] {
            ++waiting;
            got[i] = cache.get(
                7,
                [&] {
                    ++loads;
                    while (waiting < 8) std::this_thread::yield();
                    return std::make_shared<const std::string>("value");
                },
                weigh);
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(loads == 1);
    for (const auto& value : got) CHECK(value == got[0]);
}

TEST_CASE("a load that fails fails for all who wait for it, and the next call loads anew", "[bounded_cache]") {
    Cache cache(1'000);
    std::atomic<int> waiting = 0, failed = 0, loads = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] {
            ++waiting;
            try {
                cache.get(
                    1,
                    [&]() -> Cache::Pointer {
                        ++loads;
                        while (waiting < 6) std::this_thread::yield();
                        throw Error(ErrorKind::Io, "no");
                    },
                    weigh);
            } catch (const Error&) {
                ++failed;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(failed == 6);
    CHECK(loads >= 1);
    CHECK(put(cache, 1, 5)->size() == 5);
    CHECK(holds(cache, 1));
}

TEST_CASE("loads of different keys do not wait for one another", "[bounded_cache]") {
    Cache cache(1'000);
    std::atomic<bool> other_done = false;
    std::thread slow([&] {
        cache.get(
            1,
            [&] {
                while (!other_done) std::this_thread::yield();
                return std::make_shared<const std::string>("slow");
            },
            weigh);
    });
    put(cache, 2, 10);
    other_done = true;
    slow.join();
    CHECK(holds(cache, 1));
}

TEST_CASE("the bound holds under many threads", "[bounded_cache]") {
    Cache cache(1'000);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 2'000; ++i) {
                const int key = (i * 31 + t) % 50;
                if (put(cache, key, 100)->size() != 100) std::abort();
            }
        });
    for (std::thread& thread : threads) thread.join();
    int held = 0;
    for (int key = 0; key < 50; ++key) held += holds(cache, key);
    CHECK(held <= 10);
    CHECK(held > 0);
}
