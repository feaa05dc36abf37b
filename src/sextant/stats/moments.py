"""Count, mean and sum of squared deviations: what a mean and its spread need, in a form that adds up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sextant.errors import InvalidInput
from sextant.stats._checks import at_least_zero, number, whole


@dataclass(frozen=True, slots=True)
class Moments:
    """Centred moments of some values; those of two disjoint parts add up to those of the whole.

    n     how many values
    mean  their mean; nan when there are none
    m2    the sum of their squared deviations from that mean, in the unit squared

    Raw sums of squares would add up more simply, but lose everything when the mean is large beside the
    spread: for times in seconds since 1970 they put a variance of 8 at tens of thousands.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances" (1979).

    >>> Moments.of([1, 2]) + Moments.of([3, 4])
    Moments(n=4, mean=2.5, m2=5.0)
    >>> sum([Moments.of([1, 2]), Moments.of([3])], Moments()).variance
    1.0
    """

    n: int = 0
    mean: float = math.nan
    m2: float = 0.0

    def __post_init__(self) -> None:
        if whole("n", self.n) == 0:
            if at_least_zero("m2", self.m2) > 0 or not math.isnan(self.mean):
                raise InvalidInput(
                    f"n is 0, mean {self.mean!r} and m2 {self.m2!r}",
                    rule="no values have no mean and no spread",
                )
        else:
            number("mean", self.mean)
            at_least_zero("m2", self.m2)

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """The moments of these values, in two passes. Raises `InvalidInput` for nan and infinity, which have
        no place in a mean: leave out or fill what is missing first, and say so."""
        import numpy as np

        x = np.asarray(values if hasattr(values, "__len__") else list(values), dtype=np.float64).ravel()
        if x.size == 0:
            return cls()
        if not np.isfinite(x).all():
            first = int(np.flatnonzero(~np.isfinite(x))[0])
            raise InvalidInput(f"value {first} is {x[first]}", rule="values are finite numbers")
        shift = float(x.mean())
        away = x - shift
        # What rounding left in the mean is taken out of both.
        slip = float(away.mean())
        return cls(x.size, shift + slip, max(float(away @ away) - x.size * slip * slip, 0.0))

    def __add__(self, other: Moments) -> Moments:
        if not isinstance(other, Moments):
            return NotImplemented
        if self.n == 0 or other.n == 0:
            return other if self.n == 0 else self
        n = self.n + other.n
        gap = other.mean - self.mean
        # The weighted mean by the smaller step, so that a + b and b + a agree as far as floats allow.
        big, small = (self, other) if self.n >= other.n else (other, self)
        mean = big.mean + (small.mean - big.mean) * (small.n / n)
        return Moments(n, mean, self.m2 + other.m2 + gap * gap * (self.n * other.n / n))

    @property
    def variance(self) -> float:
        """The sample variance, m2 / (n - 1), in the unit squared; nan for fewer than two values."""
        return self.m2 / (self.n - 1) if self.n > 1 else math.nan
