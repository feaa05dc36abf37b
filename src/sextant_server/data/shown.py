"""What the pages of datasets show: a profile with small charts, what is to be done first, one line a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sextant.data.drift import compared, incomparable
from sextant.data.findings import Dealt
from sextant.data.openlineage import key_of
from sextant.data.profile import Column, Profile
from sextant.data.profile_text import bars, rows
from sextant.errors import SextantError
from sextant.phrases import number
from sextant.stats.distances import total_variation
from sextant_server.data.drawing import Overlay, overlay
from sextant_server.data.drifting import names_rows
from sextant_server.data.models import DataVersionRow, Run
from sextant_server.data.queries import Edge, Fresh

#: So many columns of a profile are shown on a dataset's home; a version's page shows all.
COLUMNS = 30
#: A small chart: so many bars, on a field of so many units.
BARS, WIDTH, HEIGHT = 24, 96, 24


#: Distances as people write them.
DISTANCES = {
    "total_variation": "Total variation", "jensen_shannon": "Jensen–Shannon", "psi": "PSI", "hellinger": "Hellinger",
    "cramers_v": "Cramér’s V", "kolmogorov_smirnov": "Kolmogorov–Smirnov", "wasserstein": "Wasserstein",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of a profile in words, with the path of its bars."""

    name: str
    holds: str
    missing: str
    different: str
    span: str
    typical: str
    path: str
    said: str


@dataclass(frozen=True, slots=True)
class ToDo:
    """What is to be done about a dataset: a status of the visual language, words, why, and where to go."""

    status: str
    label: str
    what: str
    why: str
    command: str = ""
    href: str = ""
    act: str = ""


def read_profile(text: str) -> Profile | None:
    """A stored profile; None where none was kept, or one of a format that cannot be read any more."""
    if not text:
        return None
    try:
        return Profile.read(text)
    except SextantError:
        return None


def columns(profile: Profile, most: int | None = None) -> list[Shown]:
    """The columns in words and bars, in their order; the first `most`."""
    part = profile if most is None else profile.model_copy(update={"columns": profile.columns[:most]})
    found = []
    for column, line in zip(part.columns, rows(part), strict=True):
        counts = bars(column, BARS)
        name, holds, missing, different, span, typical, _ = line
        found.append(
            Shown(name, holds, missing, different, span, typical, bar_path(counts), _said(column, counts))
        )
    return found


def bar_path(counts: Sequence[float], width: float = WIDTH, height: float = HEIGHT) -> str:
    """Bars on one base line as one path; what holds anything is at least one unit high.

    >>> bar_path([1, 0, 2], width=6, height=4)
    'M0 4v-2h1.4v2zM4 4v-4h1.4v4z'
    """
    top = max(counts, default=0)
    if not top:
        return ""
    step = width / len(counts)
    bar = max(step * 0.7, step - 1)
    parts = []
    for i, n in enumerate(counts):
        if n:
            high = f"{max(height * n / top, 1):.1f}".removesuffix(".0")
            at, wide = (f"{x:.2f}".rstrip("0").rstrip(".") for x in (i * step, bar))
            parts.append(f"M{at} {height:g}v-{high}h{wide}v{high}z")
    return "".join(parts)


def _said(column: Column, counts: Sequence[int]) -> str:
    """What the bars show, in words."""
    if not counts:
        return "no values to draw"
    if column.kind in ("number", "date", "time"):
        highest = max(range(len(counts)), key=lambda i: counts[i]) + 1
        return f"{len(counts)} bars from low to high; the highest is the {_place(highest)}, {number(max(counts))} rows"
    return f"the {len(counts)} most frequent values; the first has {number(counts[0])} rows"


def _place(i: int) -> str:
    ending = "th" if i % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(i % 10, "th")
    return f"{i}{ending}"


def open_by_severity(dealt: Sequence[Dealt]) -> list[tuple[str, int]]:
    """How many findings of each severity are open, the gravest first."""
    counts = Counter(d.finding.severity for d in dealt if d.open)
    return [(s, counts[s]) for s in ("critical", "high", "medium", "low") if counts[s]]


