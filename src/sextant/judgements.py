"""Measurements by a judge: what it said of many outputs, corrected by how it errs on those that people judged too.

Kinds of evidence like those of `evidence`, from counts or moments that can be judged again at another level. That the
judge agrees with people well enough is a condition beside the number (`judge_calibrated`), and the judge's exact version
stands among the versions it rests on.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sextant.evidence import Measurement
from sextant.stats import judged
from sextant.stats.intervals import Bounds


class JudgedShare(Measurement):
    """A share of outputs that people would call a success, by a judge and its known errors.

    The judge called `successes` of `trials` outputs so, which only it saw. Of those that both saw, `both` says what
    people (by row) and the judge (by column) called them: bad, then good.
    """

    kind: Literal["judged_share"] = "judged_share"
    successes: int = Field(ge=0)
    trials: int = Field(ge=0)
    both: tuple[tuple[int, int], tuple[int, int]]
    correction: Literal["rogan_gladen", "prediction_powered"] = "rogan_gladen"

    @property
    def counted(self) -> int:
        return self.trials

    def bounds(self, level: float, sides: int) -> Bounds:
        return judged.judged_share(
            self.successes, self.trials, self.both, correction=self.correction, level=level, sides=sides
        )


class JudgedMean(Measurement):
    """The mean score that people would give, by a judge's scores of `trials` outputs that only it saw, and both sides'
    moments of `scored` outputs that people scored too, drawn by lot from the same."""

    kind: Literal["judged_mean"] = "judged_mean"
    trials: int = Field(ge=0)
    mean: float
    m2: float
    scored: int = Field(ge=0)
    people_mean: float
    people_m2: float
    judge_mean: float
    judge_m2: float
    m11: float

    @property
    def counted(self) -> int:
        return self.trials

    def bounds(self, level: float, sides: int) -> Bounds:
        return judged.judged_mean(
            self.trials, self.mean, self.m2, self.scored, self.people_mean, self.people_m2, self.judge_mean,
            self.judge_m2, self.m11, level=level, sides=sides,
        )  # fmt: skip
