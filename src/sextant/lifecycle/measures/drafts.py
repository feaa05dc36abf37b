"""What a check hands over before it is evidence, and what it is computed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sextant.config import checks
from sextant.criteria import Criterion, Setting
from sextant.evidence import Evidence, Soundness, Version
from sextant.lifecycle.measures.inputs import Inputs


@dataclass(frozen=True, slots=True)
class Draft:
    """Evidence before it has what all evidence has. `criterion` is what it judges, `fields` what is its
    own."""

    kind: type[Evidence]
    estimand: str
    setting: Setting
    data: Version
    fields: dict[str, Any]
    criterion: Criterion | None = None
    model: Version | None = None
    depends: tuple[Version, ...] = ()
    soundness: tuple[Soundness, ...] = ()
    left_out: int = 0
    notes: tuple[str, ...] = ()
    period: tuple[datetime, datetime] | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a check is computed in: the tables, the time, and how to come by another check's result."""

    inputs: Inputs
    now: datetime
    labels: Callable[[checks.Evaluation | checks.Judge], list[Soundness]] = field(default=lambda spec: [])

    def criterion(self, key: str) -> Criterion:
        return self.inputs.config.criterion(key)
