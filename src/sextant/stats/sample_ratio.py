"""Did the split happen as planned? A sample ratio that cannot be chance means that assignment or logging is
broken, and then the experiment's results mean nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sextant.errors import InvalidInput
from sextant.stats._checks import number, row_of_counts


def sample_ratio_p(counts: Sequence[int], shares: Sequence[float]) -> float:
    """The chance of a split at least this far from the planned `shares`, were all in order.

    counts  units seen in each arm, two arms or more
    shares  the planned share of each arm, in any scale: [50, 50] and [0.5, 0.5] are the same

    nan when nobody was assigned. The p-value is approximate where an expected count is below five. It is
    meant for a low bar, such as 0.001, as every experiment is checked.

    Source: Pearson's chi-squared test (1900); its use here: Fabijan et al., "Diagnosing sample ratio mismatch
    in online controlled experiments" (KDD 2019).

    >>> round(sample_ratio_p([44700, 45489], [50, 50]), 4)
    0.0086
    """
    seen = row_of_counts("counts", counts)
    planned = [number(f"shares[{i}]", s) for i, s in enumerate(shares)]
    if len(planned) != len(seen) or len(planned) < 2:
        raise InvalidInput(
            f"there are {len(seen)} counts and {len(planned)} shares",
            rule="one share for each of two or more arms",
        )
    if min(planned) <= 0:
        raise InvalidInput(f"a planned share is {min(planned)!r}", rule="shares are above zero")
    from scipy.special import chdtrc

    total = sum(seen)
    if total == 0:
        return float("nan")
    expected = [total * share / sum(planned) for share in planned]
    chi2 = sum((s - e) ** 2 / e for s, e in zip(seen, expected, strict=True))
    return float(chdtrc(len(planned) - 1, chi2))