def to_do(
    name: str, *, fresh: Fresh | None, report: bool, dealt: Sequence[Dealt], profiled: bool, versioned: bool,
    last_run: Run | None, report_at: datetime | None, newest: DataVersionRow | None,
) -> list[ToDo]:  # fmt: skip
    """What is wrong with a dataset or not there yet, what is gravest first."""
    found = []
    if last_run is not None and last_run.state in ("failed", "aborted"):
        found.append(
            ToDo("unmet", "Failed", f"The job {last_run.job} did not run to its end",
                 "Its last run, as its pipeline told. What it was to bring is not there.")
        )  # fmt: skip
    if fresh and fresh.overdue:
        owner = f" {fresh.owner} looks after it." if fresh.owner else ""
        found.append(ToDo("unmet", "Overdue", "New rows are overdue", f"{fresh.said}{owner}"))
    grave = [d for d in dealt if d.open and d.finding.severity in ("critical", "high")]
    if grave:
        found.append(
            ToDo("unmet", f"{len(grave)} open", f"{grave[0].finding.text}",
                 f"The gravest of the open findings ({grave[0].finding.severity}): {grave[0].open}.",
                 href="#found", act="See what was found")
        )  # fmt: skip
    if not report:
        found.append(
            ToDo("missing", "Not checked", "Nobody has looked for faults in it yet",
                 "Name it under datasets in sextant.yaml with a quality check, and run:", f"sextant check quality-{name}")
        )  # fmt: skip
    elif newest is not None and report_at is not None and newest.at > report_at:
        found.append(
            ToDo("stale", "Older", "The quality check was on an earlier version", "Run it again on what is there now:",
                 f"sextant check quality-{name}")
        )  # fmt: skip
    if not versioned:
        found.append(
            ToDo("missing", "Not kept", "No version of its rows is kept",
                 "A version that is kept can be had again, compared and erased. Run this where the rows are:",
                 f"sextant data commit {name} FILE")
        )  # fmt: skip
    elif not profiled:
        found.append(
            ToDo("missing", "No profile", "It was told without its profile",
                 "Commit it again where the rows are; the profile is measured with it:",
                 f"sextant data commit {name} FILE")
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Moved:
    """A column whose values are spread otherwise than before: by how much of all rows, and both drawn."""

    name: str
    distance: float
    drawing: Overlay | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a dataset's descent, with the datasets of the project among its sources to be opened."""

    sources: tuple[tuple[str, str], ...]
    by: str
    made: str
    number: int | None
    at: datetime
    state: str


def steps(edges: Sequence[Edge], known: Collection[str]) -> list[Step]:
    """The descent as it is drawn: what was made from what by what. Of a source that is a dataset of the project,
    its name too, else an empty one."""
    found = []
    for edge in edges:
        sources = tuple((s, name if (name := _dataset_of(s)) in known else "") for s in edge.sources)
        number = edge.made.removeprefix("version ")
        found.append(
            Step(sources, edge.by, edge.made, int(number) if number.isdigit() else None, edge.at, edge.state)
        )
    return found


def _dataset_of(source: str) -> str:
    """The dataset that a source names: as `dataset:NAME@VERSION` or as OpenLineage has it."""
    if source.startswith("dataset:"):
        return source.removeprefix("dataset:").partition("@")[0]
    return key_of(source) or ""


def schema_diff(before: DataVersionRow, after: DataVersionRow) -> dict[str, list[Any]]:
    """Columns that are new, that went, and that hold another type: (name, was, is)."""
    old, new = ({str(c[0]): str(c[1]) for c in row.columns} for row in (before, after))
    return {
        "added": [(c, new[c]) for c in new if c not in old],
        "removed": [(c, old[c]) for c in old if c not in new],
        "retyped": [(c, old[c], new[c]) for c in old if c in new and old[c] != new[c]],
    }


def moved(before: Profile, after: Profile) -> list[Moved]:
    """The columns that moved, the farthest first, by their profiles: the total variation, nothing taken off."""
    theirs = {c.name: c for c in after.columns}
    found = []
    for column in before.columns:
        now = theirs.get(column.name)
        if now is None or names_rows(column) or incomparable(column, now):
            continue
        counts = compared(column, now)
        if not sum(counts.reference) or not sum(counts.current):
            continue
        distance = total_variation(counts.reference, counts.current)
        if distance > 0:
            found.append(Moved(column.name, distance, overlay(column, now)))
    return sorted(found, key=lambda m: (-m.distance, m.name))
