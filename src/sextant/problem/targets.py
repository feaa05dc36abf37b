"""Targets as rows of a sheet: what a row says, what is wrong with it, and what it makes one ask.

    COLUMNS      the columns, in the order of the sheet and of its CSV file
    read_row     a row as a criterion, or what is wrong beside the cell that it is about
    row_of       a criterion as a row
    questions    what is allowed and yet hardly meant, such as a bar that is reached already
    unbound      what is not said yet of how a target will be measured
    SUGGESTIONS  metrics to begin with, by kind

Of a target that there is already a row changes what the sheet shows; the rest of it stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from sextant.criteria import MAX_DAYS, Criterion, Family
from sextant.errors import InvalidInput
from sextant.phrases import with_unit
from sextant.problem.amounts import amount, day

#: The name of each column, and what stands above it.
COLUMNS: dict[str, str] = {
    "key": "Short name",
    "name": "Target",
    "family": "Kind",
    "metric": "Measured as",
    "unit": "Unit",
    "baseline": "Today",
    "baseline_source": "Today's value from",
    "direction": "Must be",
    "target": "The bar",
    "due": "By when",
    "owner": "Owner",
    "measured_by": "What measures it",
    "measured_owner": "Who sees to that",
    "measured_from": "From when",
}
#: Without these a row is no target. What measures it may follow later; it is asked for until it is there.
NEEDED = ("name", "unit", "target")
DIRECTIONS = {
    "at_least": "at_least", "at least": "at_least", ">=": "at_least", "≥": "at_least", ">": "at_least",
    "up": "at_least", "at_most": "at_most", "at most": "at_most", "<=": "at_most", "≤": "at_most",
    "<": "at_most", "down": "at_most",
}  # fmt: skip
#: An average month, of which twelve make a year.
_MONTH = 365.25 / 12
_SPANS = {"day": 1.0, "week": 7.0, "month": _MONTH, "year": 365.25}
_T = TypeVar("_T")
_EMAIL = re.compile(r"[\w.+-]@[\w-]+\.[\w.-]*[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell, in words. A `question` may stand, if somebody says that it is meant so."""

    column: str
    said: str
    question: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A metric to begin with: everything of a target but its numbers and its people."""

    family: Family
    name: str
    metric: str
    unit: str
    direction: str
    measured_by: str

    @property
    def key(self) -> str:
        return key_of(self.name)


SUGGESTIONS: tuple[Suggestion, ...] = (
    Suggestion("business", "Finished a month", "finished a month", "items", "at_least", "a count in the system of record"),
    Suggestion("business", "Hours of work a month", "hours of work a month", "hours", "at_most", "time sheets or a time study"),
    Suggestion("business", "Revenue a month", "revenue a month", "EUR", "at_least", "the finance dashboard"),
    Suggestion("business", "Customers who leave a month", "monthly churn", "share", "at_most", "the billing system"),
    Suggestion("product", "Weekly active users", "weekly active users", "share", "at_least", "events of the product"),
    Suggestion("product", "Uses a week and user", "uses a week and user", "uses", "at_least", "events of the product"),
    Suggestion("product", "Still there after four weeks", "four-week retention", "share", "at_least", "events of the product"),
    Suggestion("product", "Time to finish the task", "median time to finish", "minutes", "at_most", "events of the product"),
    Suggestion("ml", "Accuracy", "accuracy", "share", "at_least", "an evaluation on held-out cases"),
    Suggestion("ml", "Wrong alarms", "false-positive rate", "share", "at_most", "an evaluation on held-out cases"),
    Suggestion("ml", "Found of all that there are", "recall", "share", "at_least", "an evaluation on held-out cases"),
    Suggestion("ml", "Rating by users, 1 to 5", "mean rating", "points", "at_least", "a study with users"),
    Suggestion("ml", "Outputs accepted", "acceptance rate", "share", "at_least", "events of the product"),
)  # fmt: skip


def key_of(name: str) -> str:
    """The short name that a target's name makes.

    >>> key_of("Posts a month (all blogs)")
    'posts-a-month-all-blogs'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80].strip("-")


