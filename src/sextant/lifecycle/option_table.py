"""Options side by side: what was measured on each, what is only assumed, who wins, and what would change that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sextant.criteria import Criterion, Origin
from sextant.evidence import Version
from sextant.lifecycle.checks.clauses import faults
from sextant.lifecycle.checks.model import measured_on
from sextant.lifecycle.state import ProjectState
from sextant.model.documents import ModelOption, ModelRequirements, OptionDecision
from sextant.model.options import (
    LESS_IS_BETTER,
    Move,
    Scored,
    Turn,
    break_even,
    cheapest,
    moves,
    rank,
    sensitivity,
)
from sextant.phrases import number, number_text

#: What an option itself says, with its label and unit; `None` as a unit means the project's currency.
GIVEN: Mapping[str, tuple[str, str | None]] = {
    "fixed_cost": ("Cost once", None), "unit_cost": ("Cost an answer", None), "control": ("Control", "of 5"),
    "expertise": ("Skills at hand", "of 5"), "data_at_hand": ("Data at hand", "of 5"),
    "weeks_to_market": ("Weeks to market", "weeks"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Factor:
    """Something that options are compared by: a target, or a field of the options."""

    key: str
    label: str
    unit: str
    lower_is_better: bool
    criterion: Criterion | None = None
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Cell:
    """An option's number for a factor. `origin` is measured, declared, assumed, given (the option says so), or empty where
    there is none; `why` says what is behind it, or what is missing."""

    value: float | None
    origin: str
    lower: float | None = None
    upper: float | None = None
    digest: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One option with its numbers by factor. `key` is empty for how things stand today, which is no option."""

    key: str
    name: str
    approach: str
    version: Version | None
    cells: Mapping[str, Cell]
    ruled_out: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two options cost the same at this many answers."""

    one: str
    other: str
    volume: float


@dataclass(frozen=True, slots=True)
class OptionTable:
    """The comparison. `ranking`, `turns` and `moves` are empty as long as something `lacks`; `costs` holds (once, an
    answer) of each option that says both; `course` from which volume on which is the cheapest."""

    factors: tuple[Factor, ...]
    rows: tuple[Row, ...]
    today: Row
    ranking: tuple[Scored, ...]
    turns: tuple[Turn, ...]
    moves: tuple[Move, ...]
    lacks: tuple[str, ...]
    costs: Mapping[str, tuple[float, float]]
    crossings: tuple[Crossing, ...]
    course: tuple[tuple[float, str], ...]
    volume: float | None
    chosen: str | None
    assumed: bool
    has_rules: bool

    def name(self, key: str) -> str:
        return next((r.name for r in self.rows if r.key == key), key)

    def factor(self, key: str) -> Factor:
        return next(f for f in self.factors if f.key == key)


def option_table(state: ProjectState, weights: Mapping[str, float] | None = None) -> OptionTable:
    """Every option against everything that counts. With `weights` as they are tried, else as they were decided; where
    nothing was decided, the requirements and the time to market count one each.

    A target's number is the latest that was measured on the option's version; until there is one, what somebody assumed
    stands in, and is called so. The cost of an answer is the measured one where the cost requirement is in the
    project's currency and says for how many answers it is. How things stand today is always a row, out of the targets' baselines.
    """
    options = {w.key: o for o, w in state.all(ModelOption)}
    found = state.one(OptionDecision)
    decision = found[0] if found else OptionDecision()
    decided = {w.factor: w.weight for w in decision.weights}
    used = dict(weights) if weights is not None else decided or _first_weights(state)
    factors = tuple(_factor(state, key, used.get(key, 0.0)) for key in _factors(state, used, options))
    rows = tuple(_row(state, key, option, factors) for key, option in options.items())
    today = Row("", "As it is today", "", None, {f.key: _today(f) for f in factors})
    compared = [r for r in rows if not r.ruled_out]
    counting = [f for f in factors if f.weight > 0]
    lacks = _lacks(compared, counting)
    ranking: tuple[Scored, ...] = ()
    turns: tuple[Turn, ...] = ()
    moved: tuple[Move, ...] = ()
    if not lacks:
        numbers = {r.key: {f.key: float(r.cells[f.key].value or 0) for f in counting} for r in compared}
        by, lower = {f.key: f.weight for f in counting}, [f.key for f in counting if f.lower_is_better]
        ranking = tuple(rank(numbers, by, lower_is_better=lower))
        turns = tuple(sensitivity(numbers, by, lower_is_better=lower))
        moved = tuple(m for m in moves(numbers, by, lower_is_better=lower) if _possible(m, factors))
    costs = {
        r.key: (once, each)
        for r in compared
        if (once := _cost(r, "fixed_cost")) is not None and (each := _cost(r, "unit_cost")) is not None
    }
    names = sorted(costs)
    crossings = tuple(
        Crossing(a, b, at)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if (at := break_even(*costs[a], *costs[b])) is not None
    )
    return OptionTable(
        factors, rows, today, ranking, turns, moved, tuple(lacks), costs,
        tuple(sorted(crossings, key=lambda c: c.volume)), tuple(cheapest(costs)), decision.volume, decision.chosen,
        any(c.origin == "assumed" and f.weight > 0 for r in compared for f in factors for c in (r.cells[f.key],)),
        any(o.approach == "rules" for o in options.values()),
    )  # fmt: skip


def _possible(move: Move, factors: tuple[Factor, ...]) -> bool:
    """Whether the number that would turn the winner is one that there can be: no share above one, no cost below zero."""
    if move.number is None:
        return False
    factor = next(f for f in factors if f.key == move.factor)
    low, high = 0.0, math.inf
    if factor.unit in ("share", "%"):
        high = 1.0 if factor.unit == "share" else 100.0
    elif factor.unit == "of 5":
        low, high = 1.0, 5.0
    elif move.now < 0:
        low = -math.inf
    return low <= move.number <= high


def _first_weights(state: ProjectState) -> dict[str, float]:
    found = state.one(ModelRequirements)
    asked = found[0] if found else ModelRequirements()
    keys = [k for k in (asked.quality, asked.latency, asked.cost, asked.fairness) if k in state.criteria]
    return {**{str(k): 1.0 for k in keys}, "weeks_to_market": 1.0}


def _factors(
    state: ProjectState, weights: Mapping[str, float], options: Mapping[str, ModelOption]
) -> list[str]:
    found = state.one(ModelRequirements)
    asked = found[0].plain() if found else {}
    named = [
        asked[s]
        for s in ("quality", "latency", "cost", "fairness", "explainability", "robustness")
        if s in asked
    ]
    guessed = [g.criterion for o in options.values() for g in o.assumed]
    keys = dict.fromkeys([*named, *weights, *guessed, *GIVEN])
    return [k for k in keys if k in state.criteria or k in GIVEN]


def _factor(state: ProjectState, key: str, weight: float) -> Factor:
    criterion = state.criteria.get(key)
    if criterion is not None:
        return Factor(
            key, criterion.name, criterion.unit, criterion.direction == "at_most", criterion, weight
        )
    label, unit = GIVEN[key]
    return Factor(key, label, state.currency if unit is None else unit, key in LESS_IS_BETTER, None, weight)


def _row(state: ProjectState, key: str, option: ModelOption, factors: tuple[Factor, ...]) -> Row:
    return Row(
        key, option.name or key, option.approach, option.version,
        {f.key: _cell(state, option, f) for f in factors}, option.ruled_out,
    )  # fmt: skip


def _cell(state: ProjectState, option: ModelOption, factor: Factor) -> Cell:
    if factor.criterion is not None:
        measured = _measured(state, option, factor.criterion)
        guess = next((g for g in option.assumed if g.criterion == factor.key), None)
        if measured.value is not None or guess is None:
            return measured
        return Cell(guess.value, "assumed", why=guess.source or "assumed; nobody said where from")
    if factor.key == "unit_cost" and (each := _cost_of_an_answer(state, option)) is not None:
        return each
    given = getattr(option, factor.key)
    return Cell(None, "", why="not written yet") if given is None else Cell(float(given), "given")


def _cost_of_an_answer(state: ProjectState, option: ModelOption) -> Cell | None:
    """The number of the cost requirement for one answer, where it is in the project's currency and somebody said for how
    many answers it is; else None, and what the option says stands."""
    found = state.one(ModelRequirements)
    criterion = state.criteria.get(found[0].cost or "") if found else None
    answers = found[0].cost_answers if found else None
    if criterion is None or answers is None or criterion.unit != state.currency:
        return None
    cell = _measured(state, option, criterion)
    if cell.value is None:
        return None
    lower, upper = (None if end is None else end / answers for end in (cell.lower, cell.upper))
    return Cell(cell.value / answers, cell.origin, lower, upper, cell.digest, cell.why)


def _measured(state: ProjectState, option: ModelOption, criterion: Criterion) -> Cell:
    if option.version is None:
        return Cell(None, "", why="it names no model version")
    found = measured_on(state, criterion, option.version)
    if found is None:
        return Cell(None, "", why="not measured on it")
    measurement, stored = found
    if measurement.origin is Origin.DECLARED:
        return Cell(measurement.value, "declared", digest=stored.digest, why="declared, not measured")
    if clause := faults(state, stored, ignoring=option.version):
        return Cell(None, "", why=clause.said)
    interval = measurement.interval
    return Cell(
        measurement.value, "measured", interval.lower if interval else None, interval.upper if interval else None,
        stored.digest,
    )  # fmt: skip


def _today(factor: Factor) -> Cell:
    baseline = factor.criterion.baseline if factor.criterion else None
    if baseline is None:
        return Cell(None, "", why="nobody said where it stands")
    return Cell(baseline.value, "given", why=baseline.source)


def _cost(row: Row, name: str) -> float | None:
    cell = row.cells.get(name)
    return cell.value if cell else None


def _lacks(compared: list[Row], counting: list[Factor]) -> list[str]:
    """What stands in the way of a ranking, in words."""
    if len(compared) < 2:
        return [f"{len(compared) or 'No'} option is compared; a choice takes two or more."]
    if not counting:
        return ["Nobody said yet what counts how much."]
    found = []
    for row in compared:
        names = [
            f.label
            for f in counting
            if row.cells[f.key].value is None or not math.isfinite(row.cells[f.key].value or 0)
        ]
        if names:
            found.append(f"{row.name} has no number for {', '.join(names)}.")
    return found


def what_turns_it(table: OptionTable) -> str:
    """What would change the winner, in words to be kept with the decision; empty as long as there is none."""
    if not table.ranking:
        return ""
    text = f"{table.name(table.ranking[0].option)} comes first"
    turn = next((t for t in table.turns if t.weight is not None), None)
    if turn is None or turn.weight is None:
        text += ", whatever a single weight is"
    else:
        text += f", until {table.factor(turn.factor).label} weighs {number(turn.weight)} instead of {number(turn.now)}"
        text += f": then {table.name(turn.winner)} draws level"
    if table.moves:
        move = table.moves[0]
        factor = table.factor(move.factor)
        there = number_text(move.number, factor.unit, against=move.now)
        now = number_text(move.now, factor.unit, against=move.number)
        text += f". It also turns if {factor.label} of {table.name(move.option)} is {there} instead of {now}"
        text += f": then {table.name(move.winner)} draws level"
    return f"{text}."


def plain(table: OptionTable) -> dict[str, Any]:
    """The comparison as plain values, for programs."""
    return {
        "factors": [
            {"key": f.key, "label": f.label, "unit": f.unit, "lower_is_better": f.lower_is_better, "weight": f.weight}
            for f in table.factors
        ],
        "options": [
            {
                "key": r.key, "name": r.name, "approach": r.approach, "ruled_out": r.ruled_out,
                "model": f"{r.version.name}@{r.version.version}" if r.version else "",
                "numbers": {
                    k: {"value": c.value, "origin": c.origin, "lower": c.lower, "upper": c.upper, "evidence": c.digest,
                        "why": c.why}
                    for k, c in r.cells.items()
                },
            }
            for r in (*table.rows, table.today)
        ],
        "ranking": [{"option": s.option, "score": s.score} for s in table.ranking],
        "lacks": list(table.lacks), "what_turns_it": what_turns_it(table),
        "weights_that_turn": [
            {"factor": t.factor, "now": t.now, "weight": t.weight, "winner": t.winner} for t in table.turns
        ],
        "numbers_that_turn": [
            {"option": m.option, "factor": m.factor, "now": m.now, "number": m.number, "winner": m.winner}
            for m in table.moves
        ],
        "break_even": [{"one": c.one, "other": c.other, "answers": c.volume} for c in table.crossings],
        "cheapest": [{"from_answers": volume, "option": key} for volume, key in table.course],
        "chosen": table.chosen, "volume": table.volume, "assumed": table.assumed,
    }  # fmt: skip


__all__ = [
    "GIVEN",
    "Cell",
    "Crossing",
    "Factor",
    "OptionTable",
    "Row",
    "option_table",
    "plain",
    "what_turns_it",
]
