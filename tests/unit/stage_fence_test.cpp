// A pipeline whose stages hold fences. Its worth is under ThreadSanitizer, where a report fails it.
#include "store/stage_fence.h"

#include <tbb/parallel_pipeline.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <memory>
#include <vector>

namespace vault {

TEST_CASE("stages with fences hand tokens and their own state on without a report of a race", "[stage_fence]") {
    constexpr int kTokens = 2000;
    constexpr std::size_t kTokensInFlight = 8;
    int made = 0;
    std::vector<int> arrived;
    using Token = std::vector<int>;
    const auto make = tbb::make_filter<void, Token*>(
        tbb::filter_mode::serial_in_order, [&](tbb::flow_control& control) -> Token* {
            const StageFence fence;
            if (made < kTokens) return new Token(100, made++);
            control.stop();
            return nullptr;
        });
    const auto change = tbb::make_filter<Token*, Token*>(tbb::filter_mode::parallel, [](Token* token) {
        const StageFence fence;
        for (int& number : *token) number *= 2;
        return token;
    });
    const auto take = tbb::make_filter<Token*, void>(tbb::filter_mode::serial_in_order, [&](Token* token) {
        const StageFence fence;
        arrived.push_back(std::unique_ptr<Token>(token)->back());
    });

    { const StageFence before; }
    tbb::parallel_pipeline(kTokensInFlight, make & change & take);
    { const StageFence after; }

    REQUIRE(arrived.size() == kTokens);
    for (int i = 0; i < kTokens; ++i) REQUIRE(arrived[static_cast<std::size_t>(i)] == 2 * i);
}

}  // namespace vault
