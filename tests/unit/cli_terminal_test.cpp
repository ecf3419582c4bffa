// What people see: numbers, tables in narrow windows, lines of progress, guesses at misspelt words.
#include <catch2/catch.hpp>

#include "cli/guess.h"
#include "cli/progress.h"
#include "cli/terminal.h"

using namespace vault;

TEST_CASE("sizes have a unit and one digit behind the point, and never round up to 1024 of a unit", "[cli]") {
    CHECK(human_bytes(0) == "0 B");
    CHECK(human_bytes(1023) == "1023 B");
    CHECK(human_bytes(1024) == "1.0 KiB");
    CHECK(human_bytes(1536) == "1.5 KiB");
    CHECK(human_bytes((1u << 20) - 1) == "1.0 MiB");
    CHECK(human_bytes(~std::uint64_t{0}) == "16.0 EiB");
    CHECK(human_count(1'234'567) == "1,234,567");
    CHECK(counted(1, "file") == "1 file");
    CHECK(counted(1'000, "file") == "1,000 files");
    CHECK(counted(1, "entry") == "1 entry");
    CHECK(counted(2, "entry") == "2 entries");
    CHECK(counted(2, "key") == "2 keys");
    CHECK(counted(2, "box") == "2 boxes");
}

TEST_CASE("durations and ages keep what matters of them", "[cli]") {
    constexpr std::int64_t kSecond = 1'000'000'000;
    CHECK(human_duration(400'000'000) == "0.4 s");
    CHECK(human_duration(83 * kSecond) == "1 min 23 s");
    CHECK(human_duration(2 * 3600 * kSecond + 5 * 60 * kSecond) == "2 h 05 min");
    CHECK(human_duration(-1) == "0.0 s");
    CHECK(human_age({100, 0}, {159, 0}) == "59 s");
    CHECK(human_age({0, 0}, {7'200, 0}) == "2 h");
    CHECK(human_age({0, 0}, {86'400 * 3, 0}) == "3 d");
    CHECK(human_age({200, 0}, {100, 0}) == "ahead");
}

TEST_CASE("columns are those of a terminal: wide characters take two, combining ones none", "[cli]") {
    CHECK(columns_of("abc") == 3);
    CHECK(columns_of("é") == 1);
    CHECK(columns_of("漢字") == 4);
    CHECK(columns_of("e\u0301") == 1);
    CHECK(columns_of("\xff") == 1);
    CHECK(cut_to("漢字漢字", 5) == "漢字…");
    CHECK(cut_to("漢字漢字", 4) == "漢…");
    CHECK(cut_to("abc", 3) == "abc");
    CHECK(cut_to("abcd", 1) == "…");
}

TEST_CASE("a table shrinks its long texts first and then drops columns, and never exceeds the window", "[cli]") {
    Table table({{"ID"}, {"NAME", Align::Left, 6}, {"SIZE", Align::Right}, {"NOTE", Align::Right, 0, 1}});
    table.row({"1", "a name of some length", "10", "x"});
    table.row({"22", "short", "200", "yy"});
    const std::vector<std::string> whole = table.lines(0);
    CHECK(whole == std::vector<std::string>{"ID  NAME                   SIZE  NOTE",
                                            "1   a name of some length    10     x",
                                            "22  short                   200    yy"});
    CHECK(table.lines(30)[1] == "1   a name of som…    10     x");
    CHECK(table.lines(18)[0] == "ID  NAME      SIZE");
    for (unsigned window = 16; window < 40; ++window)
        for (const std::string& line : table.lines(window)) CHECK(columns_of(line) <= window);
}

TEST_CASE("progress names bytes, rate, time left, files and what is new after deduplication", "[cli]") {
    ProgressState state;
    state.phase = "reading";
    state.bytes_done = 50u << 20;
    state.bytes_all = 200u << 20;
    state.files_done = 1200;
    state.bytes_new = 5u << 20;
    state.bytes_stored = 2u << 20;
    state.errors = 1;
    const ProgressLines lines = progress_lines(state, 10'000'000'000);
    CHECK(lines.first == "reading: 50.0 MiB of 200.0 MiB (25.0 %), 5.0 MiB/s, 10.0 s, ETA 30.0 s");
    CHECK(lines.second == "1,200 files, 5.0 MiB new after deduplication, 2.0 MiB stored, 1 error");
    CHECK(progress_line(state, 10'000'000'000) == lines.first + "; " + lines.second);

    const Json object = progress_object(state, 10'000'000'000);
    CHECK(object["percent_done"] == 0.25);
    CHECK(object["seconds_remaining"] == 30.0);
    CHECK(object["data_added"] == 5u << 20);

    state.bytes_all = std::nullopt;
    CHECK(progress_lines(state, 0).first == "reading: 50.0 MiB, 0.0 s");
    state.bytes_all = 1;  // a guess that was too low is no more than all of it, and names no time
    CHECK(progress_lines(state, 10'000'000'000).first == "reading: 50.0 MiB of 50.0 MiB (100.0 %), 5.0 MiB/s, 10.0 s");
}

TEST_CASE("a misspelt word is guessed only where one is near", "[cli]") {
    const std::vector<std::string> words{"snapshot", "snapshots", "restore", "ls", "init"};
    CHECK(closest("snapshoot", words) == "snapshot");
    CHECK(closest("resotre", words) == "restore");
    CHECK(closest("sl", words) == "ls");
    CHECK(closest("frobnicate", words).empty());
    CHECK(closest(std::string(1'000'000, 'a'), words).empty());
}
