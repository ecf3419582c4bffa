#!/usr/bin/env python3
# Counts what ran: test cases inside each program that ctest started (Catch2 and unittest say how many), fuzz targets
# and phases that failed, and ends with `N passed, N failed[, N skipped]` alone on a line. Exit 1 unless all passed.
#
#   count_results.py [--fuzz-passed N] [--fuzz-failed N] [--phases-failed N] RESULTS.xml...
#
# A results file that is absent belongs to a phase that failed, and there must be one for each file absent.
import argparse
import collections
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

LINES_SHOWN = 60

Count = collections.namedtuple("Count", "passed failed skipped")


def count_catch(output):
    """Catch2's closing line, or None."""
    whole = re.findall(r"^All tests passed \(\d+ assertions? in (\d+) test cases?\)", output, re.M)
    if whole:
        return Count(int(whole[-1]), 0, 0)
    partly = re.findall(r"^test cases: *(\d+)(.*)", output, re.M)
    if re.search(r"^No tests ran", output, re.M):
        return Count(0, 1, 0)
    if partly:
        failed = re.search(r"(\d+) failed(?! as)", partly[-1][1])
        failed = int(failed.group(1)) if failed else 0
        return Count(int(partly[-1][0]) - failed, failed, 0)
    return None


def count_unittest(output):
    """unittest's closing lines, or None."""
    ran = re.findall(r"^Ran (\d+) tests? in .*\n\n(OK|FAILED|NO TESTS RAN)(?: \((.*)\))?", output, re.M)
    if not ran:
        return None
    number, _, details = ran[-1]
    parts = {name: int(value) for name, value in re.findall(r"([a-z ]+)=(\d+)", details)}
    parts = {name.strip(): value for name, value in parts.items()}
    # Each failing subtest counts there, so that failures can be more than tests.
    failed = parts.get("failures", 0) + parts.get("errors", 0) + parts.get("unexpected successes", 0)
    skipped = parts.get("skipped", 0)
    return Count(max(int(number) - failed - skipped, 0), failed, skipped)


def count_case(case):
    """One program that ctest started. Its own counts are believed only where they agree with ctest's verdict."""
    output = case.findtext("system-out") or ""
    succeeded = case.get("status") == "run"
    count = count_catch(output) or count_unittest(output) or Count(1 if succeeded else 0, 0, 0)
    if succeeded == (count.failed > 0):
        count = count._replace(failed=count.failed + 1)
    if succeeded and count.passed + count.skipped == 0:
        count = count._replace(failed=1)
    skips = re.findall(r"^(?:SKIP .*|.*\.\.\. skipped .*)$", output, re.M)
    announced = sum(line.startswith("SKIP ") for line in skips)
    return count._replace(skipped=count.skipped + announced), skips


def show_end(output):
    """What a failed program printed last: of a long run, what is kept may be this file's output alone."""
    for line in output.splitlines()[-LINES_SHOWN:]:
        print(f"  | {line}")


def add(a, b):
    return Count(*(x + y for x, y in zip(a, b)))


def count_file(path):
    total, programs = Count(0, 0, 0), 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        count, skips = count_case(case)
        total, programs = add(total, count), programs + 1
        if count.failed:
            print(f"failed: {case.get('name')} ({count.failed})")
            show_end(case.findtext("system-out") or "")
        for line in skips:
            print(f"skipped in {case.get('name')}: {line}")
    if programs == 0:
        total = add(total, Count(0, 1, 0))
    print(f"{path}: {programs} programs, {total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fuzz-passed", type=int, default=0)
    parser.add_argument("--fuzz-failed", type=int, default=0)
    parser.add_argument("--phases-failed", type=int, default=0)
    parser.add_argument("results", nargs="+")
    options = parser.parse_args()
    total, absent = Count(0, 0, 0), 0
    for path in options.results:
        if os.path.exists(path):
            total = add(total, count_file(path))
        else:
            print(f"{path}: absent, its phase did not run to the end")
            absent += 1
    print(f"fuzz targets: {options.fuzz_passed} passed, {options.fuzz_failed} failed")
    total = add(total, Count(options.fuzz_passed, options.fuzz_failed, 0))
    # A phase that failed without a failed test (a build, say) is a failure of its own.
    unexplained = max(absent, 1 if options.phases_failed and total.failed == 0 else 0)
    total = add(total, Count(0, unexplained, 0))
    print(f"{total.passed} passed, {total.failed} failed" + (f", {total.skipped} skipped" if total.skipped else ""))
    return 1 if total.failed or options.phases_failed else 0


if __name__ == "__main__":
    sys.exit(main())
