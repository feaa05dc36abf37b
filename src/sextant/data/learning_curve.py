"""How many rows are needed: a power law through training runs, with its uncertainty, or a rule of thumb.

Train on so many rows, note the score, train on twice as many, and so on. Scores of most learners follow an inverse
power law of the number of rows (Figueroa, Zeng-Treitler, Kandula, Ngo 2012, *BMC Medical Informatics and Decision
Making* 12:8; Hestness and others 2017, "Deep learning scaling is predictable, empirically"):

    score(n) = limit - scale · n^-exponent        (for an error: limit + scale · n^-exponent)

It is fitted by least squares. How many rows a target needs is a question to the whole curve, so its range is found by
asking every number of rows: is there a curve that reaches the target just there, and fits the runs no worse than chance
explains (a profile range: Bates and Watts 1988, *Nonlinear Regression Analysis*, section 6.1)? Where any number of rows,
however large, would fit, the runs do not tell an upper end, and it is said so instead of a number.

What the range does not hold: that the curve goes on as it began (far beyond the largest run it may not), and the chance
in the test set itself, where all runs are scored on the same one.

learning_curve   the curve through (rows, score) pairs
measure_runs     makes the pairs by a function of yours that trains and scores
rule_of_thumb    what projects of a kind usually need, where there are no runs yet
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sextant.errors import InvalidInput
from sextant.phrases import number, number_text

Task = Literal["simple", "complex", "fine_tuning"]
#: Rows that projects of a kind usually need, from and to.
THUMB: dict[Task, tuple[int, int, str]] = {
    "simple": (1_000, 10_000, "a few classes or one number, from features that people would use"),
    "complex": (100_000, 1_000_000, "images, free text or sound, trained from the start"),
    "fine_tuning": (100, 1_000, "a trained model that is taught one task"),
}
#: The exponents that are tried. Below the least a curve is too flat to be told from a line, measured ones lie well inside.
EXPONENTS = (0.02, 2.0)
#: A curve takes three numbers: fewer different sizes than one more leave nothing to judge the fit by.
SIZES = 4
RUNS = 5
#: A target is looked for up to so many times the largest run.
FARTHEST = 1e6
_STEPS = 160


def rule_of_thumb(task: Task) -> tuple[int, int]:
    """From how many rows to how many projects of this kind usually need: where to begin, and nothing to judge by.

    >>> rule_of_thumb("simple")
    (1000, 10000)
    """
    if task not in THUMB:
        raise InvalidInput(f"there is no rule for {task!r}", rule=f"kinds are {', '.join(THUMB)}")
    return THUMB[task][:2]


@dataclass(frozen=True, slots=True)
class Range:
    """A value with its range. `lower` and `upper` are None where the runs do not tell that end."""

    value: float | None
    lower: float | None
    upper: float | None


Answer = Literal["reached", "more", "out_of_reach", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Needed:
    """How many rows a target needs.

    answer  reached: already with the rows of the largest run, surely; more: between `lower` and `upper` rows, most
            likely `rows`; out_of_reach: no number of rows gets there, the curve levels off before; cannot_tell: the
            runs do not say, as `why` explains
    rows, lower, upper  None where the runs do not tell
    """

    target: float
    answer: Answer
    rows: float | None
    lower: float | None
    upper: float | None
    level: float
    why: str

    def __str__(self) -> str:
        return self.why

    @property
    def numbers(self) -> tuple[float, float, float]:
        """Rows, lower and upper end for a record: without an end the range goes on to 0 or for ever; nan where even the
        most likely number is not told."""
        lower, upper = self.lower or 0.0, math.inf if self.upper is None else self.upper
        if self.answer == "out_of_reach":
            return math.inf, lower, math.inf
        if self.rows is None:
            return (math.nan,) * 3
        return min(max(self.rows, lower), upper), lower, upper


@dataclass(frozen=True)
class LearningCurve:
    """A fitted curve. `runs` are (rows, score), `better` says which way is better.

    limit     what it levels off at
    scale, exponent   how far it is from there with one row, and how fast that shrinks
    residual  by how much a run scatters about the curve
    """

    runs: tuple[tuple[float, float], ...]
    better: Literal["higher", "lower"]
    limit: float
    scale: float
    exponent: float
    residual: float
    level: float
    errors: tuple[float, ...] | None = None
    bounds: tuple[float, float] = (-math.inf, math.inf)

    def score(self, rows: float) -> float:
        """The score that the curve gives with so many rows."""
        return self.limit - self._sign * self.scale * math.exp(-self.exponent * math.log(rows))

    @property
    def largest(self) -> float:
        return max(n for n, _ in self.runs)

    @property
    def _sign(self) -> int:
        return 1 if self.better == "higher" else -1

    @cached_property
    def _fitter(self) -> _Fitter:
        return _Fitter(self.runs, self._sign, self.errors, self.bounds)

    @cached_property
    def _worst(self) -> float:
        """The weighted sum of squares that a curve may leave and still fit no worse than chance explains."""
        return self._fitter.allowed(self.level)

    def at(self, rows: float) -> Range:
        """The score to expect with so many rows: the curve, not a single run, with its range."""
        if not rows > 0 or not math.isfinite(rows):
            raise InvalidInput(f"rows is {rows}", rule="a score is asked for with a positive number of rows")
        here = self.score(rows)

        def fits(score: float) -> bool:
            return self._fitter.left(rows, score) <= self._worst

        step = max(self.residual, abs(here) * 1e-6, 1e-9)
        return Range(here, _edge(fits, here, -step, self.bounds[0]), _edge(fits, here, step, self.bounds[1]))

    def needed(self, target: float) -> Needed:
        """How many rows the target needs, with its range, or why the runs do not tell.

        >>> runs = [(n, 0.95 - 2 * n**-0.5 + e) for n, e in zip((100, 200, 400, 800, 1600), (1e-3, -1e-3, 1e-3, -1e-3, 1e-3))]
        >>> print(learning_curve(runs, bounds=(0, 1)).needed(0.92))
        0.92 needs between 2,632 and 11,265 rows (95 % range), most likely about 4,004.
        """
        import numpy as np

        if not math.isfinite(target) or not self.bounds[0] <= target <= self.bounds[1]:
            raise InvalidInput(
                f"the target is {target}", rule=f"scores lie between {self.bounds[0]} and {self.bounds[1]}"
            )
        first, last = max(min(n for n, _ in self.runs) / 1e3, 1.0), self.largest * FARTHEST
        best, never = self._reached_at(target), self._fitter.left(math.inf, target) <= self._worst
        start = best
        if start is None or not first <= start <= last:
            # The best curve does not get there within reach; others that fit may.
            sizes = np.geomspace(first, last, _STEPS)
            left = [self._fitter.left(n, target) for n in sizes]
            i = int(np.argmin(left))
            if left[i] > self._worst:
                there = self._sign * (self.score(self.largest) - target) >= 0
                answer: Answer = "reached" if there else "cannot_tell" if never else "out_of_reach"
                return self._answer(target, answer, best, None, None)
            start = float(sizes[i])

        def fits(size: float) -> bool:
            return self._fitter.left(math.exp(size), target) <= self._worst

        low, high = (
            _edge(fits, math.log(start), step, math.log(end)) for step, end in ((-1e-3, first), (1e-3, last))
        )
        lower = None if low is None or low <= math.log(first) else math.exp(low)
        upper = None if never or high is None or high >= math.log(last) else math.exp(high)
        if upper is None:
            return self._answer(target, "cannot_tell", best, lower, None)
        return self._answer(target, "reached" if upper <= self.largest else "more", best, lower, upper)

    def _reached_at(self, target: float) -> float | None:
        gap = self._sign * (self.limit - target)
        if gap <= 0 or self.scale <= 0:
            return None
        rows = math.exp(min(math.log(self.scale / gap) / self.exponent, 700))
        return float(rows) if rows <= self.largest * FARTHEST else None

    def _answer(
        self, target: float, answer: Answer, rows: float | None, lower: float | None, upper: float | None
    ) -> Needed:
        sure, goal = number_text(self.level, "share"), number(target)
        about = "" if rows is None else f", most likely about {number(rows)}"
        least = "" if lower is None else f" At least {number(lower)} rows are needed."
        limit = self.at(self.largest * FARTHEST)
        end = limit.upper if self._sign > 0 else limit.lower
        said = {
            "reached": f"{goal} is reached with the {number(self.largest)} rows of the largest run, or fewer.",
            "more": f"{goal} needs between {number(lower or 0)} and {number(upper or 0)} rows ({sure} range){about}.",
            "out_of_reach": (
                f"More rows alone do not reach {goal}: the curve levels off before"
                f"{'' if end is None else f', at {number(end)} at best'}. Look at labels, features and the kind of model."
            ),
            "cannot_tell": (
                f"The runs do not tell how many rows {goal} needs: curves that never get there fit them as well.{least} "
                "Train with more rows, or more often with each number of rows."
            ),
        }
        return Needed(target, answer, rows, lower, upper, self.level, said[answer])


def learning_curve(
    runs: Iterable[Sequence[float]],
    *,
    better: Literal["higher", "lower"] = "higher",
    bounds: tuple[float, float] = (-math.inf, math.inf),
    level: float = 0.95,
) -> LearningCurve:
    """The curve through training runs, each as (rows, score) or (rows, score, standard error of the score).

    `bounds` are the least and the highest score that can be, such as (0, 1) for a share. Several runs with the same
    number of rows are welcome. Without standard errors all runs weigh the same.

    >>> curve = learning_curve([(100, 0.70), (200, 0.76), (400, 0.80), (800, 0.83), (1600, 0.85)], bounds=(0, 1))
    >>> round(curve.score(3200), 2), curve.at(3200).lower < 0.866 < curve.at(3200).upper
    (0.86, True)

    Raises `InvalidInput` for fewer than five runs or four different numbers of rows, and where the score does not get
    better with more rows: then there is no curve to go by.
    """
    given = [tuple(float(v) for v in run) for run in runs]
    if any(len(r) not in (2, 3) for r in given) or len({len(r) for r in given}) > 1:
        raise InvalidInput(
            "the runs are not pairs",
            rule="each run is (rows, score), or all are (rows, score, standard error)",
        )
    if bad := [
        r for r in given if not all(map(math.isfinite, r)) or r[0] <= 0 or (len(r) == 3 and r[2] <= 0)
    ]:
        raise InvalidInput(
            f"a run is {bad[0]}",
            rule="rows and standard errors are above 0, and all numbers finite",
            todo="leave such runs out",
        )
    if off := [r for r in given if not bounds[0] <= r[1] <= bounds[1]]:
        raise InvalidInput(f"a score is {off[0][1]}", rule=f"scores lie between {bounds[0]} and {bounds[1]}")
    if not 0.5 <= level < 1:
        raise InvalidInput(f"level is {level}", rule="a level lies between 0.5 and 1")
    sizes = {r[0] for r in given}
    if len(sizes) < SIZES or len(given) < RUNS:
        raise InvalidInput(
            f"there are {len(given)} runs with {len(sizes)} different numbers of rows",
            rule=f"a curve takes at least {RUNS} runs with {SIZES} different numbers of rows",
            todo="train on parts of the data: an eighth, a quarter, a half, and all of it",
        )
    sign = 1 if better == "higher" else -1
    pairs, errors = (
        tuple((r[0], r[1]) for r in given),
        tuple(r[2] for r in given) if len(given[0]) == 3 else None,
    )
    fitter = _Fitter(pairs, sign, errors, bounds)
    limit, scale, exponent, left = fitter.best
    if fitter.flat <= fitter.allowed(level):
        raise InvalidInput(
            f"the score does not get {better} with more rows, beyond what chance explains",
            rule="how many rows are needed follows from a score that gets better with more",
            todo="train more often with each number of rows, or with numbers that lie farther apart",
        )
    residual = math.sqrt(left / (len(given) - 3) / fitter.mean_weight)
    return LearningCurve(pairs, better, limit, scale, exponent, residual, level, errors, bounds)


def bounds_of(unit: str, direction: str) -> tuple[float, float]:
    """The least and the highest score that can be, by its unit: a share lies between 0 and 1, what should be low (an
    error, a time) is not below 0."""
    if unit in ("share", "%"):
        return 0.0, 1.0 if unit == "share" else 100.0
    return (0.0 if direction == "at_most" else -math.inf), math.inf


def measure_runs(
    train: Callable[[int, int], float], sizes: Sequence[int], *, repeats: int = 3, seed: int = 0
) -> tuple[tuple[float, float], ...]:
    """Runs of your own: `train(rows, seed)` draws so many training rows by the seed, trains, and gives the score on test
    rows that no run trains on. Each number of rows is run `repeats` times, each time with another seed.

    >>> measure_runs(lambda rows, seed: rows / 100 + seed / 8, [25, 50], repeats=2)
    ((25.0, 0.25), (25.0, 0.375), (50.0, 0.75), (50.0, 0.875))
    """
    if repeats < 1 or not sizes or any(n < 1 for n in sizes):
        raise InvalidInput("there is nothing to run", rule="sizes and repeats are at least 1")
    made, count = [], 0
    for rows in sizes:
        for _ in range(repeats):
            made.append((float(rows), float(train(rows, seed + count))))
            count += 1
    return tuple(made)


class _Fitter:
    """Least squares over the exponent: for each, limit and scale follow from a line."""

    def __init__(
        self,
        runs: Sequence[tuple[float, float]],
        sign: int,
        errors: Sequence[float] | None,
        bounds: tuple[float, float],
    ) -> None:
        import numpy as np

        self.sign = sign
        rows = np.array([n for n, _ in runs])
        # Rows as shares of the geometric middle: no power of them is too large or too small.
        self.middle = float(np.exp(np.log(rows).mean()))
        self.rows = rows / self.middle
        # Written so that higher is better, and the curve is limit - scale · n^-exponent.
        self.scores = sign * np.array([s for _, s in runs])
        self.weights = np.ones(len(rows)) if errors is None else 1 / np.square(np.array(errors))
        self.mean_weight = float(self.weights.mean())
        self.top = bounds[1] if sign > 0 else -bounds[0]

    def allowed(self, level: float) -> float:
        from scipy.stats import f

        free = len(self.rows) - 3
        best = max(self.best[3], 1e-24)
        return float(best * (1 + f.ppf(level, 1, free) / free))

    @cached_property
    def best(self) -> tuple[float, float, float, float]:
        """Limit, scale, exponent, and what is left: the least over all exponents."""
        import numpy as np

        exponent, left = self._least(lambda exponents: self._lines(exponents)[2])
        limits, scales, _ = self._lines(np.array([exponent]))
        return float(self.sign * limits[0]), float(scales[0] * self.middle**exponent), exponent, left

    def _least(self, left: Callable[[Any], Any]) -> tuple[float, float]:
        """The exponent that leaves least, and how much: looked for on a grid, and twice on a finer one about the best."""
        import numpy as np

        low, high = EXPONENTS
        best = low, math.inf
        for steps in (_STEPS, 41, 41):
            exponents = np.geomspace(low, high, steps)
            found = left(exponents)
            i = int(np.argmin(found))
            if found[i] < best[1]:
                best = float(exponents[i]), float(found[i])
            low, high = float(exponents[max(i - 1, 0)]), float(exponents[min(i + 1, steps - 1)])
        return best

    @cached_property
    def flat(self) -> float:
        """What a level line leaves: the score does not depend on the rows."""
        import numpy as np

        mean = np.average(self.scores, weights=self.weights)
        return float((self.weights * (self.scores - mean) ** 2).sum())

    def _lines(self, exponents: Any) -> tuple[Any, Any, Any]:
        """For each exponent the limit and scale that fit best, the scale at least 0 and the limit within its bound."""
        import numpy as np

        w, y, x = self.weights, self.scores, self.rows[None, :] ** -exponents[:, None]
        total = w.sum()
        x_mean, y_mean = (x * w).sum(axis=1) / total, (y * w).sum() / total
        spread = (w * (x - x_mean[:, None]) ** 2).sum(axis=1)
        scales = np.maximum(-((w * (x - x_mean[:, None]) * (y - y_mean)).sum(axis=1)) / spread, 0.0)
        limits = y_mean + scales * x_mean
        if math.isfinite(self.top):
            # Beyond the highest score: the best curve has its limit there.
            over = limits > self.top
            held = np.maximum((w * x * (self.top - y)).sum(axis=1) / (w * x**2).sum(axis=1), 0.0)
            scales, limits = np.where(over, held, scales), np.where(over, self.top, limits)
        left = (w * (y - limits[:, None] + scales[:, None] * x) ** 2).sum(axis=1)
        return limits, scales, left

    def left(self, rows: float, score: float) -> float:
        """What the best curve leaves that has this score with so many rows (infinitely many: as its limit)."""
        import numpy as np

        w, target = self.weights, self.sign * score

        def left(exponents: Any) -> Any:
            there = np.zeros(len(exponents)) if math.isinf(rows) else (rows / self.middle) ** -exponents
            z, d = there[:, None] - self.rows[None, :] ** -exponents[:, None], self.scores - target
            square = (w * z**2).sum(axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                scales = np.maximum(np.nan_to_num((w * z * d).sum(axis=1) / square), 0.0)
                if math.isfinite(self.top):
                    # The limit is target + scale · n^-exponent: no higher than the highest score.
                    scales = np.minimum(
                        scales, np.where(there > 0, max(self.top - target, 0.0) / there, np.inf)
                    )
            return (w * (d - scales[:, None] * z) ** 2).sum(axis=1)

        return self._least(left)[1]


def _edge(fits: Callable[[float], bool], start: float, step: float, end: float) -> float | None:
    """The last value, going from `start` by growing steps, that fits; None if there is none within reach."""
    inside, outside = start, None
    for k in range(60):
        beyond = start + step * 2**k
        if (step > 0) == (beyond >= end) and math.isfinite(end):
            if fits(end):
                return end
            beyond = end
        if not fits(beyond):
            outside = beyond
            break
        inside = beyond
    if outside is None:
        return None
    for _ in range(50):
        middle = (inside + outside) / 2
        if fits(middle):
            inside = middle
        else:
            outside = middle
    return inside
