"""Can it be done? Four sides, what to ask on each, and what a caution asks for."""

from __future__ import annotations

from typing import Literal

from sextant.problem.documents import Feasibility, Side

SideName = Literal["technical", "data", "resources", "users"]

#: What to find out on each side, before one says yes, caution or no.
PROMPTS: dict[SideName, tuple[str, ...]] = {
    "technical": (
        "Can the methods of today do this at all? Name a paper, a product or a trial that does.",
        "How accurate are solutions that exist, on cases like yours?",
        "Is that good enough for your bar, or must you be the first?",
    ),
    "data": (
        "Which data does it need, how much of it, and how fresh?",
        "Have you got it, and may you use it for this?",
        "If not: can you collect it, by when, at what cost?",
    ),
    "resources": (
        "Who has the skills, and how much of their time is free?",
        "How long may it take, and what may it cost?",
        "Who looks after it once it is in use?",
    ),
    "users": (
        "Will people trust a model with this task, and may they change what it gives?",
        "What happens to them when it is wrong, and who notices?",
        "What do those you talked to say?",
    ),
}


def overall(feasibility: Feasibility) -> Literal["unknown", "yes", "caution", "no"]:
    """The verdict of all four sides: the worst of them, as long as none is open; a no stands at once.

    >>> overall(Feasibility(users=Side(verdict="no")))
    'no'
    """
    verdicts = [side.verdict for side in sides(feasibility).values()]
    if "no" in verdicts:
        return "no"
    if "unknown" in verdicts:
        return "unknown"
    return "caution" if "caution" in verdicts else "yes"


def sides(feasibility: Feasibility) -> dict[SideName, Side]:
    """The four sides by their names."""
    return {name: getattr(feasibility, name) for name in PROMPTS}


def uncovered(feasibility: Feasibility, risks: dict[str, str]) -> tuple[SideName, ...]:
    """The cautions that no risk covers yet. `risks` are the register's risks: key and mitigation."""
    return tuple(
        name
        for name, side in sides(feasibility).items()
        if side.verdict == "caution" and not risks.get(side.risk or "", "").strip()
    )
