"""Runs the benchmarks and prints their tables; exit 1 if a bar was missed, 2 on bad use."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys

from benchmarks.harness import HERE, Benchmark, against_bar, run, table

PREFIX = "bench_"


def registry() -> dict[str, Benchmark]:
    """Every benchmark by the name of its file, without the prefix."""
    names = sorted(file.stem for file in HERE.glob(f"{PREFIX}*.py"))
    return {
        name.removeprefix(PREFIX): importlib.import_module(f"benchmarks.{name}").BENCHMARK for name in names
    }


def main(argv: list[str] | None = None) -> int:
    benchmarks = registry()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAME", choices=benchmarks, help=f"one of: {', '.join(benchmarks)}")
    only = parser.parse_args(argv).only
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"Python {platform.python_version()}, {machine}")
    all_held = True
    for name, benchmark in benchmarks.items():
        if only in (None, name):
            timings = run(benchmark)
            held, said = against_bar(benchmark, timings)
            all_held &= held
            print(f"\n## {name}\n{benchmark.question} Median of {benchmark.runs} runs.\n")
            print(table(benchmark, timings))
            print(f"\n{'Held' if held else 'MISSED'}: {said}.", flush=True)
    return 0 if all_held else 1


if __name__ == "__main__":
    sys.exit(main())
