"""What recurs: looked at by the worker, again and again, for as long as one runs.

    @every("standings", minutes=1)
    def standings(now: datetime) -> None:
        if something_is_out_of_date():
            enqueue("standings.refresh", {}, key=...)

What is scheduled is only the looking, which costs a query; it asks for a job where there is something to do. When it
is next due stands in the database, so that of two workers one looks, a restart forgets nothing, and however long no
worker ran, it is looked once. Days and weeks belong to the looking: it works out in a person's own time zone what is
due and not done, which no change of the clocks can do twice or leave out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from sextant.errors import InvalidInput

Look = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Recurring:
    """Something that is looked at every so often."""

    name: str
    every: timedelta
    look: Look


_RECURRING: dict[str, Recurring] = {}


def every(name: str, *, minutes: float) -> Callable[[Look], Look]:
    """Make a function be called every so many minutes, within a transaction."""

    def register(look: Look) -> Look:
        if name in _RECURRING:
            raise InvalidInput(f"two schedules are called {name}", rule="a schedule has one name")
        _RECURRING[name] = Recurring(name, timedelta(minutes=minutes), look)
        return look

    return register


def recurring() -> dict[str, Recurring]:
    """Everything that recurs, by its name."""
    import_module("sextant_server.jobs.kinds")
    return _RECURRING


def following(due: datetime, step: timedelta, now: datetime) -> datetime:
    """The first moment after `now` that lies a whole number of steps after `due`: what was missed is not made up.

    >>> from datetime import UTC
    >>> due, step = datetime(2026, 1, 5, 12, tzinfo=UTC), timedelta(minutes=15)
    >>> following(due, step, datetime(2026, 1, 5, 13, 7, tzinfo=UTC))
    datetime.datetime(2026, 1, 5, 13, 15, tzinfo=datetime.timezone.utc)
    """
    return due + ((now - due) // step + 1) * step
