#!/usr/bin/env python3
# The summary of ./dev test is only as good as its counting: what each kind of program prints and what counts as failed.
import os
import subprocess
import sys
import tempfile
import unittest
from xml.sax.saxutils import escape

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support", "count_results.py")


def whole_summary(cases, *options):
    """The exit code and the lines for one results file of (status, output)."""
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write("<testsuite>")
        for status, output in cases:
            file.write(f'<testcase name="t" status="{status}"><system-out>{escape(output)}</system-out></testcase>')
        file.write("</testsuite>")
        file.flush()
        command = [sys.executable, "-B", SCRIPT, *options, file.name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return done.returncode, done.stdout.splitlines()


def summary(cases, *options):
    """The exit code and the last line."""
    code, lines = whole_summary(cases, *options)
    return code, lines[-1]


class CountResults(unittest.TestCase):
    def test_catch_cases_are_counted_and_not_programs(self):
        passed = "====\nAll tests passed (9 assertions in 4 test cases)\n"
        failed = "test cases:  5 |  2 passed | 3 failed\nassertions: 11 | 8 passed | 3 failed\n"
        self.assertEqual(summary([("run", passed)]), (0, "4 passed, 0 failed"))
        self.assertEqual(summary([("run", passed), ("fail", failed)]), (1, "6 passed, 3 failed"))

    def test_unittest_cases_are_counted_with_their_skips(self):
        passed = "test_a ... skipped 'no loop'\n---\nRan 3 tests in 0.1s\n\nOK (skipped=1)\n"
        failed = "Ran 4 tests in 0.1s\n\nFAILED (failures=1, errors=1, skipped=1)\n"
        self.assertEqual(summary([("run", passed)]), (0, "2 passed, 0 failed, 1 skipped"))
        self.assertEqual(summary([("run", passed), ("fail", failed)]), (1, "3 passed, 2 failed, 2 skipped"))

    def test_an_announced_skip_of_a_script_is_counted(self):
        self.assertEqual(summary([("run", "fine\nSKIP flags: no ext4 here\n")]), (0, "1 passed, 0 failed, 1 skipped"))

    def test_a_failed_program_without_a_failed_case_counts_as_failed(self):
        passed = "All tests passed (1 assertion in 1 test case)\n"
        self.assertEqual(summary([("fail", passed)]), (1, "1 passed, 1 failed"))
        self.assertEqual(summary([("fail", "killed")]), (1, "0 passed, 1 failed"))

    def test_the_end_of_what_a_failed_program_printed_is_shown_and_of_no_other(self):
        failed = "".join(f"line {i}\n" for i in range(100))
        lines = whole_summary([("run", "fine"), ("fail", failed)])[1]
        self.assertIn("  | line 99", lines)
        self.assertNotIn("  | line 0", lines)
        self.assertNotIn("  | fine", lines)

    def test_a_success_that_reports_failed_cases_counts_as_failed(self):
        code, line = summary([("run", "test cases: 2 | 1 passed | 1 failed\n")])
        self.assertEqual((code, line.split(", ")[0]), (1, "1 passed"))

    def test_programs_and_files_that_ran_nothing_count_as_failed(self):
        self.assertEqual(summary([("run", "====\nNo tests ran\n")])[0], 1)
        self.assertEqual(summary([("run", "Ran 0 tests in 0.0s\n\nOK\n")])[0], 1)
        self.assertEqual(summary([])[0], 1)

    def test_failed_phases_fuzz_findings_and_absent_results_count_as_failed(self):
        passed = [("run", "fine")]
        self.assertEqual(summary(passed, "--fuzz-passed", "3"), (0, "4 passed, 0 failed"))
        self.assertEqual(summary(passed, "--fuzz-passed", "2", "--fuzz-failed", "1"), (1, "3 passed, 1 failed"))
        self.assertEqual(summary(passed, "--phases-failed", "1"), (1, "1 passed, 1 failed"))
        self.assertEqual(summary(passed, "no-such-results.xml"), (1, "1 passed, 1 failed"))


if __name__ == "__main__":
    unittest.main()