def read_row(
    row: Mapping[str, str], *, today: date, before: Criterion | None = None
) -> tuple[Criterion | None, list[Fault]]:
    """A row as a target, and what is wrong with it or asked about it.

    The target is None where something is wrong; where there are questions only, it is there beside them.
    `before` is the target that the row changes. A day that has passed is no due date, unless it was the due
    date already.

    >>> row = {"name": "Posts a month", "family": "business", "unit": "posts", "target": "12", "due": "6 months"}
    >>> made, faults = read_row(row, today=date(2026, 3, 2))
    >>> made.key, made.threshold, made.due_days_after_exposure, faults
    ('posts-a-month', 12.0, 183, [])
    """
    given = {name: str(row.get(name) or "").strip() for name in COLUMNS}
    faults = [Fault(name, f"Write {_ASKED[name]}.") for name in NEEDED if not given[name]]
    body: dict[str, Any] = before.plain() if before else {}
    read = _Reader(given, faults)
    unit = given["unit"]

    body["key"] = before.key if before else given["key"] or key_of(given["name"])
    body["name"], body["unit"] = given["name"], unit
    body["family"] = _family(given["family"], faults)
    body["metric"] = given["metric"] or given["name"].lower()
    body["direction"] = _direction(given["direction"], faults)
    body["threshold"] = read.amount("target", unit)
    _put(body, "owner", given["owner"] or None)
    baseline = read.amount("baseline", unit)
    if baseline is None and given["baseline_source"] and not given["baseline"]:
        faults.append(Fault("baseline", "Write today's value, or take its source out."))
    if baseline is not None and not given["baseline_source"]:
        faults.append(Fault("baseline_source", "Say where today's value comes from."))
    same = before is not None and before.baseline is not None and before.baseline.value == baseline
    kept = before.baseline.at if same and before and before.baseline else None
    _put(
        body, "baseline",
        None if baseline is None else {"value": baseline, "source": given["baseline_source"], "at": kept},
    )  # fmt: skip
    due, days = read.due()
    _put(body, "due", due)
    _put(body, "due_days_after_exposure", days)
    if due and due < today and not (before and before.due == due):
        faults.append(
            Fault("due", f"{due} has passed. Write a day from today on, or a time after first use.")
        )
    starts = read.day("measured_from")
    if (given["measured_owner"] or starts) and not given["measured_by"]:
        faults.append(Fault("measured_by", "Say what measures it: a check, an event count, a dashboard."))
    binding = {
        "measured_by": given["measured_by"],
        "owner": given["measured_owner"] or None,
        "starts": starts,
    }
    _put(body, "binding", binding if given["measured_by"] else None)
    for name in ("owner", "measured_owner", "measured_by", "baseline_source"):
        if _EMAIL.search(given[name]):
            faults.append(
                Fault(name, "This looks like an e-mail address. Name a role: targets are kept for good.")
            )
    if faults:
        return None, faults
    try:
        made = Criterion.model_validate(body)
    except ValidationError as error:
        return None, [_placed(fault) for fault in error.errors(include_url=False)]
    return made, questions(made)


def questions(criterion: Criterion) -> list[Fault]:
    """What a target may say and yet hardly means: a bar that is reached today, a share above one, a due date
    before anything measures it.

    >>> odd = Criterion(key="posts", name="Posts", family="business", metric="posts", unit="posts",
    ...     direction="at_most", threshold=12, baseline={"value": 8, "source": "CMS"})
    >>> [q.column for q in questions(odd)]
    ['direction']
    """
    asked = []
    start, bar, unit = criterion.baseline, criterion.threshold, criterion.unit
    if start is not None and criterion.role == "target":
        better = "higher" if criterion.direction == "at_least" else "lower"
        reached = start.value >= bar if criterion.direction == "at_least" else start.value <= bar
        if reached:
            said = (
                f"Today's {with_unit(start.value, unit)} clears the bar of {with_unit(bar, unit)} already, if "
                f"{better} is better. Turn “must be” round, or move the bar."
            )
            asked.append(Fault("direction", said, question=True))
    for column, value in (("target", bar), ("baseline", start.value if start else None)):
        if unit == "share" and value is not None and not 0 <= value <= 1:
            asked.append(
                Fault(
                    column,
                    f"A share lies between 0 and 1: write {value:g} % if you mean that.",
                    question=True,
                )
            )
    starts = criterion.binding.starts if criterion.binding else None
    if criterion.due and starts and starts > criterion.due:
        asked.append(
            Fault(
                "measured_from", f"It is due on {criterion.due}, before anything measures it.", question=True
            )
        )
    return asked


