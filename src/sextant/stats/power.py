"""How many are needed before it is worth looking."""

from __future__ import annotations

import math

from sextant.errors import InvalidInput
from sextant.stats._checks import inside, tail
from sextant.stats.intervals import normal_quantile


def sample_size_proportions(
    p0: float, p1: float, *, power: float = 0.8, level: float = 0.95, sides: int = 2
) -> int:
    """Units needed **in each of two equal arms** to tell the share `p1` from `p0`, rounded up.

    p0, p1  the shares of control and candidate, between 0 and 1 and different; their order does not matter
    power   the chance to find the difference if it is there
    level   1 minus the chance of a false finding; `sides` 2 looks for a difference either way, 1 for one way

    Normal approximation, without continuity correction; for expected counts below five per arm it is too low.
    It is for one look at the end. A sequential look needs more.

    Source: Fleiss, Levin and Paik, "Statistical methods for rates and proportions" (2003), section 4.2.

    >>> sample_size_proportions(0.10, 0.12)
    3841
    """
    a = tail(level, sides)
    control, candidate = inside("p0", p0, 0.0, 1.0), inside("p1", p1, 0.0, 1.0)
    z_power = normal_quantile(inside("power", power, 0.0, 1.0))
    z_level = -normal_quantile(a)
    if control == candidate:
        raise InvalidInput(
            f"p0 and p1 are both {control!r}", rule="no sample is large enough to tell a share from itself"
        )
    if z_power <= -z_level:
        raise InvalidInput(f"power is {power!r}", rule="it lies above the chance of a false finding")
    pooled = (control + candidate) / 2
    under_null = math.sqrt(2 * pooled * (1 - pooled))
    under_effect = math.sqrt(control * (1 - control) + candidate * (1 - candidate))
    root = (z_level * under_null + z_power * under_effect) / (candidate - control)
    # Rounding noise may lift an exact whole number by a hair.
    return max(1, math.ceil(root * root - 1e-9))
