"""What a comparison of two tables gives: every column with its verdict, and all together."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from sextant.canonical import Frozen
from sextant.data.contents import Words
from sextant.data.domain import Apart
from sextant.data.profile import Value
from sextant.errors import InvalidInput


class Decided(Frozen):
    """The counts that the distance was computed on: those of the column, or finer ones for a distance that goes by
    the order of values; `positions` are where those lie."""

    reference: tuple[int, ...]
    current: tuple[int, ...]
    positions: tuple[float, ...] = ()


class ColumnDrift(Frozen):
    """What became of one column.

    verdict    drifted: it has moved by more than the threshold, also after all columns that were looked at are
               taken into account; steady: it has not; open: the rows do not decide it; not compared: see `why`
    value, lower, upper   the distance without what chance would show, and its 95 % range (or as `level` says); of
               free text and embeddings the area of `apart`
    p, adjusted   the chance of this much, were the distance no more than the threshold; and over all columns
    distances  every distance as it is on the histograms, with nothing taken off
    tests      p-values for any difference at all: chi_squared, kolmogorov_smirnov
    missing    the share without a value, before and now
    new, gone  categories that only one of them has, where that is certain
    outside    the share of current numbers beyond the reference's range (at least)
    decided_on the counts that decided
    apart      of free text and embeddings, which no counts decide: how well a classifier tells their values apart
    words, centre   what became of a text's words; how far the centre of embeddings has moved, in parts of their spread
    """

    name: str
    kind: str
    verdict: Literal["drifted", "steady", "open", "not_compared"]
    why: str = ""
    value: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    p: float | None = None
    adjusted: float | None = None
    distances: dict[str, float] = Field(default_factory=dict)
    tests: dict[str, float] = Field(default_factory=dict)
    missing: tuple[float, float] = (0.0, 0.0)
    new: tuple[Value, ...] = ()
    gone: tuple[Value, ...] = ()
    outside: float = 0.0
    edges: tuple[float, ...] = ()
    names: tuple[Value, ...] = ()
    reference: tuple[int, ...] = ()
    current: tuple[int, ...] = ()
    decided_on: Decided | None = None
    apart: Apart | None = None
    words: Words | None = None
    centre: float | None = None


class DriftReport(Frozen):
    """What has moved between two tables: by which distance, from which threshold on, and every column."""

    reference: str
    current: str
    reference_rows: int
    current_rows: int
    statistic: str
    threshold: float
    level: float
    columns: tuple[ColumnDrift, ...]
    only_before: tuple[str, ...] = ()
    only_now: tuple[str, ...] = ()
    together: Apart | None = Field(
        default=None, description="How well all columns together tell the tables apart."
    )

    @property
    def drifted(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if c.verdict == "drifted")

    def __getitem__(self, name: str) -> ColumnDrift:
        found = next((c for c in self.columns if c.name == name), None)
        if found is None:
            raise InvalidInput(
                f"column {name!r} was not looked at", where=f"{self.reference} to {self.current}"
            )
        return found

    def __str__(self) -> str:
        from sextant.data.drift_text import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from sextant.data.drift_text import as_html

        return as_html(self)
