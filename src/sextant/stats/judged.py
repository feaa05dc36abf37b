"""What people would say of many outputs, when an imperfect judge saw all of them and people only some.

judged_share    a share of successes: the judge's share, corrected by how it erred on outputs that people judged too
judged_mean     a mean of scores: the same

The judge's own share is biased by its errors, however many outputs it sees: with 90 % of good ones recognised and
70 % of bad ones, a true share of 80 % looks like 78 %, and a true 40 % looks like 54 %. Both functions take what the
judge said of outputs that nobody else saw, and the table of people against judge on those that both saw.

Two ways, by where the outputs that both saw came from:

rogan_gladen         from somewhere else (an earlier set, another mix of good and bad). What carries over is how
                     often the judge recognises a good output and how often a bad one.
prediction_powered   drawn by lot from the very outputs that are judged. Nothing need carry over; people's answers
                     alone would do, and the judge narrows the range.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sextant.errors import InvalidInput
from sextant.stats._checks import number, one_of, share_of, tail, whole
from sextant.stats.intervals import Bounds, normal_quantile

CORRECTIONS = ("rogan_gladen", "prediction_powered")


def judged_share(
    successes: int,
    trials: int,
    both: Sequence[Sequence[int]],
    *,
    correction: str = "rogan_gladen",
    level: float = 0.95,
    sides: int = 2,
) -> Bounds:
    """The share of outputs that people would call a success.

    successes, trials  how many the judge called so, of how many that only the judge saw
    both               of the outputs that both saw: `[[bad, bad called good], [good called bad, good]]`, people by
                       row and judge by column
    correction         "rogan_gladen" or "prediction_powered", by where the outputs that both saw came from

    Undefined without outputs of either sort; with `rogan_gladen` also where people found only good ones or only bad
    ones, and where the judge cannot be told from a coin at this level. The value is cut to 0 and 1.

    Source: Rogan and Gladen, "Estimating prevalence from the results of a screening test" (1978), with the interval
    of Lang and Reiczigel, "Confidence limits for prevalence of disease adjusted for estimated sensitivity and
    specificity" (2014). Angelopoulos et al., "Prediction-powered inference" (2023), with the weight of "PPI++"
    (2023); for the interval half an output is added to each cell of `both`, without which it is too narrow where
    people found few of either sort (see `make simulate`, judged).

    >>> b = judged_share(540, 1000, [[70, 30], [10, 90]])   # 54 % called good; (0.54 - 0.3) / (0.9 - 0.3) are
    >>> print(f"{b.value:.3f} [{b.lower:.2f}, {b.upper:.2f}]")
    0.400 [0.28, 0.51]
    """
    a = tail(level, sides)
    one_of("correction", correction, CORRECTIONS)
    k, n = share_of("successes", successes, "trials", trials)
    cells = _two_by_two(both)
    bad, wrong, missed, good = cells
    if n == 0:
        return Bounds.unknown(correction, "the judge saw no outputs")
    if sum(cells) < 2:
        return Bounds.unknown(correction, "people and the judge have not judged two outputs in common")
    if correction == "rogan_gladen":
        return _rogan_gladen(k, n, good, good + missed, bad, bad + wrong, -normal_quantile(a))
    return _powered_share(k, n, cells, a)


def judged_mean(
    trials: int,
    mean: float,
    m2: float,
    n: int,
    people: float,
    people_m2: float,
    judge: float,
    judge_m2: float,
    m11: float,
    *,
    level: float = 0.95,
    sides: int = 2,
) -> Bounds:
    """The mean score that people would give, by prediction-powered inference: the outputs that people scored are
    drawn by lot from those that are judged.

    trials, mean, m2      the judge's scores of the outputs that only the judge saw: how many, their mean, and the sum of
                          squared deviations from it
    n                     how many both scored
    people, people_m2     people's scores of these
    judge, judge_m2       the judge's
    m11                   the sum of the products of both deviations

    Undefined for fewer than two outputs of either sort, and where nothing varies. People's scores alone have the range
    of `mean_t`; the judge's narrow it by as much as the two go together.

    Source: Angelopoulos et al., "Prediction-powered inference" (2023), with the weight of "PPI++" (2023) and the t
    quantile on n - 1 degrees of freedom.

    >>> b = judged_mean(4000, 3.1, 4000.0, 100, 3.4, 110.0, 3.2, 100.0, 90.0)
    >>> print(f"{b.value:.3f} [{b.lower:.2f}, {b.upper:.2f}]")
    3.312 [3.20, 3.42]
    """
    a = tail(level, sides)
    many, few = whole("trials", trials), whole("n", n)
    if many < 2 or few < 2:
        return Bounds.unknown("prediction_powered", "two outputs that both scored, and two more, are needed")
    squares = [number(name, v) for name, v in (("m2", m2), ("people_m2", people_m2), ("judge_m2", judge_m2))]
    if min(squares) < 0:
        raise InvalidInput(f"a sum of squares is {min(squares)}", rule="it cannot be below zero")
    cross = number("m11", m11)
    if abs(cross) > math.sqrt(squares[1]) * math.sqrt(squares[2]) * (1 + 1e-9):
        raise InvalidInput(
            f"m11 is {cross!r}", rule="m11 squared cannot be above people_m2 times judge_m2",
            todo="take all three from the same outputs",
        )  # fmt: skip
    value, variance = _powered(
        many, number("mean", mean), squares[0] / (many - 1),
        few, number("people", people), squares[1] / (few - 1), number("judge", judge), squares[2] / (few - 1),
        cross / (few - 1),
    )  # fmt: skip
    if variance <= 0:
        return Bounds.unknown("prediction_powered", "nothing varies: no spread was seen to judge by")
    half = _t(few - 1, a) * math.sqrt(variance)
    return Bounds.around(value, value - half, value + half, "prediction_powered")


def _powered(
    many: int, mean: float, spread: float, few: float, people: float, vy: float, judge: float, vf: float, cov: float
) -> tuple[float, float]:  # fmt: skip
    """Value and variance, with the weight of the judge that makes the variance least, between 0 and 1."""
    weight = min(max(cov / (vf * (1 + few / many)), 0.0), 1.0) if vf > 0 else 0.0
    value = weight * mean + people - weight * judge
    return value, weight**2 * spread / many + (vy - 2 * weight * cov + weight**2 * vf) / few


def _powered_share(k: int, n: int, cells: Sequence[int], a: float) -> Bounds:
    """`cells` are bad, bad called good, good called bad, good."""

    def found(extra: float) -> tuple[float, float]:
        total = sum(cells) + 4 * extra
        good = (cells[3] + extra) / total
        people, judge, share = good + (cells[2] + extra) / total, good + (cells[1] + extra) / total, k / n
        slack = total / (total - 1)
        return _powered(
            n, share, share * (1 - share), total, people, people * (1 - people) * slack,
            judge, judge * (1 - judge) * slack, (good - people * judge) * slack,
        )  # fmt: skip

    value, _ = found(0.0)
    centre, variance = found(0.5)
    half = _t(sum(cells) + 1, a) * math.sqrt(max(variance, 0.0))
    return _cut(value, centre - half, centre + half, "prediction_powered")


def _rogan_gladen(k: int, n: int, hit: int, good: int, passed: int, bad: int, z: float) -> Bounds:
    """`hit` of `good` were called good, `passed` of `bad` bad."""
    if good == 0 or bad == 0:
        one = "bad" if good == 0 else "good"
        return Bounds.unknown(
            "rogan_gladen", f"people found only {one} outputs: how the judge errs on others nobody knows"
        )
    counted, goods, bads = n + z * z, good + 2, bad + 2
    share = (k + z * z / 2) / counted
    seen, turned = (hit + 1) / goods, (passed + 1) / bads
    better = seen + turned - 1
    on_good, on_bad = seen * (1 - seen) / goods, turned * (1 - turned) / bads
    if better <= z * math.sqrt(on_good + on_bad):
        return Bounds.unknown("rogan_gladen", "the judge cannot be told from a coin: it corrects nothing")
    centre = (share + turned - 1) / better
    shift = 2 * z * z * (centre * on_good - (1 - centre) * on_bad)
    variance = share * (1 - share) / counted + centre**2 * on_good + (1 - centre) ** 2 * on_bad
    half = z * math.sqrt(variance) / better
    plain = hit / good + passed / bad - 1
    value = (k / n + passed / bad - 1) / plain
    return _cut(value, centre + shift - half, centre + shift + half, "rogan_gladen")


def _cut(value: float, lower: float, upper: float, method: str) -> Bounds:
    """All three between 0 and 1, where a share lies."""
    value, lower, upper = (min(max(x, 0.0), 1.0) for x in (value, lower, upper))
    return Bounds.around(value, lower, upper, method)


def _two_by_two(both: Sequence[Sequence[int]]) -> tuple[int, int, int, int]:
    if len(both) != 2 or any(len(row) != 2 for row in both):
        raise InvalidInput(
            f"both has {len(both)} rows", rule="two rows of two counts: people by row, the judge by column"
        )
    cells = [whole(f"both[{i}][{j}]", both[i][j]) for i in (0, 1) for j in (0, 1)]
    return cells[0], cells[1], cells[2], cells[3]


def _t(freedom: float, a: float) -> float:
    from scipy.special import stdtrit

    return -float(stdtrit(freedom, a))
