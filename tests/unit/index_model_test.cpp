// Random histories of a store against a plain map: packs come with copies of other packs' chunks, vanish, are added
// by runs, and the index is closed and opened in between with budgets so small that everything spills.
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include <random>

#include "store/index.h"
#include "tests/support/index_check.h"
#include "tests/support/temporary_folder.h"

using namespace vault;

namespace {

class History {
  public:
    explicit History(std::uint64_t seed) : random_(seed) {
        budget_.sort_bytes = 1000ull << random_() % 12;
        budget_.locality_bytes = 10'000ull << random_() % 10;
        budget_.block_cache_bytes = 100'000;
    }

    void step() {
        const std::uint64_t what = random_() % 10;
        if (what < 4) store_.put(random_pack());
        else if (what < 6) remove_some();
        else if (what < 8) add_run();
        else index_ = open();
    }

    std::string check() {
        index_ = open();
        if (!report_.damaged.empty()) return "a damaged pack";
        return contradiction(*index_, store_);
    }

  private:
    std::unique_ptr<Index> open() { return store_.open(folder_.path(), report_, budget_); }

    MadePack random_pack() {
        const auto all = seeded_chunks(1, 60, 20);
        std::vector<Bytes> chunks;
        for (std::size_t count = 1 + random_() % 25; count > 0; --count) chunks.push_back(all[random_() % all.size()]);
        PackRecipe recipe;
        recipe.content = random_() % 4 == 0 ? ChunkKind::Tree : ChunkKind::Data;
        recipe.chunks_per_box = 1 + random_() % 5;
        return make_pack(*store_.keys, chunks, recipe);
    }

    void remove_some() {
        for (const auto& [id, pack] : store_.packs)
            if (random_() % 4 == 0) store_.remove(pack);
    }

    void add_run() {
        if (!index_) index_ = open();
        std::vector<NewPack> run;
        for (std::size_t count = random_() % 4; count > 0; --count) run.push_back(as_new(store_.put(random_pack())));
        index_->add(std::move(run), {{"note", Bytes{1}}});
    }

    TemporaryFolder folder_;
    PackStore store_;
    std::mt19937_64 random_;
    IndexBudget budget_;
    IndexSyncReport report_;
    std::unique_ptr<Index> index_;
};

}  // namespace

TEST_CASE("whatever the history, the index says what the listed packs say", "[index]") {
    rc::prop("no contradiction", [](std::uint64_t seed) {
        History history(seed);
        for (int round = 0; round < 2; ++round) {
            for (int step = 0; step < 6; ++step) history.step();
            RC_ASSERT(history.check() == std::string());
        }
    });
}
