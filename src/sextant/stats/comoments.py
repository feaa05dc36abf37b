"""Count, means and sums of products of deviations of several values of each unit, in a form that adds up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from sextant.errors import InvalidInput
from sextant.stats._checks import at_least_zero, number, whole


@dataclass(frozen=True, slots=True)
class Comoments:
    """What `Moments` is for one value of a unit, for several; those of two disjoint parts add up to the whole's.

    n         how many units
    means     the mean of each value; nan when there are no units
    products  products[i][j]: the sum over the units of the product of value i's and value j's deviation from
              their means; on the diagonal the sums of squares. Symmetric

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
    (1979); for products Bennett et al., "Numerically stable, single-pass, parallel statistics algorithms" (2009),
    section III.

    >>> both = Comoments.of([(1, 2), (2, 4)]) + Comoments.of([(3, 9)])
    >>> both.means, both.products[0][1]
    ((2.0, 5.0), 7.0)
    """

    n: int
    means: tuple[float, ...]
    products: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        width = len(self.means)
        if width == 0 or len(self.products) != width or any(len(row) != width for row in self.products):
            raise InvalidInput(
                f"there are {width} means and products of {[len(row) for row in self.products]}",
                rule="a square of products, one row for each mean",
            )
        if whole("n", self.n):
            for i in range(width):
                number(f"means[{i}]", self.means[i])
                at_least_zero(f"products[{i}][{i}]", self.products[i][i])

    @classmethod
    def none(cls, width: int) -> Self:
        """Of no units, which changes nothing that it is added to."""
        return cls(0, (math.nan,) * width, ((0.0,) * width,) * width)

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]] | Any) -> Self:
        """Of these units, one row each. Raises `InvalidInput` for values that are not finite."""
        import numpy as np

        x = np.asarray(rows, dtype=np.float64)
        if x.ndim != 2 or x.shape[0] == 0:
            raise InvalidInput(
                f"the rows have the shape {x.shape}", rule="one row for each unit, at least one"
            )
        if not np.isfinite(x).all():
            raise InvalidInput("a value is not finite", rule="values are finite numbers")
        means = x.mean(axis=0)
        away = x - means
        return cls(len(x), tuple(means.tolist()), tuple(tuple(row) for row in (away.T @ away).tolist()))

    def __add__(self, other: Comoments) -> Comoments:
        if not isinstance(other, Comoments):
            return NotImplemented
        if len(self.means) != len(other.means):
            raise InvalidInput(
                f"{len(self.means)} values of a unit and {len(other.means)}", rule="the same values are added"
            )
        if self.n == 0 or other.n == 0:
            return other if self.n == 0 else self
        n = self.n + other.n
        weight = self.n * other.n / n
        gaps = [b - a for a, b in zip(self.means, other.means, strict=True)]
        big, small = (self, other) if self.n >= other.n else (other, self)
        return Comoments(
            n,
            tuple(b + (s - b) * (small.n / n) for b, s in zip(big.means, small.means, strict=True)),
            tuple(
                tuple(
                    a + b + gap * other_gap * weight for a, b, other_gap in zip(one, two, gaps, strict=True)
                )
                for one, two, gap in zip(self.products, other.products, gaps, strict=True)
            ),
        )

    def square(self, weights: Sequence[float], others: Sequence[float] | None = None) -> float:
        """The sum over the units of the product of two weighted sums of their deviations; of one with itself
        where `others` is left out, and then never below zero."""
        right = weights if others is None else others
        terms = [
            a * b * value
            for a, row in zip(weights, self.products, strict=True)
            for b, value in zip(right, row, strict=True)
        ]
        total = math.fsum(terms)
        # What rounding leaves where the parts cancel is no spread.
        if others is None and total <= 1e-13 * math.fsum(map(abs, terms)):
            return 0.0
        return total
