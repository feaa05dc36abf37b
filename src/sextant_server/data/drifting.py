"""How a dataset's days have moved away from a reference: from stored profiles alone, whatever became of the rows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from django.db.models import F

from sextant.chain import body_digest
from sextant.data.drift import compared, drift, incomparable
from sextant.data.drift_report import ColumnDrift
from sextant.data.profile import Column, Profile
from sextant.errors import NotFound
from sextant.evidence import Drift, Separability
from sextant.maintenance.documents import DriftPlan
from sextant.reports import read_evidence
from sextant.stats.distances import distance_interval
from sextant_server.data.models import DataVersionRow, DayProfile
from sextant_server.projects.models import Project
from sextant_server.records.models import DocumentRow, EvidenceRow

#: So many days and features a map has at most: the newest, and those that moved the farthest.
DAYS, FEATURES = 28, 40
#: A map's ranges are drawn from so many resamples; those of a cell that is opened, from ten times as many.
RESAMPLES = 200
#: From which distance on drift matters, where no drift plan says so.
THRESHOLD = 0.1
#: So many days are the reference where there is no version to compare with.
FIRST_DAYS = 7
#: So many versions are offered to be compared with.
OFFERED = 40
#: So many of the latest drift measurements are looked through for what they compared with.
CHECKS = 60
FIRST = "first-days"
#: From so many rows on, whole numbers that are nearly all different name rows.
_ROWS = 500
_NUMBERED = re.compile(r"([a-z0-9][a-z0-9_-]{0,79})@(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Reference:
    """What days are compared with: its key in an address, in words, and its profile."""

    key: str
    words: str
    text: str

    @property
    def digest(self) -> str:
        return body_digest(self.text)


@dataclass(frozen=True, slots=True)
class Cell:
    """One feature on one day: the distance without what chance would show, with its range, and what follows.

    `drifted`: the whole range lies above the threshold; `steady`: the whole range at or below it; `open`: the day's
    rows do not decide it; `not_compared`: see `why`."""

    feature: str
    verdict: Literal["drifted", "steady", "open", "not_compared"]
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Map:
    """Features by days, the features that moved the farthest first. `left_out` counts those that are not shown."""

    days: tuple[DayProfile, ...]
    features: tuple[str, ...]
    cells: dict[tuple[str, date], Cell]
    left_out: int
    threshold: float


def days(project: Project, name: str, *, most: int = DAYS) -> list[DayProfile]:
    """The newest days of a dataset without their profiles, the earliest first."""
    found = DayProfile.objects.filter(project=project, name=name).defer("profile").order_by("-day")[:most]
    return list(found)[::-1]


def threshold_of(project: Project) -> float:
    """From which distance on drift matters to this project: as its drift plan says, else a tenth of the rows."""
    row = DocumentRow.objects.filter(
        project=project, kind="drift_plan", present=True, withdrawn=False
    ).first()
    said = DriftPlan.model_validate(json.loads(row.body)).threshold if row else None
    return THRESHOLD if said is None else float(said)


def offered(project: Project, name: str) -> list[tuple[str, str]]:
    """What a dataset's days may be compared with, each with its words: versions that were kept with a profile."""
    rows = (
        DataVersionRow.objects.filter(project=project).exclude(profile="").order_by(F("id").desc())[:OFFERED]
    ).values_list("name", "number")
    own = sorted(rows, key=lambda r: (r[0] != name, r[0], -r[1]))
    found = [(f"{n}@{number}", f"{n}, version {number}") for n, number in own]
    return [*found, (FIRST, f"its own first {FIRST_DAYS} days")]


def reference(project: Project, name: str, wanted: str) -> Reference | None:
    """What to compare with: what is asked for; else what the latest drift check of this dataset that found something
    compared with; else its own newest version; else its first days. None where there is nothing; `NotFound` for what
    is not there."""
    if wanted == FIRST:
        return _first_days(project, name)
    if wanted:
        found = _NUMBERED.fullmatch(wanted)
        row = found and _version(project, found[1], number=int(found[2]) if len(found[2]) < 10 else 0)
        if not row:
            raise NotFound(
                f"there is no version {wanted[:100]!r} with a profile",
                todo="choose one from the list on the page",
            )
        return _of(row)
    row = _checked_against(project, name, threshold_of(project)) or _version(project, name)
    return _of(row) if row else _first_days(project, name)


def _version(project: Project, name: str, **which: Any) -> DataVersionRow | None:
    rows = DataVersionRow.objects.filter(project=project, name=name, **which).exclude(profile="")
    return rows.order_by("-number").first()


def _of(row: DataVersionRow) -> Reference:
    return Reference(f"{row.name}@{row.number}", f"{row.name}, version {row.number}", row.profile)


def checks(project: Project, name: str) -> list[EvidenceRow]:
    """The latest drift measurements of a dataset, by counts and by classifiers, the newest first."""
    rows = EvidenceRow.objects.filter(
        project=project, kind__in=("drift", "separability"), rests__subject=f"dataset:{name}"
    )
    found = rows.select_related("record").order_by("-id").distinct()[:CHECKS]
    return [row for row in found if (row.record.content.get("data") or {}).get("name") == name]


