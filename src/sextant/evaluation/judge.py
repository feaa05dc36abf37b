"""A judge that is itself judged: how far a language model's verdicts agree with people's, before they count.

    read        outputs that people and the judge both judged, out of a table with one output a row
    calibrate   agreement with people, and what the judge prefers beyond what people prefer
    shares, moments    what a corrected share or mean needs of them

Verdicts are words (good, bad; or first, second, tie for two answers side by side) or scores. What people say is, of
words, what most of them say; of scores, their mean. Where most is nobody, people themselves do not agree: the output
is left out and counted.

Preferences are measured against people, never alone: a longer answer is often the better one. Source of the three:
Zheng et al., "Judging LLM-as-a-judge with MT-bench and Chatbot Arena" (2023), section 3.3.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sextant.errors import InvalidInput
from sextant.phrases import number
from sextant.stats._checks import one_of
from sextant.stats.coincidence import cohen_interval
from sextant.stats.correlation import pearson, spearman
from sextant.stats.intervals import Bounds, clopper_pearson, difference_means, mean_t, wilson
from sextant.stats.moments import Moments
from sextant.tables import Table

STATISTICS = ("accuracy", "cohen_kappa", "weighted_kappa", "pearson", "spearman")
#: Those that take scores and not words.
OF_SCORES = ("weighted_kappa", "pearson", "spearman")

_PREFERS = {
    "first": "the answer that is shown first", "longer": "longer answers",
    "own": "answers of its own family",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of the table says what. `people` are several; all but `people` and `verdict` may be left out.

    verdict   what the judge said
    people    what each person said, a column each
    item      the output's id
    swapped   what the judge said with the two answers in the other order, as it said it: `first` is then the other one
    before    what an earlier version of the judge said
    lengths   the length of the output, or of both answers; texts are measured in characters
    makers    which model made the output, or each of both answers
    """

    verdict: str
    people: tuple[str, ...]
    item: str | None = None
    swapped: str | None = None
    before: str | None = None
    lengths: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """What two words mean where two answers stand side by side; every other word is a tie."""

    first: str = "first"
    second: str = "second"

    def sign(self, word: Any) -> int:
        """1 for the first answer, -1 for the second, 0 for neither."""
        return int(word == self.first) - int(word == self.second)


@dataclass(frozen=True, slots=True)
class Both:
    """Outputs that people and the judge both judged, one entry of each list an output. `people` is the consensus.
    A verdict that is not there, or that cannot be read, is the word "" and agrees with nobody."""

    columns: Columns
    scores: bool
    judge: list[Any]
    people: list[Any]
    each: list[tuple[Any, ...]]
    undecided: int = 0
    unread: int = 0
    more: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.judge)


@dataclass(frozen=True, slots=True)
class Preference:
    """How much more the judge prefers something than people do, with its range. `of` is "first", "longer" or "own".

    For words the value is a share: 0.05 says that of 100 pairs the judge gives 5 more to, say, the longer answer. For
    scores it is points."""

    of: str
    bounds: Bounds
    n: int

    @property
    def said(self) -> str:
        if self.bounds.undefined:
            return f"Whether it prefers {_PREFERS[self.of]} cannot be told: {self.bounds.undefined}."
        low, high = self.bounds.lower, self.bounds.upper
        word = "more" if self.bounds.value >= 0 else "less"
        sure = "" if low > 0 or high < 0 else ", which may be chance"
        return (
            f"It prefers {_PREFERS[self.of]} {word} than people do, by {number(abs(self.bounds.value))} "
            f"({_between(low, high)}){sure}."
        )


