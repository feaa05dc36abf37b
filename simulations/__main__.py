"""Runs the simulations, prints their tables; exit 1 if a rate lies outside what is allowed, 2 on bad use."""

from __future__ import annotations

import argparse
import importlib
import sys
import zlib

from simulations.harness import HERE, Simulation, table

PREFIX = "sim_"


def registry() -> dict[str, Simulation]:
    """Every simulation by the name of its file, without the prefix."""
    names = sorted(file.stem for file in HERE.glob(f"{PREFIX}*.py"))
    return {
        name.removeprefix(PREFIX): importlib.import_module(f"simulations.{name}").SIMULATION for name in names
    }


def main(argv: list[str] | None = None) -> int:
    simulations = registry()
    parser = argparse.ArgumentParser(prog="python -m simulations", description=__doc__)
    parser.add_argument(
        "--only", metavar="NAME", choices=simulations, help=f"one of: {', '.join(simulations)}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the runs, with the tolerance to match"
    )
    parser.add_argument("--seed", type=int, default=20261, help="another seed draws other data (%(default)s)")
    chosen = parser.parse_args(argv)
    outside = 0
    for name, simulation in simulations.items():
        if chosen.only in (None, name):
            # Each has a stream of its own, so that it gives the same rates alone as among the others.
            rates = simulation.run(chosen.seed + zlib.crc32(name.encode()), chosen.quick)
            outside += sum(not rate.holds for rate in rates)
            print(f"## {name}\n{simulation.question}\n\n{table(rates)}\n", flush=True)
    print(f"{outside} outside what is allowed." if outside else "All rates lie within what is allowed.")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
