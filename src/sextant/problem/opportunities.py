"""Opportunities, before there is a project: rated on four sides, scored by stated weights, compared, one chosen.

The score is a weighted mean of ratings (W. Edwards, "How to use multiattribute utility measurement for social
decisionmaking", IEEE Transactions on Systems, Man, and Cybernetics 7(5), 1977). It orders a conversation; it
measures nothing. `tips` says which weight the choice hangs on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, model_validator

from sextant.canonical import Frozen
from sextant.criteria import Key
from sextant.documents import Words
from sextant.errors import InvalidInput

Side = Literal["value", "feasibility", "data", "risk"]
SIDES: tuple[Side, ...] = get_args(Side)
#: What each side asks, with what 1 and 5 mean.
ASKS: dict[Side, str] = {
    "value": "What is it worth if it works? 1 little, 5 very much.",
    "feasibility": "Can it be done with today's methods and people? 1 hardly, 5 easily.",
    "data": "Is the data there? 1 none in sight, 5 at hand and good.",
    "risk": "What can go wrong, and how bad is it? 1 little, 5 very much.",
}


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Rating = Annotated[Annotated[int, Field(ge=1, le=5)] | None, BeforeValidator(_blank)]
#: A list that one compares by eye; more than this is no list of opportunities.
MOST = 500


class Opportunity(Frozen):
    """Something that might become a project. Its ratings run from 1 to 5; a high risk counts against it."""

    key: Key
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    problem: Words = ""
    value: Rating = None
    feasibility: Rating = None
    data: Rating = None
    risk: Rating = None
    lead: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    note: Words = ""


class Weights(Frozen):
    """How much each side counts. Only their proportion matters; a side with weight 0 need not be rated."""

    value: float = Field(40, ge=0, le=100, allow_inf_nan=False)
    feasibility: float = Field(25, ge=0, le=100, allow_inf_nan=False)
    data: float = Field(20, ge=0, le=100, allow_inf_nan=False)
    risk: float = Field(15, ge=0, le=100, allow_inf_nan=False)

    @model_validator(mode="after")
    def _counts(self) -> Weights:
        if self.total <= 0:
            raise ValueError("one weight at least must be above 0")
        return self

    @property
    def total(self) -> float:
        return self.value + self.feasibility + self.data + self.risk

    def share(self, side: Side) -> float:
        """The side's part of the whole, from 0 to 1."""
        return float(getattr(self, side)) / self.total


@dataclass(frozen=True, slots=True)
class Scored:
    """An opportunity with its score from 0 to 100 and its rank; both None while a side that counts is not rated.
    `parts` are the points that each side brings, `unrated` the sides that are still open."""

    opportunity: Opportunity
    score: float | None
    rank: int | None
    parts: dict[Side, float]
    unrated: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Tip:
    """A single change of a weight that would put another one first."""

    side: Side
    change: Literal["half", "double"]
    first: str


def score(opportunity: Opportunity, weights: Weights | None = None) -> float | None:
    """The score from 0 to 100: the weighted mean of the ratings, with risk turned round; None while a side that
    counts is not rated.

    >>> score(Opportunity(key="forms", title="Read forms", value=5, feasibility=3, data=3, risk=3))
    70.0
    """
    parts = _parts(opportunity, weights or Weights())
    return None if parts is None else round(sum(parts.values()), 6)


def rank(opportunities: Iterable[Opportunity], weights: Weights | None = None) -> tuple[Scored, ...]:
    """Scored, the best first; equal scores share a rank, and what is not rated yet comes last in its own order."""
    weights = weights or Weights()
    scores = [(one, score(one, weights)) for one in opportunities]
    rated = sorted(
        ((one, s) for one, s in scores if s is not None), key=lambda pair: (-pair[1], pair[0].title.lower())
    )
    found, place = [], 0
    for number, (one, points) in enumerate(rated, 1):
        if number == 1 or points != rated[number - 2][1]:
            place = number
        found.append(Scored(one, points, place, _parts(one, weights) or {}, ()))
    for one, unknown in scores:
        if unknown is None:
            found.append(Scored(one, None, None, {}, unrated(one, weights)))
    return tuple(found)


def tips(opportunities: Sequence[Opportunity], weights: Weights | None = None) -> tuple[Tip, ...]:
    """Which weight, halved or doubled alone, would put another one first. None of them: the choice does not hang on
    any one weight."""
    weights = weights or Weights()
    first = _first(opportunities, weights)
    if first is None:
        return ()
    found = []
    for side in SIDES:
        for change, factor in (("half", 0.5), ("double", 2.0)):
            # The scale of the weights does not matter, so 100 is no bound here.
            turned = {s: getattr(weights, s) * (factor if s == side else 1) for s in SIDES}
            most = max(turned.values())
            if most <= 0:
                continue
            other = _first(opportunities, Weights(**{s: w / most * 100 for s, w in turned.items()}))
            if other is not None and other.key != first.key:
                found.append(Tip(side, change, other.title))  # type: ignore[arg-type]
    return tuple(found)


def unrated(opportunity: Opportunity, weights: Weights) -> tuple[Side, ...]:
    """The sides that count and are not rated yet."""
    return tuple(s for s in SIDES if getattr(weights, s) > 0 and getattr(opportunity, s) is None)


def read_opportunity(values: dict[str, Any], *, where: str) -> Opportunity:
    """Plain values as an opportunity, or an error that names the place and the field."""
    try:
        return Opportunity.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = str(fault["loc"][0]) if fault["loc"] else ""
        if field in SIDES:
            raise InvalidInput(
                f"{values.get(field)!r} is no rating", where=f"{where}, {field}", rule="a whole number from 1 to 5",
                todo="leave it empty while it is not known",
            ) from error  # fmt: skip
        message = str(fault["msg"]).removeprefix("Value error, ")
        raise InvalidInput(message, where=f"{where}, {field}" if field else where) from error


def read_weights(values: dict[str, Any]) -> Weights:
    """Plain values as weights, or an error that names the field."""
    try:
        return Weights.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        message = str(fault["msg"]).removeprefix("Value error, ")
        raise InvalidInput(
            message, where=f"weight of {fault['loc'][0]}" if fault["loc"] else "weights"
        ) from error


def _parts(opportunity: Opportunity, weights: Weights) -> dict[Side, float] | None:
    if unrated(opportunity, weights):
        return None
    found: dict[Side, float] = {}
    for side in SIDES:
        rating = getattr(opportunity, side)
        if getattr(weights, side) > 0:
            good = 5 - rating if side == "risk" else rating - 1
            found[side] = 100 * weights.share(side) * good / 4
    return found


def _first(opportunities: Sequence[Opportunity], weights: Weights) -> Opportunity | None:
    found = rank(opportunities, weights)
    return found[0].opportunity if found and found[0].rank == 1 else None