@dataclass(frozen=True, slots=True)
class Changed:
    """The judge against an earlier version of itself on the same outputs: how many verdicts are other now, and by how
    much more often (or nearer, in points) the present one agrees with people."""

    n: int
    changed: Bounds
    better: Bounds


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far a judge agrees with people.

    agreement     the statistic that was asked for, with its range
    outputs       how many outputs it rests on; `undecided` more had no answer that most people gave
    unread        of these, verdicts that were missing or that nobody could read: they agree with nobody
    people_agree  how often two people give the same answer (of scores: within half a point), None with one person: as
                  well as a judge can be expected to do
    judge_agrees  the same between the judge and each person
    steady        the share of pairs on which the judge keeps to its answer when the order is exchanged, or None
    preferences   what it prefers beyond people
    changed       against an earlier version, or None
    """

    statistic: str
    level: float
    agreement: Bounds
    outputs: int
    undecided: int
    unread: int
    people: int
    people_agree: float | None
    judge_agrees: float | None
    steady: Bounds | None
    preferences: tuple[Preference, ...]
    changed: Changed | None

    def holds(self, bar: float, bias_bar: float | None = None) -> tuple[bool, str]:
        """Whether the judge may judge, and why: the low end of the agreement reaches `bar`, and no preference lies
        beyond `bias_bar` with its whole range."""
        what = _NAMES[self.statistic]
        if self.agreement.undefined:
            return False, f"{what} of judge and people could not be computed: {self.agreement.undefined}"
        lower, upper = self.agreement.lower, self.agreement.upper
        said = (
            f"{what} of judge and people {number(self.agreement.value)} ({_between(lower, upper)}) on "
            f"{number(self.outputs)} outputs"
        )
        if not lower >= bar:
            return False, f"{said}; its low end must reach {number(bar)}"
        if bias_bar is None:
            return True, f"{said}, at least {number(bar)}"
        for one in self.preferences:
            if one.bounds.undefined:
                return False, one.said.rstrip(".")
            if one.bounds.lower > bias_bar or one.bounds.upper < -bias_bar:
                return False, f"{one.said.rstrip('.')}; at most {number(bias_bar)} is allowed"
        return True, f"{said}, at least {number(bar)}"


_NAMES = {
    "accuracy": "agreement", "cohen_kappa": "kappa", "weighted_kappa": "weighted kappa", "pearson": "correlation",
    "spearman": "rank correlation",
}  # fmt: skip


def read(table: Table, columns: Columns, *, scores: bool = False) -> Both:
    """Outputs that people and the judge both judged, out of a table with one output a row.

    Rows on which no person said anything are left out. Raises `InvalidInput` for a column that is not there, a score
    that is no number, an output that stands there twice, and a table without any judged by both.
    """
    if not columns.people:
        raise InvalidInput("no column holds what people said", where=table.name, todo="name one at least")
    wanted = [columns.verdict, *columns.people, *columns.lengths, *columns.makers]
    wanted += [c for c in (columns.item, columns.swapped, columns.before) if c]
    named = {f"c{place}": name for place, name in enumerate(dict.fromkeys(wanted))}
    rows = table.fetch(table.expr.select(**{alias: table.column(name) for alias, name in named.items()}))
    at = dict(zip(named.values(), named, strict=True))
    if columns.item:
        _once([row[at[columns.item]] for row in rows], table.name, columns.item)
    value = _score if scores else _word
    judge: list[Any] = []
    people: list[Any] = []
    each: list[tuple[Any, ...]] = []
    kept: list[Any] = []
    undecided = unread = 0
    for place, row in enumerate(rows, 1):
        said: tuple[Any, ...] = tuple(
            value(row[at[c]], f"{table.name}, row {place}, column {c}")
            for c in columns.people
            if not _missing(row[at[c]])
        )
        if not said:
            continue
        verdict = row[at[columns.verdict]]
        if scores and _missing(verdict):
            unread += 1
            continue
        most = sum(said) / len(said) if scores else _most(said)
        if most is None:
            undecided += 1
            continue
        missing = _missing(verdict)
        unread += missing
        judge.append(
            "" if missing else value(verdict, f"{table.name}, row {place}, column {columns.verdict}")
        )
        people.append(most)
        each.append(said)
        kept.append(row)
    if not judge:
        raise InvalidInput(
            "no output was judged by people and the judge both", where=table.name,
            rule="a judge is calibrated on outputs that people judged too",
            todo="let people judge some of the outputs, drawn by lot",
        )  # fmt: skip
    more = {name: [row[at[name]] for row in kept] for name in at}
    return Both(columns, scores, judge, people, each, undecided, unread, more)


def calibrate(
    both: Both,
    *,
    statistic: str = "cohen_kappa",
    pairs: Pairs | None = None,
    positive: str | None = None,
    own: str | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Calibration:
    """How far the judge agrees with people, and what it prefers beyond them.

    statistic  "accuracy" (the share of outputs on which judge and people say the same) or "cohen_kappa" (the same
               beyond chance) for words; "weighted_kappa" (scores that are few whole numbers, squares of the distance),
               "pearson" or "spearman" for scores
    pairs      for two answers side by side: the words for the first and the second
    positive   of words about one output: which of them is a success, for what the judge prefers beyond people
    own        the maker of the judge's own family, as `makers` has it
    level      of every range; two-sided
    seed       the same seed draws the same

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> rows = {"said": ["good", "good", "bad", "bad"] * 25, "anna": ["good", "good", "bad", "good"] * 25}
    >>> both = read(table(pa.table(rows), name="rated"), Columns("said", ("anna",)))
    >>> found = calibrate(both, statistic="accuracy")
    >>> print(f"{found.agreement.value:.2f}", found.holds(0.6))
    0.75 (True, 'agreement of judge and people 0.75 (between 0.657 and 0.825) on 100 outputs, at least 0.6')
    """
    one_of("statistic", statistic, STATISTICS)
    if (statistic in OF_SCORES) != both.scores:
        raise InvalidInput(
            f"{statistic} takes {'scores' if statistic in OF_SCORES else 'words'}, and these are "
            f"{'scores' if both.scores else 'words'}",
            rule=f"for scores: {', '.join(OF_SCORES)}; for words: accuracy, cohen_kappa",
        )
    people_agree, judge_agrees = _ceiling(both)
    return Calibration(
        statistic, level, _agreement(both.judge, both.people, statistic, level, seed), both.n, both.undecided, both.unread,
        max(map(len, both.each)), people_agree, judge_agrees,
        _steady(both, pairs, level) if pairs else None, tuple(_preferences(both, pairs, positive, own, level)),
        _changed(both, level) if both.columns.before else None,
    )  # fmt: skip


def shares(both: Both, positive: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """People by row and judge by column, bad and then good, as `sextant.stats.judged_share` takes it."""
    counted = Counter((p == positive, j == positive) for p, j in zip(both.people, both.judge, strict=True))
    return (
        (counted[False, False], counted[False, True]),
        (counted[True, False], counted[True, True]),
    )


def moments(both: Both) -> dict[str, float]:
    """Both sides' moments, as `sextant.stats.judged_mean` takes them."""
    people, judge = Moments.of(both.people), Moments.of(both.judge)
    cross = math.fsum(
        (p - people.mean) * (j - judge.mean) for p, j in zip(both.people, both.judge, strict=True)
    )
    return {
        "scored": both.n, "people_mean": people.mean, "people_m2": people.m2, "judge_mean": judge.mean,
        "judge_m2": judge.m2, "m11": cross,
    }  # fmt: skip


