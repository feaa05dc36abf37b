"""Reports out of the state with their own type, as its `one` and `all` give documents with theirs."""

from __future__ import annotations

from typing import TypeVar

from sextant.evidence import Evidence, Version
from sextant.lifecycle.state import ProjectState, Stored

E = TypeVar("E", bound=Evidence)


def kept(state: ProjectState, kind: type[E], topic: str) -> list[tuple[E, Stored]]:
    """Every record of a topic that the state holds, the latest first: of all, and on models that matter."""
    name = f"{kind.model_fields['kind'].default}:{topic}"
    return [(s.evidence, s) for s in state.evidence.get(name, ()) if isinstance(s.evidence, kind)]


def latest(
    state: ProjectState, kind: type[E], topic: str, *, on: Version | None = None
) -> tuple[E, Stored] | None:
    """The latest record of a topic, on this model version if one is given."""
    return next((found for found in kept(state, kind, topic) if on is None or found[0].model == on), None)


def each(state: ProjectState, kind: type[E]) -> list[tuple[E, Stored]]:
    """The latest record of every topic of a kind, whatever it was taken on."""
    return [(s.evidence, s) for s in state.each(kind) if isinstance(s.evidence, kind)]


def every(state: ProjectState, kind: type[E]) -> list[tuple[E, Stored]]:
    """Every record of every topic of a kind that the state holds, the oldest first."""
    prefix = f"{kind.model_fields['kind'].default}:"
    found = [s for topic, records in state.evidence.items() if topic.startswith(prefix) for s in records]
    typed = [(s.evidence, s) for s in found if isinstance(s.evidence, kind)]
    return sorted(typed, key=lambda pair: (pair[0].at, pair[1].sequence))
