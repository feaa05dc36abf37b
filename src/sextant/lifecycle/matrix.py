"""Every run against every requirement at once: the matrix, the trend of the main target, and the trade-offs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sextant.criteria import Criterion, Setting
from sextant.evidence import Measurement, Version
from sextant.lifecycle.staleness import stale_reasons
from sextant.lifecycle.state import ProjectState, Stored
from sextant.model.documents import ModelRequirements, RunMeasures
from sextant.model.fronts import front
from sextant.model.runs import Run, measured
from sextant.phrases import with_unit
from sextant.verdicts import Proof, Status, Verdict, judge

#: The sides of the requirements, in the order in which they stand in the matrix.
SIDES = ("quality", "latency", "cost", "fairness", "explainability", "robustness")
#: The families whose targets a model can meet or miss on the desk.
_ABOUT_ANSWERS = ("ml", "fairness", "explainability", "safety")
_FAMILIES = (*_ABOUT_ANSWERS, "system", "cost")


@dataclass(frozen=True, slots=True)
class Column:
    """One requirement: the target, and which side of the requirements it is (empty: it is only a target)."""

    criterion: Criterion
    side: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A run's answer to one requirement. `digest` names stored proof; empty where the run's own number speaks."""

    criterion: Criterion
    verdict: Verdict
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One run with its answers, in the order of the columns. `id` is how whoever keeps it calls it."""

    id: int
    run: Run
    where: str
    experiment: str
    cells: tuple[Cell, ...]

    @property
    def met(self) -> int:
        return sum(c.verdict.status is Status.MET for c in self.cells)

    @property
    def ready(self) -> bool:
        """Whether every requirement is met on its own numbers."""
        return bool(self.cells) and self.met == len(self.cells)

    @property
    def at(self) -> datetime | None:
        return self.run.started_at or self.run.ended_at

    def cell(self, key: str) -> Cell | None:
        return next((c for c in self.cells if c.criterion.key == key), None)


@dataclass(frozen=True, slots=True)
class Point:
    """The main target's number of one run."""

    id: int
    name: str
    at: datetime
    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class TradeOffs:
    """What runs reach in quality, latency and cost at once, as far as there are targets for them. `best` are the runs
    that no other beats in everything; `left_out` how many lack a number."""

    factors: tuple[Criterion, ...]
    numbers: Mapping[int, Mapping[str, float]]
    best: tuple[int, ...]
    left_out: int


def columns(state: ProjectState) -> list[Column]:
    """The requirements first, in their own order, then every other target that a model can meet on the desk. Times and
    costs of other things than the model are left out, once somebody said which target its latency and its cost is."""
    found = state.one(ModelRequirements)
    named: dict[str, str] = {}
    for side in SIDES:
        key: str | None = getattr(found[0], side) if found else None
        if key is not None and key in state.criteria:
            named.setdefault(key, side)
    rest = [
        key
        for key, c in state.criteria.items()
        if key not in named
        and c.family in (_ABOUT_ANSWERS if named else _FAMILIES)
        and c.role == "target"
        and Setting.OFFLINE in c.judged_in
    ]
    return [Column(state.criteria[key], named.get(key, "")) for key in [*named, *rest]]


def row(
    state: ProjectState, shown: Sequence[Column], *, id: int, run: Run, where: str = "", experiment: str = "",
    stored: Mapping[str, Sequence[Stored]] | None = None,
) -> Row:  # fmt: skip
    """A run's answers. What was stored on its version (`stored`, by target) counts before the run's own number where it
    was measured later or nearer to real use."""
    found = state.one(RunMeasures)
    cells = []
    for column in shown:
        criterion = column.criterion
        own = measured(run, criterion, found[0] if found else None, where=where)
        proofs = [_proof(state, s, run.version) for s in (stored or {}).get(criterion.key, ())]
        kept = {p.digest for p in proofs}
        if own is not None and own.proof is not None and not (kept and own.proof.digest() in kept):
            proofs.append(Proof(own.proof, ""))
        if proofs:
            verdict = judge(
                criterion, proofs, now=state.now, setting=Setting.OFFLINE, allow_simulated=state.simulated
            )
        elif own is not None:
            verdict = own.judge(state.now, allow_simulated=state.simulated)
        else:
            verdict = Verdict(Status.MISSING, "This run has no number for it.", criterion.key)
        cells.append(Cell(criterion, verdict, verdict.evidence or ""))
    return Row(id, run, where, experiment, tuple(cells))