def last_checks(project: Project, name: str) -> list[dict[str, Any]]:
    """The newest drift measurement of each feature against each reference, the farthest first."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for row in checks(project, name):
        said = read_evidence(row.record.content)
        if isinstance(said, Drift | Separability):
            seen.setdefault((str(said.reference), said.feature), {"digest": row.digest, "said": said})
    return sorted(
        seen.values(), key=lambda c: -(c["said"].value if c["said"].value == c["said"].value else -1.0)
    )


def _checked_against(project: Project, name: str, threshold: float) -> DataVersionRow | None:
    """What the latest drift check of this dataset that found drift compared with, else the latest check; only where
    the profile of that version is kept."""
    said = [row.record.content for row in checks(project, name) if row.kind == "drift"]
    found = [c for c in said if c.get("interval") and float(c["interval"]["lower"]) > threshold]
    seen: set[tuple[str, str]] = set()
    for content in [*found, *said]:
        of = content["reference"]
        if (of["name"], of["version"]) in seen:
            continue
        seen.add((of["name"], of["version"]))
        counted = re.fullmatch(r"v(\d{1,9})", of["version"])
        which = {"number": int(counted[1])} if counted else {"digest__startswith": of["version"]}
        if row := _version(project, of["name"], **which):
            return row
    return None


def _first_days(project: Project, name: str) -> Reference | None:
    rows = list(DayProfile.objects.filter(project=project, name=name).order_by("day")[: FIRST_DAYS + 1])
    if len(rows) <= FIRST_DAYS:
        return None
    texts = tuple(row.profile for row in rows[:FIRST_DAYS])
    return Reference(FIRST, f"its own first {FIRST_DAYS} days", _summed(texts))


@lru_cache(maxsize=16)
def _summed(texts: Sequence[str]) -> str:
    parts = [Profile.read(text) for text in texts]
    return sum(parts[1:], parts[0]).text()


def heat(project: Project, name: str, against: Reference, shown: Sequence[DayProfile]) -> Map:
    """The map of a dataset's days against a reference."""
    threshold = threshold_of(project)
    found: dict[tuple[str, date], Cell] = {}
    for row in shown:
        for one in _cells(_Text(against.digest, against.text), _Day(row), threshold):
            found[one.feature, row.day] = one
    far: dict[str, float] = {}
    for (feature, _), one in found.items():
        far[feature] = max(far.get(feature, -1.0), -1.0 if one.value is None else one.value)
    named = sorted((f for f in far if far[f] >= 0), key=lambda f: (-far[f], f))
    return Map(tuple(shown), tuple(named[:FEATURES]), found, len(far) - len(named[:FEATURES]), threshold)


def cell(against: Reference, row: DayProfile, feature: str, threshold: float) -> ColumnDrift:
    """One feature on one day, with both distributions: as `sextant drift` says it. `NotFound` for a feature that one
    of them lacks."""
    before, now = Profile.read(against.text), Profile.read(row.profile)
    both = {c.name for c in before.columns} & {c.name for c in now.columns}
    if feature not in both:
        raise NotFound(f"there is no feature {feature[:80]!r} in both", todo="choose one on the map")
    [found] = drift(before.only([feature]), now.only([feature]), threshold=threshold).columns
    return found


def names_rows(column: Column) -> bool:
    """Whether whole numbers name rows, so that they always move on: hardly any two of 500 or more rows are alike."""
    whole = "int" in column.type and column.kind == "number"
    return whole and column.present >= _ROWS and column.distinct.lower >= 0.9 * column.present


class _Keyed:
    """Something long that is known by its digest, so that it can be remembered by it."""

    def __init__(self, digest: str) -> None:
        self.digest = digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.digest == self.digest


class _Text(_Keyed):
    def __init__(self, digest: str, text: str) -> None:
        super().__init__(digest)
        self.profile = text


class _Day(_Keyed):
    """A day whose profile is fetched only when it must be read."""

    def __init__(self, row: DayProfile) -> None:
        super().__init__(row.digest)
        self.row = row

    @property
    def profile(self) -> str:
        return self.row.profile


@lru_cache(maxsize=16)
def _read(of: _Text) -> Profile:
    return Profile.read(of.profile)


@lru_cache(maxsize=2048)
def _cells(against: _Text, day: _Day, threshold: float) -> tuple[Cell, ...]:
    before = {c.name: c for c in _read(against).columns}
    found = []
    for now in Profile.read(day.profile).columns:
        old = before.get(now.name)
        if old is None:
            continue
        if (
            why := "each row has a whole number of its own, as in an id"
            if names_rows(old)
            else incomparable(old, now)
        ):
            found.append(Cell(now.name, "not_compared", why=why))
            continue
        counts = compared(old, now)
        bounds = distance_interval(counts.reference, counts.current, resamples=RESAMPLES)
        if bounds.undefined:
            found.append(Cell(now.name, "not_compared", why=bounds.undefined))
            continue
        verdict: Literal["drifted", "steady", "open"] = (
            "drifted" if bounds.lower > threshold else "steady" if bounds.upper <= threshold else "open"
        )
        found.append(Cell(now.name, verdict, bounds.value, bounds.lower, bounds.upper))
    return tuple(found)
