"""Which Monday it is for somebody, and whether its digest is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sextant.errors import InvalidInput

#: When Monday's digest is sent, by the clock of whom it is for, and how long after that it is still worth sending.
HOUR = time(7, 0)
WORTH_SENDING = timedelta(days=2)


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput(
            f"{name[:64]!r} is no time zone", where="zone", todo="for example Europe/Berlin"
        ) from error


def begins(monday: date, where: ZoneInfo) -> datetime:
    """When that Monday's digest is due, as a moment. Where the clocks leave that hour out, the one after it."""
    local = datetime.combine(monday, HOUR, where)
    # An hour that does not exist comes back from UTC as another one, later by what was left out.
    return local.astimezone(UTC)


def last_monday(now: datetime, where: ZoneInfo) -> date:
    """The latest Monday whose digest was due by `now`, by the clock of that place.

    It is a day, not a span of 168 hours, so no change of the clocks sends it twice or leaves it out.

    >>> last_monday(datetime(2026, 11, 23, 5, 59, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    datetime.date(2026, 11, 16)
    >>> last_monday(datetime(2026, 11, 23, 6, 0, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    datetime.date(2026, 11, 23)
    """
    day = now.astimezone(where).date()
    monday = day - timedelta(days=day.weekday())
    return monday if begins(monday, where) <= now else monday - timedelta(days=7)


def due(now: datetime, where: ZoneInfo, since: datetime) -> date | None:
    """The Monday whose digest should go out now; None if the last one is too long ago, or from before `since` (when
    the person came, or asked for it)."""
    monday = last_monday(now, where)
    start = begins(monday, where)
    return monday if start <= now < start + WORTH_SENDING and since <= start else None
