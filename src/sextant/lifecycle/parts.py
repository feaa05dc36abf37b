"""Parts of an item that can be "not applicable" on their own: a model that reads digits has no jailbreak."""

from __future__ import annotations

from sextant.lifecycle.state import ProjectState
from sextant.reports import RED_TEAM

#: The ways back that a drill takes.
WAYS_BACK = ("before_feature", "last_good_model")

PARTS: dict[str, tuple[str, ...]] = {"4d": RED_TEAM, "5c": WAYS_BACK}

#: Every part as it is written where something is excused: `4d:jailbreak`.
PART_KEYS: frozenset[str] = frozenset(f"{item}:{part}" for item, parts in PARTS.items() for part in parts)


def applicable(state: ProjectState, item: str) -> tuple[str, ...]:
    """The parts of an item that nobody's approved "not applicable" takes out.

    >>> from datetime import datetime, UTC
    >>> excused = {"5c:last_good_model": "this is the first model"}
    >>> state = ProjectState("forms", "Forms", datetime.now(UTC), not_applicable=excused)
    >>> applicable(state, "5c")
    ('before_feature',)
    """
    return tuple(part for part in PARTS[item] if f"{item}:{part}" not in state.not_applicable)
