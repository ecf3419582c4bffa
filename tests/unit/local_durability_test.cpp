// What only a trace of system calls shows: the order in which a local repository makes things durable, and what it does
// when one of these calls fails or the process is killed in it. Each test runs this program again under strace(1),
// which traces, fails or kills; the program run so is one of the hidden test cases at the end.
#include <catch2/catch.hpp>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "store/backend/local.h"
#include "store/backend/local_probe.h"
#include "store/backend/object_names.h"
#include "store/base/error.h"
#include "tests/support/temporary_folder.h"

namespace vault {
namespace {

const std::string kSession(32, 'b');
const std::string kSnapshot = "snapshots/" + std::string(32, '1');
const std::string kPack = "packs/3f/3f" + std::string(62, '0');
const std::string kContents = "whole contents";
const char* const kPlaceVariable = "VAULT_TEST_PLACE";

struct Traced {
    std::vector<std::string> calls;  // one line each
    std::string said;                // by the child: "Io " for an Error of that kind, "done " for none, in order
    bool killed = false;
};

std::string quoted(const std::string& word) { return '\'' + word + '\''; }

// Runs the hidden test case `child` with `place` under strace. `options` are strace's: -e trace=…, -e inject=….
// strace counts the calls that inject= counts thread by thread; Threads::First leaves all but the main thread alone.
enum class Threads { First, All };
Traced run_traced(const std::string& child, const std::string& place, const std::string& options,
                  Threads threads = Threads::All) {
    const TemporaryFolder folder;
    const std::string log = folder.path() + "/log";
    const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
    // LeakSanitizer cannot work in a traced program.
    const std::string command = "ASAN_OPTIONS=detect_leaks=0 " + std::string(kPlaceVariable) + '=' + quoted(place) +
                                (threads == Threads::All ? " strace -f" : " strace") + " -y -s 4 -o " + quoted(log) +
                                ' ' + options + ' ' + quoted(self) + ' ' + quoted(child) + " 2>&1";
    Traced traced;
    FILE* output = ::popen(command.c_str(), "r");
    REQUIRE(output);
    for (int byte; (byte = std::fgetc(output)) != EOF;) traced.said.push_back(static_cast<char>(byte));
    ::pclose(output);
    // Between the marks stands what the child says; around it the test runner's own words.
    const std::size_t begin = traced.said.find('<'), end = traced.said.find('>', begin);
    const bool marked = begin != std::string::npos && end != std::string::npos;
    traced.said = marked ? traced.said.substr(begin + 1, end - begin - 1) : "";
    std::ifstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        traced.killed |= line.find("killed by SIGKILL") != std::string::npos;
        traced.calls.push_back(line);
    }
    return traced;
}

// Whether strace works here; says so where it does not, so that the skip is seen.
bool can_trace() {
    static const bool works = std::system("strace -f -y -o /dev/null true >/dev/null 2>&1") == 0;
    if (!works) WARN("SKIPPED, strace is missing or may not trace here");
    return works;
}

// Index of the first line from `from` on that has all `parts`, or the number of lines.
std::size_t find_call(const Traced& traced, std::initializer_list<std::string> parts, std::size_t from = 0) {
    std::size_t line = from;
    for (; line < traced.calls.size(); ++line)
        if (std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
                return traced.calls[line].find(part) != std::string::npos;
            }))
            break;
    return line;
}

std::size_t count_calls(const Traced& traced, std::initializer_list<std::string> parts) {
    std::size_t count = 0;
    for (std::size_t at = find_call(traced, parts); at < traced.calls.size(); at = find_call(traced, parts, at + 1))
        ++count;
    return count;
}

std::string all_calls(const Traced& traced) {
    std::string text;
    for (const std::string& line : traced.calls) text += line + '\n';
    return text;
}

const std::string kOrder = "-e trace=fsync,fdatasync,renameat2,rename,renameat,linkat,unlinkat,close";

TEST_CASE("an object's bytes are durable before its name, and its name before the call returns", "[durability]") {
    if (!can_trace()) return;
    const TemporaryFolder folder;
    init_local(folder.path());
    const bool streamed = GENERATE(false, true);
    const std::string name = streamed ? kPack : kSnapshot;
    const std::string final_folder = folder.path() + '/' + name.substr(0, name.rfind('/')) + '>';
    const std::string temporary = folder.path() + "/tmp/" + kSession + '-';

    const Traced traced = run_traced(streamed ? "child streams" : "child puts", folder.path(), kOrder);
    CAPTURE(all_calls(traced));
    REQUIRE(traced.said == "done ");
    const std::size_t file_durable = find_call(traced, {"fsync(", temporary, "= 0"});
    const std::size_t named = find_call(traced, {"renameat2(", final_folder, "RENAME_NOREPLACE", "= 0"});
    const std::size_t name_durable = find_call(traced, {"fsync(", final_folder, "= 0"});
    REQUIRE(name_durable < traced.calls.size());
    CHECK(file_durable < named);
    CHECK(named < name_durable);
    CHECK(count_calls(traced, {"rename"}) == 1);
    CHECK(count_calls(traced, {"linkat("}) == 0);
}