# --- agreement


def _agreement(one: Sequence[Any], other: Sequence[Any], statistic: str, level: float, seed: int) -> Bounds:
    if statistic == "pearson":
        return pearson(one, other, level=level)
    if statistic == "spearman":
        return spearman(one, other, level=level)
    if statistic == "accuracy":
        return wilson(sum(a == b for a, b in zip(one, other, strict=True)), len(one), level=level)
    if statistic == "weighted_kappa":
        one, other = [round(v) for v in one], [round(v) for v in other]
        low, high = min(*one, *other), max(*one, *other)
        labels: list[Any] = list(range(low, high + 1))
        if len(labels) > 100:
            raise InvalidInput(
                f"scores run from {low} to {high}", rule="weighted kappa takes at most 100 whole numbers",
                todo="ask for spearman",
            )  # fmt: skip
    else:
        labels = sorted({*one, *other}, key=str)
    place = {label: i for i, label in enumerate(labels)}
    table = [[0] * len(labels) for _ in labels]
    for a, b in zip(one, other, strict=True):
        table[place[b]][place[a]] += 1
    weights = "quadratic" if statistic == "weighted_kappa" else "none"
    return cohen_interval(table, weights=weights, level=level, seed=seed)


def _ceiling(both: Both) -> tuple[float | None, float | None]:
    """How often two people say the same, and the judge and a person; None where nobody has a second opinion. Scores
    are the same that lie within half a point."""
    near: Callable[[Any, Any], bool] = (
        (lambda a, b: abs(a - b) <= 0.5) if both.scores else (lambda a, b: a == b)
    )
    same = of = met = asked = 0
    for said, verdict in zip(both.each, both.judge, strict=True):
        met += sum(near(one, verdict) for one in said)
        asked += len(said)
        for i, one in enumerate(said):
            same += sum(near(one, other) for other in said[i + 1 :])
            of += len(said) - i - 1
    return (same / of if of else None), (met / asked if of else None)


