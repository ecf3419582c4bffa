#!/usr/bin/env python3
# The index at 1, 10 and, where asked, 100 million chunks within its fixed budget of memory: building it from a store,
# opening it, lookups. Exit code 1 if a process took more than the budget of 256 MiB. 100 million chunks take about
# 4 GB for the store and 6.5 GB for the index.
#
#   index_bench.py MAKE_INDEX_REPOSITORY [--millions 1,10] [--in DIR] [--out FILE]
import argparse
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_parts import Failed, Table, scratch_folder, stored_bytes  # noqa: E402

COLUMNS = ["chunks", "figure", "value", "unit"]
BUDGET_MIB = 256


def run_tool(words):
    """What it printed, as (figure, value, unit), and the largest memory of the process in MiB."""
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    lines = child.stdout.read().splitlines()
    child.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed(f"{' '.join(words)}: exit code {child.returncode}")
    return [line.split("\t") for line in lines], usage.ru_maxrss / 1024


def bench(tool, chunks, folder, table):
    """Returns the largest memory of the processes that used the index."""
    repository, cache = os.path.join(folder, "repository"), os.path.join(folder, "cache")
    run_tool([tool, "make", repository, str(chunks)])
    peaks = []
    # Building in a process of its own: else its peak would stand for the lookups' too.
    for step in ("sync", "measure"):
        figures, peak = run_tool([tool, step, repository, cache])
        peaks.append(peak)
        for figure, value, unit in figures:
            if not figure.endswith("peak memory"):
                table.row(chunks=chunks, figure=figure, value=float(value), unit=unit)
        table.row(chunks=chunks, figure=f"{step}: peak memory", value=peak, unit="MiB")
    table.row(chunks=chunks, figure="index on disk", value=stored_bytes(cache) / chunks, unit="bytes a chunk")
    return max(peaks)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--millions", default="1,10")
    parser.add_argument("--in", dest="place")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    table = Table(arguments.out, COLUMNS)
    table.remark_machine()
    over = False
    for millions in arguments.millions.split(","):
        with scratch_folder(arguments.place) as folder:
            peak = bench(os.path.abspath(arguments.tool), round(float(millions) * 1e6), folder, table)
        if peak > BUDGET_MIB:
            over = True
            table.remark(f"{millions} million chunks took {peak:.0f} MiB of memory, over the budget of {BUDGET_MIB}")
    table.remark_machine()
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
