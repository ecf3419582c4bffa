#!/usr/bin/env python3
# Runs the stage benchmarks and writes what they did a second as tab-separated values: the median of some repetitions.
#
#   stages_table.py STAGE_BENCH [--repetitions 3] [--seconds 0.5] [--out FILE]
import argparse
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_parts import Table  # noqa: E402

COLUMNS = ["stage", "per_second", "unit", "ratio"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stage_bench")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", default="0.5")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    table = Table(arguments.out, COLUMNS)
    table.remark_machine()
    with tempfile.NamedTemporaryFile() as results:
        subprocess.run([os.path.abspath(arguments.stage_bench), f"--benchmark_repetitions={arguments.repetitions}",
                        f"--benchmark_min_time={arguments.seconds}", "--benchmark_out_format=json",
                        f"--benchmark_out={results.name}"], stdout=subprocess.DEVNULL, check=True)
        found = json.load(results)["benchmarks"]
    failed = [item["name"] for item in found if item.get("error_occurred")]
    # One repetition has no aggregates.
    for item in found:
        wanted = item.get("aggregate_name") == "median" if arguments.repetitions > 1 else True
        if not wanted or item.get("error_occurred"):
            continue
        unit = "bytes" if "bytes_per_second" in item else "items"
        table.row(stage=item["run_name"], per_second=item[unit + "_per_second"], unit=unit,
                  ratio=item.get("ratio", ""))
    for item in found:
        if item.get("error_occurred"):
            table.remark(f"{item['name']}: {item['error_message']}")
    table.remark_machine()
    return 1 if [name for name in failed if "lanes" not in name] else 0


if __name__ == "__main__":
    sys.exit(main())
