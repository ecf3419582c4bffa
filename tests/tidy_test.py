#!/usr/bin/env python3
# Holds the walls of docs/architecture.md (who includes whom, which house uses which library) and how every file looks.
# Each rule is first run over small bad examples that it must report, so that a rule which no longer works fails too.
#
#   tidy_test.py ROOT
import os
import re
import subprocess
import sys

LINES_LONG, LINES_MAX, COLUMNS_MAX = 400, 500, 120

# House -> houses it may include, besides itself. A file belongs to the longest house that its path starts with.
MAY_INCLUDE = {
    "chunker": [],
    "store/base": [],
    "store/format": ["store/base"],
    "store/seal": ["store/base", "store/format"],
    "store/backend": ["store/base", "store/format"],
    "store": ["store/base", "store/format", "store/seal", "store/backend", "chunker"],
    "store/sources": ["store/base", "store/format", "store/seal", "store/backend", "store", "chunker"],
    "fuse": ["store/base", "store/format", "store/seal", "store/backend", "store"],
    "cli": ["store/base", "store/format", "store/seal", "store/backend", "store", "store/sources", "fuse"],
    "fuzz": ["store/base", "store/format", "chunker", "tests"],
    "tests": None,  # all
}

# Library -> (its headers, files that may include them). tests/ may use all.
FENCES = {
    "RocksDB": (r"rocksdb/", r"store/index[^/]*"),
    "libsodium": (r"sodium(\.h|/)", r"store/seal/[^/]*"),
    "OpenSSL": (r"openssl/", r"store/seal/[^/]*"),
    "zstd": (r"(zstd|zdict)[^/]*\.h", r"store/seal/[^/]*"),
    "CLI11": (r"CLI/", r"cli/option_parser\.cpp"),
    "libgit2": (r"git2(\.h|/)", r"store/exclude[^/]*\.cpp"),
    "libfuse": (r"fuse(3/|_|\.h)", r"fuse/mount[^/]*"),
    "nlohmann/json": (r"nlohmann/", r"cli/[^/]*"),
    "TBB": (r"(tbb|oneapi/tbb)/", r"store/[^/]*"),
    "date's zones": (r"date/p?tz\.h", r"store/time_zone\.cpp"),
    "fmt": (r"fmt/", r"(store|fuse|cli)/[^/]*"),
    "Catch2": (r"catch2?/", r"tests/.*"),
    "rapidcheck": (r"rapidcheck", r"tests/.*"),
}

STANDARD_HEADER = re.compile(r"[a-z_0-9]+$")  # <vector>: no folder and no .h

COMMENT = {".h": "//", ".cpp": "//", ".py": "#", ".sh": "#", ".cmake": "#", "CMakeLists.txt": "#", ".supp": "#"}
SCRIPTS = {"dev", ".ci/run"}
# What a person left for later belongs in an issue. Spelled so that this file does not hold the words itself.
MARKERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b")
MACHINE_PATHS = re.compile(r"(?<!\w)(/wor" + r"k/|/tm" + r"p/b-)")


def house_of(path):
    houses = [house for house in MAY_INCLUDE if path.startswith(house + "/")]
    return max(houses, key=len, default=None)


def is_cpp(path):
    return path.endswith((".h", ".cpp"))


def includes(text):
    """(line number, '"' or '<', path) of each include."""
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s*(["<])([^">]+)', line)
        if found:
            yield number, found.group(1), found.group(2)


# --- rules: each takes (path, text) and yields (line, message) ---


def rule_includes_point_one_way(path, text):
    house = house_of(path)
    if not is_cpp(path) or house is None:
        return
    allowed = MAY_INCLUDE[house]
    for number, quote, included in includes(text):
        if quote == "<":
            if house_of(included) is not None:
                yield number, f"<{included}> is ours: include it in quotes"
            elif house == "chunker" and not STANDARD_HEADER.match(included) and included != "immintrin.h":
                yield number, f"chunker includes nothing but the standard library and intrinsics, not <{included}>"
            continue
        other = house_of(included)
        if other is None:
            yield number, f'"{included}" does not start at the repository\'s root with the name of a house'
        elif other != house and allowed is not None and other not in allowed:
            yield number, f"{house} must not include {other}"


def rule_libraries_stay_behind_their_fence(path, text):
    if not is_cpp(path) or path.startswith("tests/"):
        return
    for number, _, included in includes(text):
        for library, (headers, users) in FENCES.items():
            if re.match(headers, included) and not re.fullmatch(users, path):
                yield number, f"{library} is not used here, only in {users}"


