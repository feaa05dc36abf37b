"""Evaluations that another tool has run: its cases with their scores, as evidence.

    Case       one case in one run: its score, or the error that it ended in
    Outside    an evaluation: who ran it, on which model and cases, and when
    evidence   one of its scores as proof for a target

Where cases were run several times (epochs, repeats), the runs of one case say less than as many cases would: each case
counts once, with the mean of its runs. A case that ended in an error is a miss where scores lie between 0 and 1: a system
that breaks has not answered. Elsewhere there is no score for a miss, and such a case is left out and said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sextant.canonical import digest
from sextant.criteria import Criterion, Setting
from sextant.errors import InvalidInput
from sextant.evidence import Mean, Measurement, Producer, Proportion, Soundness, Version
from sextant.phrases import number
from sextant.stats.moments import Moments


@dataclass(frozen=True, slots=True)
class Case:
    """One case in one run. `scores` by their name; `error` is "" where it ended well; `where` is what it is labelled
    with, such as a group."""

    id: str
    scores: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outside:
    """An evaluation that another tool has run.

    tool, tool_version  what ran it
    name, model         of the evaluation, and of what was asked, as the tool calls them
    cases               a case stands there once for each run
    planned             how many cases there should be in each run; None where the tool does not say
    runs                how often each case was to be run
    finished            whether the tool says that it came to its end; `why` if not
    data                digest of what was asked
    """

    tool: str
    tool_version: str
    name: str
    model: str
    at: datetime
    cases: tuple[Case, ...]
    data: str
    planned: int | None = None
    runs: int = 1
    finished: bool = True
    why: str = ""
    seconds: float | None = None
    code: str | None = None

    @property
    def scores(self) -> tuple[str, ...]:
        """The names of the scores, in the order in which they come."""
        return tuple(dict.fromkeys(name for case in self.cases for name in case.scores))

    @property
    def errors(self) -> int:
        return sum(bool(case.error) for case in self.cases)


@dataclass(frozen=True, slots=True)
class Scored:
    """One score: the mean of each case over its runs. `share` says that they lie between 0 and 1, `whole` that each is
    0 or 1; `missed` cases ended in an error and count as 0, or (`left_out`) not at all; `unscored` have neither a score nor
    an error."""

    values: tuple[float, ...]
    share: bool
    whole: bool
    missed: int
    left_out: int
    unscored: int


def scored(found: Outside, score: str | None = None, where: Mapping[str, str] | None = None) -> Scored:
    """The values of one score, one for each case that `where` is true of. Raises `InvalidInput` for a score that is not
    there, and for several where none is named.

    >>> from datetime import UTC
    >>> runs = [Case("a", {"match": 1.0}), Case("a", {"match": 0.0}), Case("b", {"match": 1.0}), Case("b", error="broke")]
    >>> log = Outside("tool", "1", "e", "m", datetime(2026, 1, 1, tzinfo=UTC), tuple(runs), "0" * 64, runs=2)
    >>> scored(log).values
    (0.5, 0.5)
    """
    name = _chosen(found, score)
    kept = [case for case in found.cases if all(case.where.get(k) == v for k, v in (where or {}).items())]
    share = all(0 <= case.scores[name] <= 1 for case in kept if name in case.scores)
    by_case: dict[str, list[float]] = {}
    missed = left_out = unscored = 0
    for case in kept:
        if name in case.scores and not case.error:
            by_case.setdefault(case.id, []).append(case.scores[name])
        elif case.error and share:
            missed += 1
            by_case.setdefault(case.id, []).append(0.0)
        elif case.error:
            left_out += 1
        else:
            unscored += 1
    values = tuple(math.fsum(v) / len(v) for v in by_case.values())
    return Scored(values, share, all(v in (0.0, 1.0) for v in values), missed, left_out, unscored)


def evidence(
    found: Outside,
    criterion: Criterion,
    *,
    score: str | None = None,
    model: Version | None = None,
    data: Version | None = None,
    setting: Setting = Setting.OFFLINE,
) -> Measurement:
    """One score of an evaluation as proof for a target: a proportion where each case is right or wrong, else a mean over
    cases. `model` and `data` are the versions as the project calls them; the data is named by the digest of its cases
    where nobody does."""
    name = _chosen(found, score)
    taken = scored(found, name, criterion.slice)
    unit = "share" if taken.share else criterion.unit
    if taken.share and criterion.unit not in ("share", "%"):
        raise InvalidInput(
            f"the score {name} lies between 0 and 1, and {criterion.key} is in {criterion.unit}",
            rule="a share is judged in share or %", todo="name another score or another target",
        )  # fmt: skip
    kind: type[Measurement]
    fields: dict[str, Any]
    if taken.whole and taken.share:
        kind, fields = Proportion, {"successes": round(sum(taken.values)), "trials": len(taken.values)}
    else:
        moments = Moments.of(taken.values)
        kind = Mean
        fields = {"n": moments.n, "mean": moments.mean if moments.n else 0.0, "m2": moments.m2}
    expected, had = found.planned, len({case.id for case in found.cases})
    complete = found.finished and not taken.unscored and (expected is None or had >= expected)
    runs = f", each case run {number(found.runs)} times" if found.runs > 1 else ""
    return kind.of(
        level=criterion.level, sides=criterion.sides, criterion=criterion.key, slice=criterion.slice, unit=unit,
        measure_digest=criterion.measure_digest, setting=setting, at=found.at, model=model, code=found.code,
        estimand=f"{name} of {found.model} on {found.name}{runs}",
        data=data or Version.of("dataset", _key(found.name), found.data[:12]),
        producer=Producer(name=found.tool, version=found.tool_version, seconds=found.seconds),
        soundness=(Soundness(rule="whole_test_set", holds=complete, detail=_detail(found, taken, had)),),
        note=_note(found, taken), **fields,
    )  # fmt: skip


def _chosen(found: Outside, score: str | None) -> str:
    names = found.scores
    if not names:
        raise InvalidInput("no case has a score", where=found.name)
    if score is None and len(names) > 1:
        raise InvalidInput(
            f"there are {len(names)} scores",
            where=found.name,
            rule=f"scores are {', '.join(names)}",
            todo="name one",
        )
    if score is not None and score not in names:
        raise InvalidInput(
            f"there is no score {score!r}", where=found.name, rule=f"scores are {', '.join(names)}"
        )
    return score or names[0]


def _detail(found: Outside, taken: Scored, had: int) -> str:
    said = [f"{number(had)} of {number(found.planned)} cases are there"] if found.planned is not None else []
    if taken.unscored:
        said.append(f"{number(taken.unscored)} have no such score")
    if not found.finished:
        said.append(found.why or "it did not come to its end")
    return "; ".join(said)


def _note(found: Outside, taken: Scored) -> str | None:
    said = []
    if taken.missed:
        said.append(f"{number(taken.missed)} ended in an error, and count as wrong.")
    if taken.left_out:
        said.append(f"{number(taken.left_out)} ended in an error, and were left out.")
    return " ".join(said) or None


def _key(text: str) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in text.lower()).strip("-_")
    return kept[:80] or "cases"


def digest_of_cases(asked: Sequence[Any]) -> str:
    """One digest of what was asked, whatever the order of the cases."""
    return digest(sorted(digest(one) for one in asked))