# --- preferences


def _steady(both: Both, pairs: Pairs, level: float) -> Bounds | None:
    column = both.columns.swapped
    if column is None:
        return None
    kept = [(j, _plain(s)) for j, s in zip(both.judge, both.more[column], strict=True) if not _missing(s)]
    return wilson(sum(pairs.sign(j) == -pairs.sign(s) for j, s in kept), len(kept), level=level)


def _preferences(
    both: Both, pairs: Pairs | None, positive: str | None, own: str | None, level: float
) -> list[Preference]:
    found = []
    lengths = [[_size(v) for v in both.more[c]] for c in both.columns.lengths]
    makers = [[_plain(v) for v in both.more[c]] for c in both.columns.makers]
    if pairs:
        if both.columns.swapped:
            # Shown in both orders the better answer is first once and second once: what the judge gives to the first
            # place beyond that, it gives to the place.
            said = zip(both.judge, both.more[both.columns.swapped], strict=True)
            leans = [(pairs.sign(j) + pairs.sign(_plain(s))) / 4 for j, s in said if not _missing(s)]
            found.append(_mean("first", leans, level))
        else:
            found.append(_mean("first", _beyond(both, pairs, [1] * both.n), level))
        if len(lengths) == 2:
            found.append(
                _mean(
                    "longer",
                    _beyond(both, pairs, [_sign(a, b) for a, b in zip(*lengths, strict=True)]),
                    level,
                )
            )
        if len(makers) == 2 and own is not None:
            mine = [(a == own) - (b == own) for a, b in zip(*makers, strict=True)]
            found.append(_mean("own", _beyond(both, pairs, mine), level))
        return found
    error = _errors(both, positive)
    if error is None:
        return found
    if len(lengths) == 1:
        known = sorted(v for v in lengths[0] if v is not None)
        middle = known[len(known) // 2] if known else 0.0
        longer = [None if v is None else v >= middle for v in lengths[0]]
        found.append(_apart("longer", error, longer, level))
    if len(makers) == 1 and own is not None:
        found.append(_apart("own", error, [maker == own for maker in makers[0]], level))
    return found


def _beyond(both: Both, pairs: Pairs, favours: Sequence[int]) -> list[float]:
    """Of each pair in which one answer is favoured: how much more the judge gives to it than people do, -1 to 1."""
    return [
        side * (pairs.sign(j) - pairs.sign(p)) / 2
        for side, j, p in zip(favours, both.judge, both.people, strict=True)
        if side
    ]


def _errors(both: Both, positive: str | None) -> list[float] | None:
    """Of each output: the judge's score minus people's, or whether it alone calls it a success (1) or people do (-1)."""
    said = zip(both.judge, both.people, strict=True)
    if both.scores:
        return [j - p for j, p in said]
    return None if positive is None else [float((j == positive) - (p == positive)) for j, p in said]


def _mean(of: str, values: Sequence[float], level: float) -> Preference:
    return Preference(of, _mean_of(values, level), len(values))


def _mean_of(values: Sequence[float], level: float) -> Bounds:
    """The mean of values between -1 and 1. Where all are equal, the next might lie at either end: how often that could
    be is said by Clopper and Pearson."""
    found = Moments.of(values)
    if found.n < 2 or found.m2 > 0:
        return mean_t(found.n, found.mean, found.m2, level=level)
    others = 1 - clopper_pearson(found.n, found.n, level=level).lower
    lower, upper = found.mean - others * (1 + found.mean), found.mean + others * (1 - found.mean)
    return Bounds.around(found.mean, lower, upper, "clopper_pearson")


def _apart(of: str, error: Sequence[float], side: Sequence[bool | None], level: float) -> Preference:
    one = Moments.of([e for e, s in zip(error, side, strict=True) if s is True])
    other = Moments.of([e for e, s in zip(error, side, strict=True) if s is False])
    bounds = difference_means(one.n, one.mean, one.m2, other.n, other.mean, other.m2, level=level)
    return Preference(of, bounds, one.n + other.n)


def _changed(both: Both, level: float) -> Changed:
    assert both.columns.before is not None  # noqa: S101 - asked for above
    before = both.more[both.columns.before]
    kept = [i for i, v in enumerate(before) if not _missing(v)]
    if both.scores:
        old: dict[int, Any] = {i: _score(before[i], f"column {both.columns.before}") for i in kept}
        nearer = [abs(old[i] - both.people[i]) - abs(both.judge[i] - both.people[i]) for i in kept]
    else:
        words = {i: _plain(before[i]) for i in kept}
        nearer = [float((both.judge[i] == both.people[i]) - (words[i] == both.people[i])) for i in kept]
        old = {**words}
    moved, found = sum(old[i] != both.judge[i] for i in kept), Moments.of(nearer)
    better = mean_t(found.n, found.mean, found.m2, level=level) if both.scores else _mean_of(nearer, level)
    return Changed(len(kept), wilson(moved, len(kept), level=level), better)


# --- pieces


def _between(lower: float, upper: float) -> str:
    return f"between {number(lower)} and {number(upper)}"


def _most(said: Sequence[Any]) -> Any:
    """What most say; None where no answer is given more often than every other."""
    ranked = Counter(said).most_common(2)
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] > ranked[1][1] else None


def _missing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _plain(value: Any) -> str:
    """A label as a word: 1 and 1.0 are one, as columns of numbers with gaps come as floats."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _word(value: Any, where: str) -> str:
    return _plain(value)


def _score(value: Any, where: str) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise InvalidInput(
            f"{str(value)[:60]!r} is no score", where=where, rule="scores are numbers",
            todo="leave a score that is not there empty, or name which word is positive",
        )  # fmt: skip
    return found


def _size(value: Any) -> float | None:
    if _missing(value):
        return None
    return float(len(value)) if isinstance(value, str) else float(value)


def _sign(one: float | None, other: float | None) -> int:
    return 0 if one is None or other is None else (one > other) - (one < other)


def _once(values: Sequence[Any], where: str, column: str) -> None:
    ranked = Counter(values).most_common(1)
    if ranked and ranked[0][1] > 1:
        raise InvalidInput(
            f"{str(ranked[0][0])[:60]!r} stands in column {column} {ranked[0][1]} times", where=where,
            rule="each output is there once, with what each person said in a column", todo="keep one row of each",
        )  # fmt: skip
