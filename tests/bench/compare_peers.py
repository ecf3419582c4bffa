#!/usr/bin/env python3
# vault beside restic and borg on the same tree in the same run: first snapshot, unchanged, every file touched, a next
# version, restore, check of all data, prune to the last. Wall clock, CPU, peak memory, bytes stored; the median of
# --runs, in which the tools take turns. What is restored is compared with its source: a difference is a failure.
# A tool that is not installed is left out, and a remark says so; VAULT, RESTIC, BORG in the environment name binaries.
#
#   compare_peers.py [--tools vault,restic,borg] [--files 5000] [--runs 3] [--in DIR] [--out FILE] [TREE[:NEXT]...]
#
# Without a TREE one of --files files is made. NEXT is the next version of TREE; where it is not given that step is left
# out.
import argparse
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_parts import (SETTLED_S, Failed, SampleTree, Table, measured, median, scratch_folder,  # noqa: E402
                         stored_bytes, together)

COLUMNS = ["corpus", "figure", "tool", "seconds", "cpu_s", "peak_mib", "stored_bytes"]
SECRET = "benchmark"


class Tool:
    """One tool with a repository of its own. Each method runs it and returns what was measured."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.repository = binary, folder, os.path.join(folder, "repository")
        self.environment = {**os.environ, "HOME": folder, "XDG_CACHE_HOME": os.path.join(folder, "cache"),
                            "XDG_STATE_HOME": os.path.join(folder, "state"), **self.variables()}

    def run(self, *words, cwd=None):
        return measured([self.binary, *words], self.environment, cwd)


class Vault(Tool):
    def variables(self):
        return {"VAULT_REPOSITORY": self.repository, "VAULT_PASSWORD": SECRET,
                "VAULT_CACHE_DIR": os.path.join(self.folder, "cache", "vault")}

    def init(self):
        return self.run("init")

    def snapshot(self, tree):
        return self.run("snapshot", tree)

    def restore(self, target):
        return self.run("restore", "latest", "--target", target)

    def check(self):
        return self.run("check", "--read-data")

    def prune(self):
        return self.run("prune", "--keep-last", "1")


class Restic(Tool):
    def variables(self):
        return {"RESTIC_REPOSITORY": self.repository, "RESTIC_PASSWORD": SECRET}

    def init(self):
        return self.run("init", "--repository-version", "2")

    def snapshot(self, tree):
        return self.run("backup", "-q", tree)

    def restore(self, target):
        return self.run("restore", "latest", "--target", target)

    def check(self):
        return self.run("check", "--read-data")

    def prune(self):
        return self.run("forget", "--keep-last", "1", "--prune")


class Borg(Tool):
    taken = 0

    def variables(self):
        return {"BORG_REPO": self.repository, "BORG_PASSPHRASE": SECRET,
                "BORG_BASE_DIR": os.path.join(self.folder, "borg")}

    def init(self):
        return self.run("init", "-e", "repokey-blake2")

    def snapshot(self, tree):
        self.taken += 1
        return self.run("create", "-C", "zstd,3", f"::{self.taken:06}", tree)

    def restore(self, target):
        os.mkdir(target)
        return self.run("extract", f"::{self.taken:06}", cwd=target)

    def check(self):
        return self.run("check", "--verify-data")

    def prune(self):
        return together(self.run("prune", "--keep-last", "1"), self.run("compact"))


TOOLS = {"vault": Vault, "restic": Restic, "borg": Borg}


class Source:
    """The tree that is snapshot, laid anew for each run so that all tools see the same changes."""

    def __init__(self, named, files, folder):
        self.live = os.path.join(folder, "live")
        if named:
            self.first, self.next = named
            self.corpus = "_".join(os.path.basename(self.first).split())
        else:
            self.corpus = "generated"
            self.first, self.next = os.path.join(folder, "first"), os.path.join(folder, "next")
            tree = SampleTree(self.first, files)
            self.copy(self.first, self.next)
            tree.move(self.next)
            tree.change(files // 20)

    @staticmethod
    def copy(source, target):
        """What stays the same keeps its inode and times."""
        os.makedirs(target, exist_ok=True)
        subprocess.run(["rsync", "-aHAX", "--delete", source + "/", target + "/"], check=True)

    def lay(self, version):
        self.copy(version, self.live)
        time.sleep(SETTLED_S)

    def touch(self):
        subprocess.run(["find", self.live, "-type", "f", "-exec", "touch", "{}", "+"], check=True)
        time.sleep(SETTLED_S)

    def differences(self, restored):
        """What rsync would still change to make `restored` the source, times of folders aside."""
        done = subprocess.run(["rsync", "-aHAXn", "--checksum", "--delete", "--itemize-changes", self.live + "/",
                               restored + "/"], stdout=subprocess.PIPE, check=True, text=True)
        return [line for line in done.stdout.splitlines() if line and not line.startswith(".d..t")]


def run_once(tool, source):
    """Figure -> what was measured, through the life of one repository."""
    figures = {}

    def stored(figure, what):
        figures[figure] = {**what, "stored_bytes": stored_bytes(tool.repository)}

    shutil.rmtree(source.live, ignore_errors=True)
    source.lay(source.first)
    tool.init()
    stored("first", tool.snapshot(source.live))
    figures["unchanged"] = tool.snapshot(source.live)
    source.touch()
    figures["touched"] = tool.snapshot(source.live)
    if source.next:
        source.lay(source.next)
        stored("next", tool.snapshot(source.live))
    target = os.path.join(tool.folder, "restored")
    figures["restore"] = tool.restore(target)
    wrong = source.differences(target + source.live)
    if wrong:
        raise Failed(f"the restored tree differs: {wrong[:5]}")
    figures["check"] = tool.check()
    stored("prune", tool.prune())
    return figures


def found_tools(names, table):
    tools = {}
    for name in names:
        binary = os.environ.get(name.upper()) or shutil.which(name)
        if binary:
            tools[name] = os.path.abspath(binary)
            said = subprocess.run([binary, "version" if name != "borg" else "--version"], stdout=subprocess.PIPE,
                                  check=True, text=True).stdout.splitlines()[0]
            table.remark(f"{name}: {said}")
        else:
            table.remark(f"{name} is not installed: left out")
    return tools


def compare(source, tools, runs, table, scratch):
    """Rows for one corpus. Returns what failed, as lines."""
    samples, failed = {name: [] for name in tools}, []
    for _ in range(runs):
        for name, binary in tools.items():
            with scratch_folder(scratch) as own:
                try:
                    samples[name].append(run_once(TOOLS[name](binary, own), source))
                except Failed as failure:
                    failed.append(f"{source.corpus}: {name}: {failure}")
    figures = dict.fromkeys(figure for of_tool in samples.values() for run in of_tool for figure in run)
    for figure in figures:
        for name, of_tool in samples.items():
            if of_tool:
                table.row(corpus=source.corpus, figure=figure, tool=name, **median([run[figure] for run in of_tool]))
    return failed


def tree_and_next(word):
    """TREE or TREE:NEXT as absolute paths, the second None where it is not given."""
    tree, _, following = word.partition(":")
    for path in (tree, following or tree):
        if not os.path.isdir(path):
            raise argparse.ArgumentTypeError(f"{path} is not a folder")
    return os.path.abspath(tree), os.path.abspath(following) if following else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", default="vault,restic,borg")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--in", dest="place")
    parser.add_argument("--out")
    parser.add_argument("trees", nargs="*", type=tree_and_next, metavar="TREE[:NEXT]")
    arguments = parser.parse_args()
    names = arguments.tools.split(",")
    if not set(names) <= set(TOOLS):
        parser.error("the tools are: " + ", ".join(TOOLS))
    table = Table(arguments.out, COLUMNS)
    table.remark_machine()
    tools, failed = found_tools(names, table), []
    for named in arguments.trees or [None]:
        with scratch_folder(arguments.place) as folder:
            failed += compare(Source(named, arguments.files, folder), tools, arguments.runs, table, folder)
    for failure in failed:
        table.remark("FAILED " + failure)
    table.remark_machine()
    return 1 if failed or not tools else 0


if __name__ == "__main__":
    sys.exit(main())