def rule_one_file_uses_libgit2(files):
    users = [path for path, text in files if is_cpp(path) and any(re.match(r"git2", i[2]) for i in includes(text))]
    users = [path for path in users if not path.startswith("tests/")]
    if len(users) > 1:
        yield users[1], 1, f"libgit2 is used in one file, not also here: {users[0]}"


def rule_first_comment_says_what_it_is_for(path, text):
    extension = os.path.splitext(path)[1]
    sign = COMMENT.get(os.path.basename(path)) or COMMENT.get(extension) or ("#" if path in SCRIPTS else None)
    if sign is None:
        return
    lines = text.split("\n")
    at = 1 if lines[0].startswith("#!") else 0
    comment = lines[at] if at < len(lines) else ""
    if not comment.startswith(sign + " ") or len(comment) < 15:
        yield at + 1, f"the first line is a comment ({sign}) that says what the file is for"
    if path.endswith(".h") and "\n#pragma once\n" not in text:
        yield 1, "a header has #pragma once after its first comment"


def rule_files_are_short(path, text):
    lines = text.count("\n")
    if lines > LINES_MAX and not path.endswith(".md"):
        yield LINES_MAX, f"{lines} lines; at most {LINES_MAX}"


def rule_lines_are_short_and_clean(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS_MAX and not path.endswith(".md"):
            yield number, f"{len(line)} columns; at most {COLUMNS_MAX}"
        if "\t" in line:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "white space at the end"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end of the file"
    if text.endswith("\n\n"):
        yield text.count("\n"), "an empty line at the end of the file"


def rule_nothing_is_left_for_later(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        found = MARKERS.search(line)
        if found:
            yield number, f"{found.group(1)}: what is open is an issue, not a comment"


def rule_no_path_of_one_machine(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if MACHINE_PATHS.search(line):
            yield number, "an absolute path of the machine it was written on"


def rule_test_lists_name_tests(files):
    """A word in the lists of tests/CMakeLists.txt that matches nothing would be a test left out without a word."""
    texts = dict(files)
    lists = texts.get("tests/CMakeLists.txt", "")
    for variable, folder, extension in (("thread_tests", "unit", "cpp"), ("asan_e2e_tests", "e2e", "py")):
        found = re.search(r"^set\(" + variable + r" ([^)]*)\)", lists, re.M)
        words = found.group(1).split() if found else []
        if not words:
            yield "tests/CMakeLists.txt", 1, f"the list {variable} is empty"
        for word in words:
            pattern = re.compile(rf"tests/{folder}/{word}_([a-z0-9_]*_)?test\.{extension}")
            if not any(pattern.fullmatch(path) for path in texts):
                yield "tests/CMakeLists.txt", 1, f"{variable}: no test's name starts with {word}_"


FILE_RULES = [
    rule_includes_point_one_way,
    rule_libraries_stay_behind_their_fence,
    rule_first_comment_says_what_it_is_for,
    rule_files_are_short,
    rule_lines_are_short_and_clean,
    rule_nothing_is_left_for_later,
    rule_no_path_of_one_machine,
]
TREE_RULES = [rule_one_file_uses_libgit2, rule_test_lists_name_tests]


def findings(files, rules=None):
    """(path, line, message) of every violation in [(path, text)]."""
    found = []
    for rule in rules or FILE_RULES + TREE_RULES:
        if rule in TREE_RULES:
            found += list(rule(files))
        else:
            found += [(path, line, message) for path, text in files for line, message in rule(path, text)]
    return sorted(found)


# --- the rules themselves are tested ---

HEAD = "// A file for the test of rules.\n"
LISTS = "set(thread_tests packs)\nset(asan_e2e_tests errors)\n"
LIST_FILES = [("tests/unit/packs_read_test.cpp", HEAD), ("tests/e2e/errors_test.py", "# For the test of rules.\n")]
GOOD = [
    ("store/packs.cpp", HEAD + '#include <vector>\n\n#include <tbb/task_group.h>\n\n#include "store/seal/box.h"\n'),
    ("store/index_rows.cpp", HEAD + "#include <rocksdb/db.h>\n"),
    ("chunker/cut.h", HEAD + "#pragma once\n\n#include <cstdint>\n"),
    ("tests/unit/a_test.cpp", HEAD + '#include <sodium.h>\n#include "cli/options.h"\n'),
    ("docs/cli.md", "x" * 200 + "\n"),
    ("tests/CMakeLists.txt", "# For the test of rules.\n" + LISTS),
] + LIST_FILES


def include(line):
    return HEAD + f"#include {line}\n"


BAD = [
    (rule_includes_point_one_way, "store/base/x.cpp", include('"store/format/id.h"')),
    (rule_includes_point_one_way, "store/format/x.cpp", include('"store/seal/box.h"')),
    (rule_includes_point_one_way, "store/format/x.cpp", include('"store/backend/backend.h"')),
    (rule_includes_point_one_way, "store/seal/x.cpp", include('"store/backend/backend.h"')),
    (rule_includes_point_one_way, "store/seal/x.cpp", include('"store/packs.h"')),
    (rule_includes_point_one_way, "store/backend/x.cpp", include('"store/seal/box.h"')),
    (rule_includes_point_one_way, "store/backend/x.cpp", include('"chunker/cut.h"')),
    (rule_includes_point_one_way, "store/x.cpp", include('"cli/options.h"')),
    (rule_includes_point_one_way, "store/x.cpp", include('"store/sources/dump.h"')),
    (rule_includes_point_one_way, "fuse/x.cpp", include('"cli/options.h"')),
    (rule_includes_point_one_way, "chunker/x.cpp", include('"store/base/bytes.h"')),
    (rule_includes_point_one_way, "chunker/x.cpp", include("<zstd.h>")),
    (rule_includes_point_one_way, "fuzz/fuzz_x.cpp", include('"store/seal/box.h"')),
    (rule_includes_point_one_way, "store/x.cpp", include('"packs.h"')),
    (rule_includes_point_one_way, "store/x.cpp", include("<store/packs.h>")),
    (rule_libraries_stay_behind_their_fence, "store/packs.cpp", include("<rocksdb/db.h>")),
    (rule_libraries_stay_behind_their_fence, "store/seal/index.cpp", include("<rocksdb/db.h>")),
    (rule_libraries_stay_behind_their_fence, "store/base/text.cpp", include("<sodium.h>")),
    (rule_libraries_stay_behind_their_fence, "store/packs.cpp", include("<sodium/crypto_kdf.h>")),
    (rule_libraries_stay_behind_their_fence, "store/packs.cpp", include("<openssl/evp.h>")),
    (rule_libraries_stay_behind_their_fence, "store/packs.cpp", include("<zstd.h>")),
    (rule_libraries_stay_behind_their_fence, "store/packs.cpp", include("<zstd_errors.h>")),
    (rule_libraries_stay_behind_their_fence, "store/packs.cpp", include("<CLI/CLI.hpp>")),
    (rule_libraries_stay_behind_their_fence, "cli/command.h", include("<CLI/CLI.hpp>")),
    (rule_libraries_stay_behind_their_fence, "cli/option_parser.h", include("<CLI/App.hpp>")),
    (rule_libraries_stay_behind_their_fence, "store/walk.cpp", include("<git2.h>")),
    (rule_libraries_stay_behind_their_fence, "fuse/vault_fs.cpp", include("<fuse3/fuse_lowlevel.h>")),
    (rule_libraries_stay_behind_their_fence, "fuse/vault_fs.cpp", include("<fuse_lowlevel.h>")),
    (rule_libraries_stay_behind_their_fence, "store/packs.cpp", include("<nlohmann/json.hpp>")),
    (rule_libraries_stay_behind_their_fence, "cli/x.cpp", include("<tbb/parallel_pipeline.h>")),
    (rule_libraries_stay_behind_their_fence, "store/format/x.cpp", include("<oneapi/tbb/task_group.h>")),
    (rule_libraries_stay_behind_their_fence, "store/format/x.cpp", include("<fmt/format.h>")),
    (rule_libraries_stay_behind_their_fence, "store/x.cpp", include("<catch2/catch.hpp>")),
    (rule_libraries_stay_behind_their_fence, "store/x.cpp", include("<rapidcheck.h>")),
    (rule_libraries_stay_behind_their_fence, "store/retention.cpp", include("<date/tz.h>")),
    (rule_first_comment_says_what_it_is_for, "store/x.cpp", "#include <vector>\n"),
    (rule_first_comment_says_what_it_is_for, "store/x.h", "#pragma once\n" + HEAD),
    (rule_first_comment_says_what_it_is_for, "store/x.h", HEAD + "int f();\n"),
    (rule_first_comment_says_what_it_is_for, "store/x.cpp", "// x.cpp\n"),
    (rule_first_comment_says_what_it_is_for, "tests/x.py", "#!/usr/bin/env python3\nimport os\n"),
    (rule_first_comment_says_what_it_is_for, "dev", "#!/usr/bin/env bash\nset -e\n"),
    (rule_first_comment_says_what_it_is_for, "fuzz/CMakeLists.txt", "file(GLOB x *)\n"),
    (rule_files_are_short, "store/x.cpp", HEAD + "int x;\n" * LINES_MAX),
    (rule_lines_are_short_and_clean, "store/x.cpp", HEAD + "x" * (COLUMNS_MAX + 1) + "\n"),
    (rule_lines_are_short_and_clean, "store/x.cpp", HEAD + "\tint x;\n"),
    (rule_lines_are_short_and_clean, "docs/x.md", "a line \n"),
    (rule_lines_are_short_and_clean, "store/x.cpp", HEAD + "int x;"),
    (rule_lines_are_short_and_clean, "store/x.cpp", HEAD + "int x;\n\n"),
    (rule_nothing_is_left_for_later, "store/x.cpp", HEAD + "// TO" + "DO: check this\n"),
    (rule_nothing_is_left_for_later, "docs/x.md", "FIX" + "ME\n"),
    (rule_nothing_is_left_for_later, "store/x.cpp", HEAD + "// " + "X" * 3 + " why?\n"),
    (rule_nothing_is_left_for_later, "dev", "# a HA" + "CK\n"),
    (rule_no_path_of_one_machine, "docs/x.md", "see /wor" + "k/notes\n"),
    (rule_no_path_of_one_machine, "store/x.cpp", HEAD + '"/tm' + 'p/b-store"\n'),
]
BAD_TREES = [
    (rule_one_file_uses_libgit2, [(f"store/exclude{part}.cpp", include("<git2.h>")) for part in ("", "_rules")]),
    (rule_test_lists_name_tests, [("tests/CMakeLists.txt", LISTS), LIST_FILES[0]]),
    (rule_test_lists_name_tests, [("tests/CMakeLists.txt", LISTS), LIST_FILES[1]]),
    (rule_test_lists_name_tests, [("tests/CMakeLists.txt", "set(thread_tests)\n")] + LIST_FILES),
]


def rules_that_do_not_work():
    """Each example must be reported by its rule, every rule must have one, and good files must pass."""
    wrong = [f"a good file is reported: {finding}" for finding in findings(GOOD)]
    for rule, path, text in BAD:
        if not findings([(path, text)], [rule]):
            wrong.append(f"{rule.__name__} does not report {path}: {text!r:.100}")
    for rule, files in BAD_TREES:
        if not findings(files, [rule]):
            wrong.append(f"{rule.__name__} does not report {files}")
    tested = {example[0] for example in BAD + BAD_TREES}
    wrong += [f"{rule.__name__} has no bad example" for rule in FILE_RULES + TREE_RULES if rule not in tested]
    return wrong


def files_of(root):
    """What git tracks or would track, as text; what programs made (corpora, golden repositories, plots) is left out."""
    command = ["git", "-c", "safe.directory=*", "-C", root]
    command += ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode().split("\0")
    files = []
    for name in sorted(set(names) - {""}):
        path = os.path.join(root, name)
        is_made = name.startswith(("fuzz/corpus/", "tests/golden/", "docs/plots/"))
        if is_made or os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            contents = file.read()
        try:
            files.append((name, contents.decode()))
        except UnicodeDecodeError:
            continue
    return files


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    wrong = rules_that_do_not_work()
    for line in wrong:
        print("the test itself: " + line)
    files = files_of(root)
    if not any(is_cpp(path) for path, _ in files):
        print(f"no C++ file found below {root}")
        return 1
    for path, text in files:
        lines = text.count("\n")
        if is_cpp(path) and lines > LINES_LONG:
            print(f"long: {path} has {lines} lines (over {LINES_LONG}; at most {LINES_MAX})")
    found = findings(files)
    for path, line, message in found:
        print(f"{path}:{line}: {message}")
    examples = len(BAD) + len(BAD_TREES)
    print(f"{len(files)} files, {len(found)} findings; {examples} bad examples, {len(wrong)} not reported")
    return 1 if found or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
