"""What a project returns, as a range: benefit against cost, drawn many times from low, likely and high.

simulate   the net present value: its middle and its range, the chance of a loss, the payback
outlook    the same month by month, how the results are spread, and what they hang on most
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sextant.errors import InvalidInput
from sextant.problem.documents import Roi, Spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Return:
    """What the draws say, in the project's currency, discounted to today.

    median, low, high   net present value: the middle, and the ends that hold 80 % of the draws
    mean                its average
    chance_of_loss      share of draws that end below zero
    payback_months      months from the start of work until the money is back, in the middle draw; None where
                        it is not back by the end
    draws               how many draws were made
    """

    median: float
    low: float
    high: float
    mean: float
    chance_of_loss: float
    payback_months: int | None
    draws: int


@lru_cache(maxsize=64)
def simulate(roi: Roi, *, draws: int = DRAWS) -> Return:
    """Net present value and payback of a project, by Monte Carlo.

    Each amount is drawn on its own from the PERT distribution over its three guesses (Malcolm, Roseboom,
    Clark and Fazar 1959: a beta with mean (low + 4 likely + high) / 6). Building is paid evenly over
    `build_months` (at once if that is 0); then benefit and running cost come at the end of each of the
    `months` in use. Money is discounted monthly at the rate that makes `discount_rate` a year. The same
    `seed` gives the same answer.

    Raises InvalidInput when a range is not filled in.

    >>> sure = lambda v: Spread(low=v, likely=v, high=v)
    >>> plan = Roi(benefit=sure(100), build=sure(1000), run=sure(0), months=12, discount_rate=0)
    >>> simulate(plan).median, simulate(plan).payback_months
    (200.0, 10)
    """
    import numpy as np

    if roi.unset:
        raise InvalidInput(
            f"not filled in: {', '.join(roi.unset)}",
            where=Roi.label,
            rule="each range has low, likely and high",
            todo="fill in your guesses; wide ranges are fine",
        )
    if draws < 1:
        raise InvalidInput(f"draws is {draws}", where=Roi.label, rule="at least one draw")
    benefit, build, run = _draw(roi, draws)
    paid, using = _worth_today(roi)
    net, cost = benefit - run, build * paid[-1]
    worth = net * using[-1] - cost
    back = worth >= -1e-9 * cost  # what rounding takes away is no loss
    # The first month whose running total has the cost back, in the draws that get there.
    needed = np.divide(cost, net, out=np.zeros(draws), where=back & (net > 0))
    first = roi.build_months + 1 + np.searchsorted(using, needed * (1 - 1e-9))
    months = np.where(back, np.where(cost > 0, first, 0), np.inf)
    middle = float(np.sort(months)[draws // 2])
    low, median, high = (float(q) for q in np.quantile(worth, [0.1, 0.5, 0.9]))
    return Return(
        median=median,
        low=low,
        high=high,
        mean=float(worth.mean()),
        chance_of_loss=float((~back).mean()),
        payback_months=int(middle) if np.isfinite(middle) else None,
        draws=draws,
    )


@dataclass(frozen=True, slots=True)
class Month:
    """How the money stands at the end of a month since the work began, all of it discounted to today: the
    middle of the draws, and the ends that hold 80 % of them. Month 0 is the start."""

    month: int
    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """How many draws end from `start` up to, but not at, `end` (the last bin holds its end)."""

    start: float
    end: float
    draws: int


@dataclass(frozen=True, slots=True)
class Driver:
    """How much of the result hangs on one of the three amounts.

    key, title      which amount
    low, high       what the amount is at its 10th and its 90th percentile
    at_low, at_high the net present value there, with the other amounts at their medians
    middle          the net present value with all amounts at their medians, where all swings meet
    share           share of the result's variance that comes from this amount; nan where nothing varies
    break_even      the amount at which nothing is gained or lost, the others at their medians; None where no
                    amount of zero or more does that
    """

    key: str
    title: str
    low: float
    high: float
    at_low: float
    at_high: float
    middle: float
    share: float
    break_even: float | None

    @property
    def swing(self) -> float:
        """How far the result moves between the two, whichever way."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A project's return in full. `passes` is whether it clears the project's own bar, `faults` what of it
    does not: the middle, the chance of a loss."""

    found: Return
    months: tuple[Month, ...]
    spread: tuple[Bin, ...]
    drivers: tuple[Driver, ...]
    faults: tuple[str, ...]

    @property
    def passes(self) -> bool:
        return not self.faults


#: More points than this a line over the months does not show.
MOST_MONTHS = 61
#: About so many bars show how results are spread.
BINS = 24


@lru_cache(maxsize=64)
def outlook(roi: Roi, *, draws: int = DRAWS) -> Outlook:
    """The same draws as `simulate`, month by month and by size, and what the result hangs on most.

    Two ways to say the last, each in `Driver`. The *swing*, which a tornado diagram draws: one amount at a
    time goes from its 10th to its 90th percentile while the others stay at their medians (Eschenbach 1992,
    "Spiderplots versus tornado diagrams for sensitivity analysis", Interfaces 22(6)). And the *share of the
    variance*: the result is a sum of independent amounts, each times a constant, so that its variance is the
    sum of theirs, and the first-order sensitivity index is exact (Saltelli et al. 2008, "Global Sensitivity
    Analysis: The Primer", section 1.2). The largest swing comes first. A project of more than five years is
    shown every second or third month, its end always.

    Raises InvalidInput as `simulate` does.

    >>> about = lambda v: Spread(low=v / 2, likely=v, high=v * 2)
    >>> found = outlook(Roi(benefit=about(100), build=about(1000), run=about(10), months=24))
    >>> [driver.key for driver in found.drivers], found.months[-1].median == found.found.median
    (['benefit', 'build', 'run'], True)
    """
    import numpy as np

    found = simulate(roi, draws=draws)
    benefit, build, run = _draw(roi, draws)
    paid, using = _worth_today(roi)
    net, last = benefit - run, len(paid) + len(using) - 1
    step = -(-last // (MOST_MONTHS - 1))
    months = [Month(0, *(0.0 - float(q) for q in np.quantile(build * paid[0], [0.9, 0.5, 0.1])))]
    for month in sorted({*range(step, last + 1, step), last}):
        used = month - len(paid)
        worth = net * using[used] - build * paid[-1] if used >= 0 else -build * paid[month]
        months.append(Month(month, *(float(q) for q in np.quantile(worth, [0.1, 0.5, 0.9]))))
    return Outlook(
        found=found,
        months=tuple(months),
        spread=tuple(_bins(net * using[-1] - build * paid[-1])),
        drivers=_drivers(roi, float(paid[-1]), float(using[-1])),
        faults=faults(roi, found),
    )


def faults(roi: Roi, found: Return) -> tuple[str, ...]:
    """What of the project's own bar a return does not clear: "median", "chance_of_loss"."""
    return ("median",) * (found.median < roi.bar_median) + ("chance_of_loss",) * (
        found.chance_of_loss > roi.bar_chance_of_loss
    )


def _worth_today(roi: Roi) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What one unit of money is worth today, added up: of the building, by the end of each month from 0 on;
    and of an amount that comes every month of use, by the end of each of those."""
    import numpy as np

    monthly = (1 + roi.discount_rate) ** (1 / 12)
    build = roi.build_months
    paid = np.ones(1)
    if build:
        paid = np.concatenate([[0.0], np.cumsum(monthly ** -np.arange(1.0, build + 1)) / build])
    return paid, np.cumsum(monthly ** -np.arange(build + 1.0, build + roi.months + 1))


def _bins(worth: NDArray[np.float64]) -> Iterator[Bin]:
    """Results by size, in bins of one round width with an edge at zero, so that losses stand apart."""
    import numpy as np

    low, high = float(worth.min()), float(worth.max())
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        yield Bin(low, high, len(worth))
        return
    raw = (high - low) / BINS
    power = 10.0 ** np.floor(np.log10(raw))
    width = float(next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * (1 - 1e-9)))
    first, last = int(np.floor(low / width)), int(np.floor(high / width)) + 1
    edges = width * np.arange(first, last + 1)
    counts, _ = np.histogram(worth, edges)
    for place, count in enumerate(counts):
        yield Bin(float(edges[place]), float(edges[place + 1]), int(count))


def _drivers(roi: Roi, building: float, using: float) -> tuple[Driver, ...]:
    """What each amount does to the net present value, which is using × (benefit − run) − building × build."""
    rates = {"benefit": using, "build": -building, "run": -using}
    ends = {key: _percentiles(getattr(roi, key)) for key in rates}
    middle = sum(rate * ends[key][1] for key, rate in rates.items())
    variances = {key: rate**2 * _variance(getattr(roi, key)) for key, rate in rates.items()}
    whole = sum(variances.values())
    drivers = []
    for key, rate in rates.items():
        low, median, high = ends[key]
        even = median - middle / rate
        drivers.append(
            Driver(
                key=key,
                title=str(Roi.model_fields[key].title),
                low=low,
                high=high,
                at_low=middle + rate * (low - median),
                at_high=middle + rate * (high - median),
                middle=middle,
                share=variances[key] / whole if whole else float("nan"),
                break_even=even if even >= 0 else None,
            )
        )
    return tuple(sorted(drivers, key=lambda d: -d.swing))


def _percentiles(spread: Spread) -> tuple[float, float, float]:
    """The 10th, 50th and 90th percentile of the PERT distribution."""
    from scipy.special import betaincinv

    low, high, a, b = _shape(spread)
    if high == low:
        return low, low, low
    tenth, median, ninth = (low + (high - low) * float(betaincinv(a, b, p)) for p in (0.1, 0.5, 0.9))
    return tenth, median, ninth


def _variance(spread: Spread) -> float:
    """The variance of the PERT distribution: that of a beta whose two shapes add up to six, stretched."""
    low, high, a, b = _shape(spread)
    return (high - low) ** 2 * a * b / (36 * 7)


def _shape(spread: Spread) -> tuple[float, float, float, float]:
    """Both ends of a PERT distribution and the two shapes of its beta."""
    low, likely, high = float(spread.low or 0), float(spread.likely or 0), float(spread.high or 0)
    if high == low:
        return low, high, 3.0, 3.0
    return low, high, 1 + 4 * (likely - low) / (high - low), 1 + 4 * (high - likely) / (high - low)


def _draw(roi: Roi, draws: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Benefit, building and running, drawn each on its own; the same for the same seed."""
    import numpy as np

    rng = np.random.default_rng(roi.seed)
    benefit, build, run = (_pert(rng, spread, draws) for spread in (roi.benefit, roi.build, roi.run))
    return benefit, build, run


def _pert(rng: np.random.Generator, spread: Spread, draws: int) -> NDArray[np.float64]:
    import numpy as np

    low, high, a, b = _shape(spread)
    if high == low:
        return np.full(draws, low)
    return low + (high - low) * rng.beta(a, b, draws)
