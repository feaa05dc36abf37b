"""How many an A/B test needs: is the planned sample large enough for the effect that was asked for?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sextant.criteria import Criterion
from sextant.errors import InvalidInput
from sextant.evaluation.documents import AbDesign
from sextant.stats.intervals import normal_quantile
from sextant.stats.power import sample_size_proportions

#: Shorter than this, and a weekday comes once only.
MINIMUM_DAYS = 14

#: What one unit of a criterion is as a fraction, for those that are shares.
_FRACTIONS = {"share": 1.0, "proportion": 1.0, "%": 0.01}


@dataclass(frozen=True, slots=True)
class Needed:
    """Units that the smaller arm needs; None when it cannot be told, and then `undefined` says why."""

    units: int | None
    undefined: str | None = None


def needed_per_arm(design: AbDesign, primary: Criterion) -> Needed:
    """The sample of the smaller arm that finds the design's smallest effect with its power.

    At the primary criterion's own level and sides, for one look at the end. A share is taken from the
    design's `expected_control` (else the criterion's baseline) to that plus or minus the smallest effect, in
    the direction that the criterion wants (a guardrail: the other one). Any other metric needs
    `expected_spread`, the standard deviation from unit to unit. Uneven arms keep the variance of the
    difference: with r = smaller over larger share, the smaller arm needs (1 + r) / 2 of an equal one.

    Source: Fleiss, Levin and Paik, "Statistical methods for rates and proportions" (2003), section 4.2, for
    shares; the two-sample z approximation for means.

    >>> design = AbDesign(smallest_effect=0.02, expected_control=0.10, candidate_share=0.5, power=0.8)
    >>> used = Criterion(key="used", name="Drafts used", family="product", metric="used", unit="share",
    ...                  direction="at_least", threshold=0.02)
    >>> needed_per_arm(design, used).units
    3841
    """
    effect, power = design.smallest_effect, design.power
    if effect is None or power is None or design.candidate_share is None:
        return Needed(None, "smallest effect, power and share are not all given")
    fraction = _FRACTIONS.get(primary.unit)
    try:
        if fraction is None:
            equal = _means(effect, design.expected_spread, power, primary)
        else:
            equal = _shares(effect * fraction, _control(design, primary, fraction), power, primary)
    except InvalidInput as error:
        return Needed(None, error.what)
    small, large = sorted((design.candidate_share, 1 - design.candidate_share))
    return Needed(math.ceil(equal * (1 + small / large) / 2 - 1e-9))


def _control(design: AbDesign, primary: Criterion, fraction: float) -> float:
    given = design.expected_control
    if given is None and primary.baseline is not None:
        given = primary.baseline.value
    if given is None or not 0 < given * fraction < 1:
        raise InvalidInput("what the control shows today is not given as a share between 0 and 100 %")
    return given * fraction


def _shares(effect: float, control: float, power: float, primary: Criterion) -> float:
    upward = (primary.direction == "at_least") == (primary.role == "target")
    candidate = control + effect if upward else control - effect
    if not 0 < candidate < 1:
        raise InvalidInput(f"the smallest effect would take the share from {control:g} to {candidate:g}")
    return sample_size_proportions(control, candidate, power=power, level=primary.level, sides=primary.sides)


def _means(effect: float, spread: float | None, power: float, primary: Criterion) -> float:
    if spread is None:
        raise InvalidInput("how far the primary target spreads from unit to unit is not given")
    sure = normal_quantile(1 - (1 - primary.level) / primary.sides) + normal_quantile(power)
    return 2 * (sure * spread / effect) ** 2
