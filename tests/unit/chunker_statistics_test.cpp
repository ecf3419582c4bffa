// How long chunks come out on four kinds of content, printed for every class, and how fast they are cut.
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "chunker/chunk_class.h"
#include "tests/support/reference_chunker.h"

using namespace vault;
using namespace vault::test;

namespace {

constexpr std::size_t kStreamBytes = 64 << 20;

struct Statistics {
    std::size_t chunks;
    double mean;       // of all chunks, the last included; bytes
    double deviation;  // bytes
    double forced;     // share of the chunks that the maximum ended
};

Statistics measure(std::uint32_t average, ByteSpan stream) {
    const auto sizes = chunk_sizes(average);
    const auto lengths = cuts(seeded_gear(1), sizes, stream);
    REQUIRE(concatenates_within_bounds(lengths, sizes, stream.size()));
    const auto count = static_cast<double>(lengths.size());
    const double mean = static_cast<double>(stream.size()) / count;
    double squares = 0;
    std::size_t forced = 0;
    for (const auto length : lengths) {
        squares += (static_cast<double>(length) - mean) * (static_cast<double>(length) - mean);
        forced += length == sizes.maximum;
    }
    return {lengths.size(), mean, std::sqrt(squares / count), static_cast<double>(forced) / count};
}

// Sentences of made-up words, the frequent ones short, lines of about 70 letters.
std::vector<std::uint8_t> text() {
    const auto random = seeded_bytes(77, kStreamBytes);
    std::vector<std::uint8_t> out;
    out.reserve(kStreamBytes + 64);
    for (std::size_t i = 0, line = 0; out.size() < kStreamBytes; i += 2) {
        const std::size_t rank = static_cast<std::size_t>(random[i]) * random[i + 1] / 32;  // low ranks are frequent
        const auto word = seeded_bytes(rank, 2 + rank % 9);
        for (const auto letter : word) out.push_back(static_cast<std::uint8_t>('a' + letter % 26));
        line += word.size() + 1;
        out.push_back(line > 70 ? '\n' : ' ');
        if (line > 70) line = 0;
    }
    out.resize(kStreamBytes);
    return out;
}

std::vector<std::uint8_t> periodic() {
    auto out = seeded_bytes(5, 1000);
    while (out.size() < kStreamBytes) out.insert(out.end(), out.begin(), out.begin() + 1000);
    out.resize(kStreamBytes);
    return out;
}

Statistics print_row(std::string_view content, std::uint32_t average, ByteSpan stream) {
    const auto row = measure(average, stream);
    std::printf("%8u  %-8.*s %8zu  %6.3f  %6.3f  %7.3f %%\n", average, static_cast<int>(content.size()), content.data(),
                row.chunks, row.mean / average, row.deviation / average, 100 * row.forced);
    return row;
}

}  // namespace

TEST_CASE("on text and random content chunks are near the average and the maximum ends almost none", "[chunker]") {
    const auto random = seeded_bytes(6, kStreamBytes);
    const auto words = text();
    const std::vector<std::uint8_t> zero(kStreamBytes, 0);
    const auto period = periodic();
    std::printf(" average  content    chunks    mean  deviat.  forced   (mean and deviation in averages, key 1)\n");

    for (const auto average : {kDatabaseAverageBytes, kGeneralAverageBytes, kMediaAverageBytes}) {
        for (const auto& [name, stream] : {std::pair{"text", &words}, std::pair{"random", &random}}) {
            const auto row = print_row(name, average, *stream);
            CHECK(row.mean > 0.95 * average);
            CHECK(row.mean < 1.35 * average);
            CHECK(row.deviation < 0.6 * average);
            CHECK(row.forced < 0.01);
        }
        // Whether repeated content is cut is the key's chance; then its chunks are alike, and that is what counts.
        const auto zeros = print_row("zero", average, zero);
        CHECK((zeros.mean == 4.0 * average || zeros.mean == average / 4.0));
        CHECK(zeros.deviation == 0);
        print_row("periodic", average, period);
    }
}

TEST_CASE("zero content has one chunk length under every key: the minimum or the maximum", "[chunker]") {
    const std::vector<std::uint8_t> zero(1 << 16, 0);
    for (std::uint64_t key = 0; key < 200; ++key) {
        const auto lengths = cuts(seeded_gear(key), chunk_sizes(4096), zero);
        REQUIRE((lengths.front() == 1024 || lengths.front() == 16384));
        REQUIRE(std::ranges::count(lengths, lengths.front()) == static_cast<std::ptrdiff_t>(lengths.size()));
    }
}

TEST_CASE("the cutting loop's speed is printed", "[chunker]") {
    const auto stream = seeded_bytes(6, kStreamBytes);
    const auto gear = seeded_gear(1);
    for (const auto average : {kDatabaseAverageBytes, kGeneralAverageBytes, kMediaAverageBytes}) {
        const auto start = std::chrono::steady_clock::now();
        const auto lengths = cuts(gear, chunk_sizes(average), stream);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        const double gigabytes_a_second = static_cast<double>(kStreamBytes) / 1e9 / seconds.count();
        std::printf("average %7u: %.2f GB/s, %zu chunks\n", average, gigabytes_a_second, lengths.size());
        CHECK(lengths.size() > 1);
    }
}
