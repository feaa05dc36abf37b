"""Rigor: how much must hold before a gate lets a project through. Can be raised at any time; nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rigor = Literal["light", "standard", "regulated"]


@dataclass(frozen=True, slots=True)
class RigorProfile:
    """What a profile asks for. `blocks_all` is False when only the starred items block; `second_person` means that
    waivers and "not applicable" need somebody else's approval than the one who asked."""

    key: Rigor
    name: str
    blocks_all: bool
    second_person: bool
    max_waiver_days: int
    sentence: str


PROFILES: dict[str, RigorProfile] = {
    p.key: p
    for p in (
        RigorProfile("light", "Light", False, False, 180, "Ten items block, the rest advise. For a first try."),
        RigorProfile("standard", "Standard", True, False, 90, "All 32 items block. For what customers rely on."),
        RigorProfile(
            "regulated", "Regulated", True, True, 30,
            "All 32 items block; waivers last 30 days at most, and a second person approves them.",
        ),
    )
}  # fmt: skip
