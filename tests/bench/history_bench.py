#!/usr/bin/env python3
# How the costs of a repository follow its history: the time and peak memory of an unchanged snapshot, listings, sums,
# searches and prunes when it holds 10, 100 and 1,000 snapshots of a tree that changes a little each day. Commands that
# this vault does not have are left out, and a remark says so.
#
#   history_bench.py VAULT [--snapshots 10,100,1000] [--files 2000] [--changed 10] [--runs 3] [--in DIR] [--out FILE]
import argparse
import datetime
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_parts import SETTLED_S, SampleTree, Table, measured, median, scratch_folder, stored_bytes  # noqa: E402

COLUMNS = ["snapshots", "operation", "seconds", "cpu_s", "peak_mib", "stored_bytes"]
FIRST_DAY = datetime.date(2020, 1, 1)
KEPT = ("--keep-daily", "7", "--keep-weekly", "4", "--keep-monthly", "12")


class History:
    def __init__(self, vault, folder, files, changed):
        self.vault, self.folder, self.changed, self.snapshots = vault, folder, changed, 0
        self.live = self.path("live")
        self.tree = SampleTree(self.live, files)
        self.key = {}
        # A key file opens without Argon2id, whose 64 MiB would stand in every row.
        self.run("init", "--new-key-file", self.path("key"))
        self.key["VAULT_KEY_FILE"] = self.path("key")

    def path(self, name):
        return os.path.join(self.folder, name)

    def environment(self, client="client"):
        return {**os.environ, "VAULT_REPOSITORY": self.path(client + "/repository"), **self.key,
                "VAULT_CACHE_DIR": self.path(client + "/cache"), "XDG_STATE_HOME": self.path(client + "/state")}

    def run(self, *words, client="client", cwd=None):
        return measured([self.vault, *words], self.environment(client), cwd)

    def snapshot(self):
        day = FIRST_DAY + datetime.timedelta(days=self.snapshots)
        self.snapshots += 1
        return self.run("snapshot", "--time", day.isoformat(), self.live)

    def grow_to(self, count):
        while self.snapshots < count:
            if self.snapshots > 0:
                self.tree.change(self.changed)
            self.snapshot()

    def has(self, command):
        return subprocess.run([self.vault, "help", command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False).returncode == 0

    def prune_of_a_copy(self, *rules):
        """Prunes a copy of the repository and of what this client keeps of it, so that the history goes on."""
        shutil.rmtree(self.path("copy"), ignore_errors=True)
        subprocess.run(["cp", "-a", self.path("client"), self.path("copy")], check=True)
        os.sync()
        try:
            figures = self.run("prune", *rules, client="copy")
            return {**figures, "stored_bytes": stored_bytes(self.path("copy/repository"))}
        finally:
            shutil.rmtree(self.path("copy"))


def operations(history):
    """(name, command that it needs, what to run) for a repository of so many snapshots."""
    middle = f"latest~{history.snapshots // 2}"
    name = os.path.basename(history.tree.paths[len(history.tree.paths) // 2])
    return [
        ("snapshots", "snapshots", lambda: history.run("snapshots")),
        ("ls", "ls", lambda: history.run("ls", "-R", "latest")),
        ("du", "du", lambda: history.run("du", "-d", "3", "latest")),
        ("diff with the one before", "diff", lambda: history.run("diff", "latest~1", "latest")),
        ("diff with half the history ago", "diff", lambda: history.run("diff", middle, "latest")),
        ("find one name in all snapshots", "find", lambda: history.run("find", name)),
        ("prune, nothing to forget", "prune", lambda: history.prune_of_a_copy()),
        ("prune, 7 days 4 weeks 12 months", "prune", lambda: history.prune_of_a_copy(*KEPT)),
    ]


def measure(history, table, count, runs):
    history.grow_to(count - runs - 1)
    history.tree.change(history.changed)
    time.sleep(SETTLED_S)
    changed = history.snapshot()
    stored = stored_bytes(history.path("client/repository"))
    table.row(snapshots=count, operation="snapshot of what changed", stored_bytes=stored, **changed)
    unchanged = median([history.snapshot() for _ in range(runs)])
    table.row(snapshots=count, operation="unchanged snapshot", **unchanged)
    for name, command, operation in operations(history):
        if not history.has(command):
            table.remark(f"{name}: this vault has no command {command}")
            continue
        table.row(snapshots=count, operation=name, **median([operation() for _ in range(runs)]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vault")
    parser.add_argument("--snapshots", default="10,100,1000")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--changed", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--in", dest="place")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    counts = sorted(int(word) for word in arguments.snapshots.split(","))
    if arguments.runs < 1 or counts[0] < arguments.runs + 2:
        parser.error("the least number of snapshots is --runs and 2")
    table = Table(arguments.out, COLUMNS)
    table.remark_machine()
    table.remark(f"{arguments.files} files, {arguments.changed} of them changed each day, median of {arguments.runs}")
    with scratch_folder(arguments.place) as folder:
        history = History(os.path.abspath(arguments.vault), folder, arguments.files, arguments.changed)
        for count in counts:
            measure(history, table, count, arguments.runs)
    table.remark_machine()
    return 0


if __name__ == "__main__":
    sys.exit(main())