TEST_CASE("a failed fsync of the file is Io, is not tried again, and nothing gets the name", "[durability]") {
    if (!can_trace()) return;
    const TemporaryFolder folder;
    init_local(folder.path());
    const char* child = GENERATE("child puts", "child streams");
    const Traced traced = run_traced(child, folder.path(), kOrder + " -e inject=fsync:error=EIO:when=1");
    CAPTURE(all_calls(traced));
    CHECK(traced.said == "Io ");
    CHECK(count_calls(traced, {"fsync("}) == 1);
    CHECK(count_calls(traced, {"rename"}) == 0);
    CHECK(LocalBackend(folder.path()).list("").empty());
}

TEST_CASE("after a failed fsync of a folder no sync of that process succeeds", "[durability]") {
    if (!can_trace()) return;
    const TemporaryFolder folder;
    init_local(folder.path());
    SECTION("in put_new") {
        const Traced traced = run_traced("child puts and syncs", folder.path(),
                                         kOrder + " -e inject=fsync:error=EIO:when=2", Threads::First);
        CHECK(count_calls(traced, {"INJECTED"}) == 1);
        CHECK(traced.said == "Io Io ");
        CHECK(as_text(LocalBackend(folder.path()).get(kSnapshot)) == kContents);  // may stand: the caller reads it back
    }
    SECTION("in sync") {
        const Traced traced = run_traced("child syncs twice", folder.path(),
                                         kOrder + " -e inject=fsync:error=EIO:when=1", Threads::First);
        CHECK(count_calls(traced, {"INJECTED"}) == 1);
        CHECK(traced.said == "Io Io ");
    }
    SECTION("begun ahead") {
        const Traced traced = run_traced("child flushes ahead and syncs twice", folder.path(),
                                         kOrder + " -e inject=fsync:error=EIO:when=1 -P " + quoted(folder.path()));
        CHECK(count_calls(traced, {"INJECTED"}) == 1);
        CHECK(traced.said == "Io Io ");
    }
}

TEST_CASE("sync reaches every folder", "[durability]") {
    if (!can_trace()) return;
    const TemporaryFolder folder;
    init_local(folder.path());
    const Traced traced = run_traced("child syncs", folder.path(), "-e trace=fsync");
    REQUIRE(traced.said == "done ");
    std::vector<std::string> folders = object_folders();
    folders.push_back("packs");
    for (const std::string& name : folders) {
        CAPTURE(name);
        CHECK(count_calls(traced, {"fsync(", '<' + folder.path() + '/' + name + '>'}) == 1);
    }
}

TEST_CASE("a listing that errs anywhere throws and lists nothing", "[durability]") {
    if (!can_trace()) return;
    const TemporaryFolder folder;
    init_local(folder.path())->put_new(kPack, as_bytes(kContents));
    const Traced whole = run_traced("child lists", folder.path(), "-e trace=getdents64");
    REQUIRE(whole.said == "1 ");
    const std::size_t calls = count_calls(whole, {"getdents64(", folder.path()});
    REQUIRE(calls == 512);  // names and end, 256 times
    for (const std::size_t when : {std::size_t{1}, std::size_t{2}, calls / 2, calls - 1, calls}) {
        CAPTURE(when);
        const std::string fault = "-e inject=getdents64:error=EIO:when=" + std::to_string(when);
        const Traced traced = run_traced("child lists", folder.path(), "-e trace=getdents64 " + fault);
        CHECK(traced.said == "Io ");
    }
    const Traced unopened = run_traced("child lists", folder.path(), "-e trace=openat -P " + folder.path() +
                                                                         "/packs/77 -e inject=openat:error=EMFILE");
    CHECK(unopened.said == "Busy ");
}

TEST_CASE("init refuses a place where create-if-absent, rename or fsync of a folder do not work", "[durability]") {
    if (!can_trace()) return;
    const TemporaryFolder folder;
    std::string fault;
    SECTION("the system knows no such rename") { fault = "renameat2:error=EINVAL:when=1"; }
    SECTION("it does not rename") { fault = "renameat2:retval=0:when=1"; }
    SECTION("it renames over what is there, or says so") { fault = "renameat2:retval=0:when=2"; }
    SECTION("between folders it is another device") { fault = "renameat2:error=EXDEV:when=1"; }
    SECTION("it has no fsync of folders") { fault = "fsync:error=EINVAL:when=3"; }  // two probe files come first
    const Traced traced = run_traced("child inits", folder.path() + "/", "-e trace=fsync,renameat2 -e inject=" + fault);
    CAPTURE(all_calls(traced));
    CHECK(traced.said == "Unsupported ");
    CHECK_NOTHROW(init_local(folder.path())->put_new("config/1", {}));
}

