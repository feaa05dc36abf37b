"""How each part grows with rows: time and memory of whole processes, beside the least that any program could take.

`python -m benchmarks.scale [--rows 1000000,10000000]` prints the measured points that docs/scale.md has, and the cost
model that follows from them; `--from docs/scale.md` takes the points from there and measures nothing. `--price` is
what a core costs in an hour, `--spark` how many times the work of one machine a cluster does for the same rows.
Seconds on the clock of a machine that does other work too are no good; those of the processor are, and their ratio
to the roofline of the same round.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import ROOT
from benchmarks.made_table import path

DEFAULT = (1_000_000, 10_000_000)
RECORDS = (10_000, 100_000)

_COMMIT = """
import sys
from sextant.data.versions import Store
from sextant.tables import table
print(Store(sys.argv[1]).commit("rows", table(sys.argv[2])).version.short)
"""
_VERIFY = """
import sys
from sextant.data.versions import Store
Store(sys.argv[1]).verify("rows")
"""
_DRIFT = """
import sys
from sextant.data.drift import drift
drift(sys.argv[1], sys.argv[1])
"""
_CHAIN = """
import sys
from datetime import UTC, datetime
from sextant.chain import GENESIS, Link, Record, Verifier, body_digest, link_digest
verifier, previous, at, body = Verifier("p", []), GENESIS, datetime(2026, 6, 1, tzinfo=UTC), '{"value": 0.98765}' * 40
for n in range(1, int(sys.argv[1]) + 1):
    link = Link(project="p", sequence=n, previous=previous, kind="evidence", actor="a", at=at, body_digest=body_digest(body))
    previous = link_digest(link)
    assert verifier.add(Record(**link.model_dump(), record_digest=previous, body=body))
"""


#: What is modelled: a side by its name, and what it is called.
MODELLED = {
    "profile": "profile",
    "version: commit": "commit a version",
    "version: verify": "verify a version",
}


@dataclass(frozen=True)
class Ran:
    """What a process took: seconds on the clock and of the processor, and the most memory that it held, in MB."""

    seconds: float
    processor: float
    megabytes: float


def ran(*command: str) -> Ran:
    """Run a process to its end. Raises `subprocess.CalledProcessError` if it fails."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            sys.stderr.write(said.read().decode(errors="replace"))
            raise subprocess.CalledProcessError(child.returncode, command)
    seconds = time.perf_counter() - started
    return Ran(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def sides(rows: int, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """What is measured on a table of so many rows, in the order in which one needs the other."""
    python, table = sys.executable, str(path(rows, 1))
    profile, home = str(folder / f"{rows}.json"), str(folder / f"home-{rows}")
    yield "roofline: read and sum", [python, "-m", "benchmarks.made_table", "sum", table]
    yield "profile", [python, "-m", "sextant_cli.main", "profile", table, "-o", profile]
    yield "quality", [python, "-m", "sextant_cli.main", "quality", table, "--key", "id", "--format", "json"]
    yield "drift of two stored profiles", [python, "-c", _DRIFT, profile]
    yield "version: commit", [python, "-c", _COMMIT, home, table]
    yield "version: verify", [python, "-c", _VERIFY, home]


def points(text: str) -> dict[str, list[tuple[int, float]]]:
    """The measured points in a text: of each side, rows and seconds of the processor.

    >>> points("| 1,000 | profile | 2.0 | 1.5 | 3.0 | 200 MB |")
    {'profile': [(1000, 1.5)]}
    """
    found: dict[str, list[tuple[int, float]]] = {}
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if len(cells) == 6 and cells[0].replace(",", "").isdigit() and cells[1] in MODELLED:
            found.setdefault(cells[1], []).append((int(cells[0].replace(",", "")), float(cells[3])))
    return found


def line_through(measured: list[tuple[int, float]]) -> tuple[float, float]:
    """What starting costs, and what a million rows more cost, in seconds of the processor: the line through the
    smallest and the largest point.

    >>> line_through([(1_000_000, 2.0), (11_000_000, 7.0)])
    (1.5, 0.5)
    """
    (few, little), (many, much) = min(measured), max(measured)
    slope = (much - little) / (many - few) * 1e6
    return little - slope * few / 1e6, slope


def model(found: dict[str, list[tuple[int, float]]], price: float, spark: float) -> str:
    """The cost of 1e6 to 1e12 rows: hours of one core, and money on a cluster."""
    lines = ["| rows | " + " | ".join(f"{w}: core hours | money" for w in MODELLED.values()) + " |"]
    lines.append("|---:|" + "---:|" * (2 * len(MODELLED)))
    for power in range(6, 13):
        cells = []
        for side in MODELLED:
            start, slope = line_through(found[side])
            hours = (start + slope * 10 ** (power - 6)) / 3600
            cells += [f"{hours:,.3g}", f"{hours * spark * price:,.2f}"]
        lines.append(f"| 1e{power} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--from", dest="given", type=Path, help="take the measured points from this file")
    parser.add_argument("--price", type=float, default=0.05, help="of a core for an hour")
    parser.add_argument("--spark", type=float, default=3.0, help="how many times the work a cluster does")
    parser.add_argument("--rows", default=",".join(map(str, DEFAULT)), help="how many, with commas between")
    parser.add_argument(
        "--only", default="", help="only sides whose name has this in it, beside the roofline"
    )
    given = parser.parse_args(argv)
    if given.given:
        print(model(points(given.given.read_text(encoding="utf-8")), given.price, given.spark))
        return 0
    print(
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores\n"
    )
    print("| rows | what | seconds | processor | times the roofline | peak memory |")
    print("|---:|---|---:|---:|---:|---:|")
    folder, lines = Path(tempfile.mkdtemp(prefix="scale-")), []
    try:
        for rows in map(int, given.rows.split(",")):
            least = None
            for name, command in sides(rows, folder):
                if given.only and least is not None and given.only not in name:
                    continue
                found = ran(*command)
                least = least or found
                lines.append(_line(rows, name, found, f"{found.processor / least.processor:.1f}"))
        if not given.only:
            for records in RECORDS:
                _line(records, "log: records verified", ran(sys.executable, "-c", _CHAIN, str(records)), "")
        if not given.only and len(given.rows.split(",")) > 1:
            print(f"\n{model(points(chr(10).join(lines)), given.price, given.spark)}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _line(rows: int, name: str, found: Ran, ratio: str) -> str:
    line = f"| {rows:,} | {name} | {found.seconds:.1f} | {found.processor:.1f} | {ratio} | {found.megabytes:,.0f} MB |"
    print(line, flush=True)
    return line


if __name__ == "__main__":
    sys.exit(main())
