// A walk that runs ahead: the same entries in the same order, and an end from either side.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "store/snapshot.h"
#include "store/walk_ahead.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

// What is visited, as "path" and "path: cannot be read".
struct Recorder : WalkVisitor {
    void entry(WalkedEntry entry) override {
        if (seen.size() == entries_max) throw Error(ErrorKind::Interrupted, "enough");
        if (entry.folder && !entry.name.empty())
            same_when_asked = same_when_asked &&
                              stat_entry(entry.folder->descriptor()->get(), entry.name.c_str()).inode ==
                                  entry.stat.inode;
        seen.push_back(entry.path);
    }
    void unreadable(const std::string& path, const std::string&) override { seen.push_back(path + ": cannot be read"); }

    Names seen;
    std::size_t entries_max = static_cast<std::size_t>(-1);
    bool same_when_asked = true;
};

struct Tree {
    TemporaryFolder folder;
    const std::string top = fs::canonical(folder.path()).string();

    Tree(int folders, int files) {
        for (int d = 0; d < folders; ++d) {
            fs::create_directory(top + "/d" + std::to_string(d));
            for (int f = 0; f < files; ++f) std::ofstream(top + "/d" + std::to_string(d) + "/f" + std::to_string(f));
        }
    }
    std::vector<SourceRoot> roots() const { return resolve_source_roots({top}, "/t"); }
};

}  // namespace

TEST_CASE("a walk ahead gives what the walk gives, whose folders can be asked long after", "[walk]") {
    const Tree tree(3'300, 16);  // more than may be ahead, in more folders than stay open
    Excludes excludes({"f3"}, {"/t"});
    OpenFolders open;
    Recorder direct;
    walk(tree.roots(), excludes, {}, open, direct);
    WalkAhead ahead(tree.roots(), {"f3"}, {});
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    Recorder later;
    ahead.run(later);
    CHECK(direct.seen.size() == 2 + 3'300 * 16);
    CHECK(later.seen == direct.seen);
    CHECK(later.same_when_asked);
}

TEST_CASE("a walk ahead that nobody takes, or not to its end, ends", "[walk]") {
    const Tree tree(300, 100);
    { const WalkAhead unused(tree.roots(), {}, {}); }
    WalkAhead ahead(tree.roots(), {}, {});
    Recorder some;
    some.entries_max = 10;
    CHECK_THROWS_AS(ahead.run(some), Error);
}

TEST_CASE("a walk that begins before the cache folder exists makes it, and does not enter it", "[walk]") {
    const Tree tree(3, 2);
    SnapshotOptions options;
    options.paths = {tree.top};
    options.recorded_as = "/t";
    const std::string cache = tree.top + "/z/cache";
    const SourceWalk begun(options, tree.top + "/no repository", cache);
    REQUIRE(fs::is_directory(cache));
    std::ofstream(cache + "/index") << 1;
    Recorder all;
    begun.entries->run(all);
    CHECK(std::count(all.seen.begin(), all.seen.end(), "/t/z/cache") == 1);
    CHECK(std::count(all.seen.begin(), all.seen.end(), "/t/z/cache/index") == 0);
}

TEST_CASE("what ends the walk is told after what came before it", "[walk]") {
    const Tree tree(2, 3);
    std::vector<SourceRoot> roots = tree.roots();
    fs::remove_all(tree.top);
    WalkAhead ahead(roots, {}, {});
    Recorder some;
    CHECK_THROWS_AS(ahead.run(some), Error);
    CHECK(some.seen == Names{"/"});
}
