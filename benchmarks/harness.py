"""Runs the sides of a benchmark in turn, each as a process of its own, and compares their medians."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


@dataclass(frozen=True)
class Side:
    """One thing that is timed: a command, run from the root of the repository.

    `role` is "ours" (one side of a benchmark is), "roofline" (the least that any program could take) or
    "peer". The time is the whole process from start to end, unless `reports` is set: then the last line that
    the process prints is a JSON object with its own "seconds", and whatever else it counted, such as
    "queries", is shown beside them. `runs` is how often it is timed, if not as often as the others: one that takes
    minutes is run once, after all others, and the machine is warm by then.
    """

    name: str
    role: str
    command: Sequence[str]
    reports: bool = False
    runs: int | None = None


@dataclass(frozen=True)
class Bar:
    """Ours may take at most `ratio` times what the sides named in `of` take together."""

    ratio: float
    of: Sequence[str]


@dataclass(frozen=True)
class Benchmark:
    """A question, the sides that answer it, and the bar, if there is one, or several, each of which is to be held.

    `peers` names the environments (peers/NAME.lock) that a side's command needs; `{NAME}` in a command is the
    folder of that environment's programs, and `{ours}` that of the running one. A brace that is meant as one
    is doubled. `prepare` makes what the sides read, before any of them is timed. `most` is how many seconds ours may
    take at all.
    """

    question: str
    sides: Sequence[Side]
    bar: Bar | Sequence[Bar] | None = None
    peers: Sequence[str] = ()
    runs: int = 7
    prepare: Callable[[], object] | None = None
    most: float | None = None

    @property
    def bars(self) -> Sequence[Bar]:
        if self.bar is None:
            return ()
        return (self.bar,) if isinstance(self.bar, Bar) else self.bar


@dataclass
class Timing:
    """What the runs of one side took, in seconds, and what its last run counted."""

    seconds: list[float] = field(default_factory=list)
    counted: dict[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def peer_folder(name: str) -> Path:
    """Where a peer's own environment is, made or not."""
    return ROOT / ".venv-peers" / name


def peer_is_made(name: str) -> bool:
    """Whether a peer's environment is there and is that of its present lock."""
    stamp = peer_folder(name) / "lock.sha256"
    return stamp.exists() and stamp.read_text() == _lock_digest(name)


def _lock_digest(name: str) -> str:
    return hashlib.sha256((HERE / "peers" / f"{name}.lock").read_bytes()).hexdigest()


def peer_programs(name: str) -> Path:
    """The folder of programs of a peer's own environment, which is made from its lock if it is not there."""
    folder = peer_folder(name)
    if not peer_is_made(name):
        print(f"Installing the peer {name} (once, until its lock changes)", file=sys.stderr)
        _install(folder, HERE / "peers" / f"{name}.lock")
        (folder / "lock.sha256").write_text(_lock_digest(name))
    return folder / "bin"


def _install(folder: Path, lock: Path) -> None:
    """By uv where it is beside the running Python and can reach what it needs, which takes an eighth of the work; else by
    pip. Either holds every file to its hash."""
    uv = str(Path(sys.executable).with_name("uv"))
    if Path(uv).exists():
        shutil.rmtree(folder, ignore_errors=True)
        made = subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=False)
        into = [uv, "pip", "install", "--quiet", "--python", str(folder / "bin/python"), "--require-hashes"]
        if made.returncode == 0 and subprocess.run([*into, "-r", str(lock)], check=False).returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    # The lock names every package. What they ask of each other was settled when it was made; pip asks once more, and
    # then takes a package that is asked for with an extra, such as pandas[parquet], for one without a hash.
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "-qq", "--require-hashes", "--no-deps"]
    subprocess.run([*pip, "-r", str(lock)], check=True)


def run(benchmark: Benchmark) -> dict[str, Timing]:
    """Time every side: one round to warm the caches, then `runs` rounds, the sides in turn within a round; those that
    have a number of runs of their own so often, after that.

    In turn, because whatever else the machine does then falls on all sides alike. Raises
    subprocess.CalledProcessError, with what the process said, if one fails: a failed run has no time.
    """
    programs = {
        "ours": Path(sys.executable).parent,
        **{name: peer_programs(name) for name in benchmark.peers},
    }
    if benchmark.prepare:
        benchmark.prepare()
    timings = {side.name: Timing() for side in benchmark.sides}

    def once(side: Side, *, counts: bool = True) -> None:
        seconds, counted = _time(side, [part.format(**programs) for part in side.command])
        if counts:
            timings[side.name].seconds.append(seconds)
            timings[side.name].counted = counted

    in_turn = [side for side in benchmark.sides if side.runs is None]
    for number in range(benchmark.runs + 1 if in_turn else 0):
        for side in in_turn:
            once(side, counts=number > 0)
    for side in benchmark.sides:
        for _ in range(side.runs or 0):
            once(side)
    return timings


def _time(side: Side, command: list[str]) -> tuple[float, dict[str, float]]:
    # With its bytecode kept, as on a user's machine: else every start would be a compiler's benchmark.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()
    if not side.reports:
        return seconds, {}
    counted = json.loads(done.stdout.splitlines()[-1])
    return counted.pop("seconds"), counted


def against_bar(benchmark: Benchmark, timings: dict[str, Timing]) -> tuple[bool, str]:
    """Whether every bar was held, and in words what was measured and asked; without a bar, it was."""
    if not benchmark.bars and benchmark.most is None:
        return True, "there is no bar"
    held, said = [], []
    if benchmark.most is not None:
        ours = _ours(benchmark, timings)
        held.append(ours <= benchmark.most)
        said.append(f"{_milliseconds(ours)}, and the bar is {_milliseconds(benchmark.most)}")
    for bar in benchmark.bars:
        ratio = _ours(benchmark, timings) / sum(timings[name].median for name in bar.of)
        together = " and ".join(bar.of) + (" together" if len(bar.of) > 1 else "")
        held.append(ratio <= bar.ratio)
        measured = f"{ratio:.2f}" if ratio > 0.2 else _fraction(ratio)
        said.append(f"{measured} times {together}, and the bar is {_fraction(bar.ratio)}")
    return all(held), "; ".join(said)


def _fraction(ratio: float) -> str:
    """A small ratio as a fraction of 1, which is read as so many times faster."""
    return f"{ratio:g}" if ratio > 0.2 else f"1/{1 / ratio:.3g}"


def table(benchmark: Benchmark, timings: dict[str, Timing]) -> str:
    """The figures as a Markdown table, each side with its ratio to ours."""
    ours = _ours(benchmark, timings)
    lines = ["| | side | median | range | times ours | counted |", "|---|---|---:|---:|---:|---|"]
    for side in benchmark.sides:
        timing = timings[side.name]
        counted = ", ".join(f"{count:g} {name}" for name, count in timing.counted.items())
        ends = [_milliseconds(end(timing.seconds)) for end in (min, max)]
        spread = " to ".join(ends) if len(timing.seconds) > 1 else "one run"
        ratio = f"{timing.median / ours:.2f}"
        lines.append(
            f"| {side.role} | {side.name} | {_milliseconds(timing.median)} | {spread} | {ratio} | {counted} |"
        )
    return "\n".join(lines)


def _ours(benchmark: Benchmark, timings: dict[str, Timing]) -> float:
    return next(timings[side.name].median for side in benchmark.sides if side.role == "ours")


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.2f} ms"