def unbound(criterion: Criterion) -> tuple[str, ...]:
    """What is not said yet of how it will be measured: "how", "by whom", "from when"; empty if all is said.

    >>> unbound(Criterion(key="a", name="A", family="ml", metric="a", unit="share", direction="at_least",
    ...     threshold=0.9, owner="ML lead", binding={"measured_by": "an evaluation"}))
    ('from when',)
    """
    binding = criterion.binding
    by = (binding.owner if binding else None) or criterion.owner
    said = {"how": binding, "by whom": by, "from when": binding and binding.starts}
    return tuple(word for word, given in said.items() if not given)


def row_of(criterion: Criterion) -> dict[str, str]:
    """A target as a row of the sheet: `read_row` of it gives the target again."""
    start, binding = criterion.baseline, criterion.binding
    due = criterion.due.isoformat() if criterion.due else ""
    if criterion.due_days_after_exposure is not None:
        due = timeframe(criterion.due_days_after_exposure)
    return {
        "key": criterion.key,
        "name": criterion.name,
        "family": criterion.family,
        "metric": criterion.metric,
        "unit": criterion.unit,
        "baseline": _written(start.value) if start else "",
        "baseline_source": start.source if start else "",
        "direction": criterion.direction,
        "target": _written(criterion.threshold),
        "due": due,
        "owner": criterion.owner or "",
        "measured_by": binding.measured_by if binding else "",
        "measured_owner": (binding.owner or "") if binding else "",
        "measured_from": binding.starts.isoformat() if binding and binding.starts else "",
    }


def timeframe(days: int) -> str:
    """A time after first use as people say it, which reads back as the same number of days.

    >>> timeframe(183), timeframe(28), timeframe(10)
    ('6 months', '4 weeks', '10 days')
    """
    months = round(days / _MONTH)
    if months and round(months * _MONTH) == days:
        return _plural(months, "month")
    if days and days % 7 == 0:
        return _plural(days // 7, "week")
    return _plural(days, "day")


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


_ASKED = {
    "name": "what must hold, as a person would say it",
    "unit": "the unit",
    "target": "the number to reach",
}


class _Reader:
    """Reads cells, and notes what cannot be read."""

    def __init__(self, given: dict[str, str], faults: list[Fault]) -> None:
        self.given, self.faults = given, faults

    def amount(self, column: str, unit: str) -> float | None:
        return self._read(column, lambda text: amount(text, unit))

    def day(self, column: str) -> date | None:
        return self._read(column, day)

    def due(self) -> tuple[date | None, int | None]:
        text = self.given["due"]
        span = re.fullmatch(r"(?:in |within )?(\d{1,5}) ?(day|week|month|year)s?", text, re.IGNORECASE)
        if not span:
            return self.day("due"), None
        days = round(int(span[1]) * _SPANS[span[2].lower()])
        if days > MAX_DAYS:
            self.faults.append(Fault("due", f"That is {days:,} days; at most {MAX_DAYS:,}."))
        return None, min(days, MAX_DAYS)

    def _read(self, column: str, read: Callable[[str], _T]) -> _T | None:
        text = self.given[column]
        if not text:
            return None
        try:
            return read(text)
        except InvalidInput as error:
            said = str(error)
            also = ", or as 6 months after first use" if column == "due" else ""
            self.faults.append(Fault(column, f"{said.rstrip('.')}{also}."))
            return None


def _family(text: str, faults: list[Fault]) -> str:
    known = get_args(Family)
    said = text.lower()
    if said not in known:
        faults.append(Fault("family", f"“{text[:40]}” is no kind; write one of {', '.join(known)}."))
    return said


def _direction(text: str, faults: list[Fault]) -> str:
    found = DIRECTIONS.get((text or "at_least").lower())
    if found is None:
        faults.append(Fault("direction", f"“{text[:40]}” is no direction; write at least or at most."))
    return found or "at_least"


def _put(body: dict[str, Any], name: str, value: Any) -> None:
    """Set a field, or take it out: an absent field and an empty one are one thing."""
    body.pop(name, None)
    if value is not None:
        body[name] = value


def _written(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _placed(fault: Any) -> Fault:
    """A fault of the type, beside the cell that it is about."""
    place = str(fault["loc"][0]) if fault["loc"] else "name"
    column = {"threshold": "target", "due_days_after_exposure": "due", "binding": "measured_by"}.get(
        place, place
    )
    if column == "key":
        said = "Its short name is not right: small letters, digits, - and _, at most 80."
        return Fault("name", said)
    message = str(fault["msg"]).removeprefix("Value error, ")
    return Fault(column if column in COLUMNS else "name", f"{message[:1].upper()}{message[1:]}.")
