#!/usr/bin/env python3
# The scripts of tests/bench that measure the binary, at sizes that say nothing: that they run to their end, give each
# figure a value, and take no wrong restore for a figure.
import os
import subprocess
import sys
import unittest

import vault_case as v

MEASURED = ("seconds", "cpu_s", "peak_mib")


class BenchScripts(v.VaultCase):
    def bench(self, code, script, *arguments, vault=None):
        """Runs a script; returns its rows as dictionaries, and its remarks."""
        out = self.path("table.tsv")
        words = [sys.executable, "-B", os.path.join(v.ROOT, "tests", "bench", script), *arguments]
        environment = {**self.environment, "VAULT": vault or self.vault}
        done = subprocess.run([*words, "--in", self.folder("scratch"), "--out", out], env=environment, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        self.assertEqual(done.returncode, code, done.stdout.decode())
        self.assertEqual(os.listdir(self.path("scratch")), [])
        with open(out, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual("\n".join(lines) + "\n", done.stdout.decode())
        columns, *rows = [line.split("\t") for line in lines if not line.startswith("#")]
        for row in rows:
            self.assertEqual(len(row), len(columns), row)
        return [dict(zip(columns, row)) for row in rows], [line for line in lines if line.startswith("#")]

    def assert_measured(self, rows):
        for row in rows:
            for figure in MEASURED:
                self.assertGreater(float(row[figure]), 0, row)

    def test_costs_by_length_of_history(self):
        arguments = ("--snapshots", "3,5", "--files", "30", "--changed", "3", "--runs", "1")
        rows, remarks = self.bench(0, "history_bench.py", self.vault, *arguments)
        self.assert_measured(rows)
        for count in ("3", "5"):
            found = {row["operation"] for row in rows if row["snapshots"] == count}
            self.assertTrue({"unchanged snapshot", "snapshots", "ls", "du", "diff with the one before",
                             "diff with half the history ago", "find one name in all snapshots",
                             "prune, nothing to forget"} <= found, found)  # fmt: skip
        self.assertFalse([remark for remark in remarks if "no command" in remark])

    def test_vault_beside_a_tool_that_is_not_there(self):
        rows, remarks = self.bench(0, "compare_peers.py", "--tools", "vault", "--files", "40", "--runs", "1")
        self.assert_measured(rows)
        figures = ["first", "unchanged", "touched", "next", "restore", "check", "prune"]
        self.assertEqual([row["figure"] for row in rows], figures)
        stored = {row["figure"]: int(row["stored_bytes"]) for row in rows if row["stored_bytes"]}
        self.assertEqual(set(stored), {"first", "next", "prune"})
        self.assertGreater(stored["next"], stored["first"])
        self.assertTrue(any(remark.startswith("# vault: vault ") for remark in remarks), remarks)

    def test_a_restore_that_gives_other_bytes_is_a_failure_and_no_figure(self):
        spoiler = self.file("spoiler", f"""#!/bin/sh
"{self.vault}" "$@" || exit
case $1 in restore) find "$4" -name file-000007.txt -exec sh -c 'echo >>"$1"' sh {{}} \\; ;; esac
""", 0o755)
        rows, remarks = self.bench(1, "compare_peers.py", "--tools", "vault", "--files", "40", "--runs", "1",
                                   vault=spoiler)
        self.assertEqual(rows, [])
        self.assertTrue(any("differs" in remark for remark in remarks), remarks)


if __name__ == "__main__":
    unittest.main()
