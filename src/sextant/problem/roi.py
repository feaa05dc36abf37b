"""What a project returns, as a range: benefit against cost, drawn many times from low, likely and high."""

from __future__ import annotations

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
    rng = np.random.default_rng(roi.seed)
    benefit, build, run = (_pert(rng, spread, draws) for spread in (roi.benefit, roi.build, roi.run))

    monthly = (1 + roi.discount_rate) ** (1 / 12)
    # Worth today of one unit of money a month: while building, and summed up to each month of use.
    building = 1.0
    if roi.build_months:
        building = float(np.mean(monthly ** -np.arange(1, roi.build_months + 1)))
    using = np.cumsum(
        monthly ** -np.arange(roi.build_months + 1, roi.build_months + roi.months + 1, dtype=float)
    )

    net, cost = benefit - run, build * building
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


def _pert(rng: np.random.Generator, spread: Spread, draws: int) -> NDArray[np.float64]:
    import numpy as np

    low, likely, high = float(spread.low or 0), float(spread.likely or 0), float(spread.high or 0)
    if high == low:
        return np.full(draws, low)
    a = 1 + 4 * (likely - low) / (high - low)
    b = 1 + 4 * (high - likely) / (high - low)
    return low + (high - low) * rng.beta(a, b, draws)
