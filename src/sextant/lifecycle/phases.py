"""The six phases, and what is usual in them (the guide's figures)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sextant.criteria import Phase


@dataclass(frozen=True, slots=True)
class PhaseInfo:
    """One phase: usual length in weeks (None: it never ends), the product manager's involvement from 1 to 5."""

    key: Phase
    number: int
    name: str
    weeks: tuple[float, float] | None
    involvement: int
    leads: str
    question: str


PHASES: tuple[PhaseInfo, ...] = (
    PhaseInfo(
        "problem", 1, "Problem", (1, 2), 5, "Product manager", "Is this worth doing, and is ML the way?"
    ),
    PhaseInfo("data", 2, "Data", (4, 8), 3, "ML and data engineering", "Do we have data that we can trust?"),
    PhaseInfo(
        "model", 3, "Model", (3, 6), 2, "ML engineering", "Which approach is good, fast and cheap enough?"
    ),
    PhaseInfo(
        "evaluation",
        4,
        "Evaluation",
        (2, 4),
        4,
        "ML and product",
        "Does it do what we promised, for real people?",
    ),
    PhaseInfo(
        "deployment",
        5,
        "Deployment",
        (2, 4),
        4,
        "ML and software engineering",
        "Can we ship it safely, and go back?",
    ),
    PhaseInfo("maintenance", 6, "Maintenance", None, 3, "The whole team", "Does it still hold?"),
)

BY_KEY: dict[str, PhaseInfo] = {p.key: p for p in PHASES}


def before(phase: str) -> tuple[PhaseInfo, ...]:
    """The phases that come before this one."""
    return PHASES[: BY_KEY[phase].number - 1]