TEST_CASE("an init killed at any step is done again", "[durability]") {
    if (!can_trace()) return;
    // Of the 276 fsyncs of 8 threads one thread does at least 20.
    for (const std::string when : {"mkdirat:when=1", "mkdirat:when=2", "mkdirat:when=150", "mkdirat:when=275",
                                   "fsync:when=1", "fsync:when=2", "fsync:when=4", "fsync:when=20", "renameat2:when=1",
                                   "renameat2:when=2", "unlinkat:when=1", "unlinkat:when=3"}) {
        CAPTURE(when);
        const std::string call = when.substr(0, when.find(':'));
        const TemporaryFolder folder;
        const Traced traced =
            run_traced("child inits", folder.path(),
                       "-e trace=" + call + " -e inject=" + call + ":signal=SIGKILL" + when.substr(when.find(':')));
        CHECK(traced.killed);
        CHECK_NOTHROW(init_local(folder.path())->put_new("config/1", {}));
    }
}

TEST_CASE("a put killed at any step leaves the whole object or none, and at most one temporary", "[durability]") {
    if (!can_trace()) return;
    for (const char* when : {"write:error=EIO:signal=SIGKILL:when=1", "write:signal=SIGKILL:when=1",
                             "fsync:error=EIO:signal=SIGKILL:when=1", "fsync:signal=SIGKILL:when=1",
                             "renameat2:error=EIO:signal=SIGKILL:when=1", "renameat2:signal=SIGKILL:when=1",
                             "fsync:error=EIO:signal=SIGKILL:when=2"}) {
        CAPTURE(when);
        const TemporaryFolder folder;
        init_local(folder.path());
        const std::string call = std::string(when).substr(0, std::string(when).find(':'));
        const Traced traced = run_traced("child streams", folder.path(), "-e trace=" + call + " -e inject=" + when);
        CHECK(traced.killed);
        LocalBackend backend(folder.path());
        const std::vector<ObjectInfo> objects = backend.list("");
        REQUIRE(objects.size() <= 1);  // none where a sanitizer's own first write was the one that was hit
        const bool named = !objects.empty() && objects[0].name == kPack;
        if (!named && !objects.empty()) CHECK(objects[0].name.starts_with("tmp/" + kSession + '-'));
        if (!named) backend.put_new(kPack, as_bytes(kContents));
        CHECK(as_text(backend.get(kPack)) == kContents);
    }
}

// --- What strace runs. -----------------------------------------------------------------------------------------------

std::string child_place() {
    const char* place = std::getenv(kPlaceVariable);
    REQUIRE(place);
    return place;
}

std::string outcome_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return std::string(name(error.kind())) + ' ';
    }
    return "done ";
}

void say(const std::string& outcomes) { std::fprintf(stderr, "<%s>\n", outcomes.c_str()); }

void sync_twice(LocalBackend& backend) {
    const std::string first = outcome_of([&] { backend.sync(); });
    say(first + outcome_of([&] { backend.sync(); }));
}

TEST_CASE("child puts", "[.child]") {
    LocalBackend backend(child_place());
    backend.name_temporaries_after(kSession);
    say(outcome_of([&] { backend.put_new(kSnapshot, as_bytes(kContents)); }));
}

TEST_CASE("child puts and syncs", "[.child]") {
    LocalBackend backend(child_place());
    const std::string put = outcome_of([&] { backend.put_new(kSnapshot, as_bytes(kContents)); });
    say(put + outcome_of([&] { backend.sync(); }));
}

TEST_CASE("child streams", "[.child]") {
    LocalBackend backend(child_place());
    say(outcome_of([&] {
        const auto writer = backend.begin_object(kSession);
        for (const char letter : kContents) writer->append(as_bytes(std::string(1, letter)));
        writer->publish(kPack);
    }));
}

TEST_CASE("child syncs", "[.child]") {
    LocalBackend backend(child_place());
    say(outcome_of([&] { backend.sync(); }));
}

TEST_CASE("child flushes ahead and syncs twice", "[.child]") {
    LocalBackend backend(child_place());
    backend.expect_writing();
    sync_twice(backend);
}

TEST_CASE("child syncs twice", "[.child]") {
    LocalBackend backend(child_place());
    sync_twice(backend);
}

TEST_CASE("child lists", "[.child]") {
    LocalBackend backend(child_place());
    std::size_t listed = 0;
    const std::string outcome = outcome_of([&] { listed = backend.list("packs/").size(); });
    say(outcome == "done " ? std::to_string(listed) + ' ' : outcome);
}

TEST_CASE("child inits", "[.child]") {
    const std::string place = child_place();
    say(outcome_of([&] { init_local(place); }));
}

}  // namespace
}  // namespace vault