def _proof(state: ProjectState, stored: Stored, version: Version | None) -> Proof:
    # That the product has moved on to another version says nothing against a run's own numbers.
    ev = stored.evidence
    assert isinstance(ev, Measurement)  # noqa: S101 - only measurements are asked for
    return Proof(ev, stored.digest, stale_reasons([v for v in ev.rests_on if v != version], state.subjects))


def main_target(shown: Sequence[Column]) -> Criterion | None:
    """The target whose trend is looked at: the quality requirement, else the first about the model's answers."""
    first = next((c for c in shown if c.side == "quality"), None)
    first = first or next((c for c in shown if c.criterion.family == "ml"), None)
    return (first or shown[0]).criterion if shown else None


def trend(rows: Iterable[Row], key: str) -> list[Point]:
    """A target's number of each run that has one, the earliest first."""
    points = []
    for one in rows:
        cell = one.cell(key)
        if cell and one.at and cell.verdict.value is not None and math.isfinite(cell.verdict.value):
            v = cell.verdict
            points.append(
                Point(one.id, one.run.name or one.run.key, one.at, cell.verdict.value, v.lower, v.upper)
            )
    return sorted(points, key=lambda p: p.at)


def trade_offs(rows: Sequence[Row], shown: Sequence[Column]) -> TradeOffs | None:
    """Quality against latency and cost; None where fewer than two of them have a target."""
    sides = {c.side: c.criterion for c in reversed(shown) if c.side in ("quality", "latency", "cost")}
    families = {"quality": "ml", "latency": "system", "cost": "cost"}
    for side, family in families.items():
        if side not in sides:
            found = next((c.criterion for c in shown if c.criterion.family == family), None)
            if found is not None:
                sides[side] = found
    factors = tuple(sides[s] for s in families if s in sides)
    if len(factors) < 2:
        return None
    numbers: dict[int, dict[str, float]] = {}
    for one in rows:
        own = {}
        for c in factors:
            cell = one.cell(c.key)
            if cell and cell.verdict.value is not None and math.isfinite(cell.verdict.value):
                own[c.key] = cell.verdict.value
        if len(own) == len(factors):
            numbers[one.id] = own
    lower = [c.key for c in factors if c.direction == "at_most"]
    best = front({str(i): n for i, n in numbers.items()}, [c.key for c in factors], lower_is_better=lower)
    return TradeOffs(factors, numbers, tuple(int(i) for i in best), len(rows) - len(numbers))


def trend_sentence(points: Sequence[Point], criterion: Criterion, since: datetime | None = None) -> str:
    """How the main target is heading, in one sentence: the latest, the best, and whether that moved since `since`.

    Whether a move is more than chance is said only where both have a range: they do not touch, or they do.
    """
    if not points:
        return f"No run has a number for {criterion.name} yet."
    higher = criterion.direction == "at_least"

    def better(one: Point, other: Point) -> bool:
        return one.value > other.value if higher else one.value < other.value

    best = points[0]
    for point in points:
        best = point if better(point, best) else best
    latest = points[-1]
    text = f"{criterion.name}: {with_unit(latest.value, criterion.unit)} in the latest run"
    text += "" if best is latest else f", {with_unit(best.value, criterion.unit)} in the best"
    before = [p for p in points if since is not None and p.at <= since]
    if since is None or not before:
        return f"{text}; {len(points)} run{'s' * (len(points) != 1)} measured."
    news = [p for p in points if p.at > since]
    if not news:
        return f"{text}; no new run has a number since {since.date()}."
    old = before[0]
    for point in before:
        old = point if better(point, old) else old
    top = news[0]
    for point in news:
        top = point if better(point, top) else top
    if not better(top, old):
        return f"{text}; none of {len(news)} new runs since {since.date()} is better than the best before."
    gained = f"{text}; the best moved from {with_unit(old.value, criterion.unit)} to {with_unit(top.value, criterion.unit)}"
    ends = (old.lower, old.upper, top.lower, top.upper)
    if any(end is None for end in ends):
        return f"{gained} since {since.date()}."
    apart = (top.lower or 0) > (old.upper or 0) if higher else (top.upper or 0) < (old.lower or 0)
    return f"{gained} since {since.date()}, {'more than chance makes' if apart else 'which may be chance: their ranges touch'}."
