"""How the plan writes what it says: a bar, a number with its range, a day, and a text that must be short."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sextant.criteria import Criterion
from sextant.phrases import DASH, interval_text, number_text
from sextant.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Room:
    """How long things may be: characters of an intent (`meant`), of a point beside it (`point`), of a cell that holds
    text (`cell`), and of the summary; how many points a phase, targets and risks are shown."""

    meant: int
    point: int
    cell: int
    summary: int
    points: int
    targets: int
    risks: int


#: From roomy to tight: the first that fits the pages is taken.
ROOMS = (
    Room(meant=900, point=260, cell=160, summary=600, points=6, targets=30, risks=12),
    Room(meant=560, point=170, cell=110, summary=400, points=6, targets=24, risks=10),
    Room(meant=380, point=120, cell=80, summary=280, points=5, targets=20, risks=8),
    Room(meant=240, point=84, cell=56, summary=200, points=4, targets=16, risks=6),
)


@dataclass(slots=True)
class Shortener:
    """Cuts texts to what there is room for, and remembers which: each with its name and its length."""

    cut: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, text: str, limit: int, name: str) -> str:
        """The text on one line; if it is longer than `limit`, up to the last sentence that fits (if that is most of
        it), else up to the last word, and then an ellipsis.

        >>> short = Shortener()
        >>> short("Read the forms.  Then\\ncheck them.", 40, "x"), short("Read the forms. Then check them.", 20, "y")
        ('Read the forms. Then check them.', 'Read the forms. …')
        >>> short("One long sentence without any end", 20, "z"), short.cut
        ('One long sentence …', [('y', 32), ('z', 33)])
        """
        # What is far beyond the limit is not looked at.
        whole, text = len(text), " ".join(text[: limit * 8 + 4000].split())
        if len(text) <= limit and whole <= limit * 8 + 4000:
            return text
        self.cut.append((name, max(whole, len(text))))
        head = text[: limit - 2]
        end = max(head.rfind(mark) for mark in (". ", "! ", "? "))
        if end >= limit * 0.6:
            return f"{head[: end + 1]} …"
        space = head.rfind(" ")
        return f"{head[: space if space >= limit * 0.6 else len(head)].rstrip(' ,;:')} …"


def day(value: date | None) -> str:
    """A day as a document says it, with its year: it is read later.

    >>> day(date(2026, 3, 2)), day(None)
    ('2 Mar 2026', '–')
    """
    return f"{value.day} {value:%b} {value.year}" if value else DASH


def bar(criterion: Criterion) -> str:
    """What a target asks for."""
    amount = number_text(
        criterion.threshold, criterion.unit, exact=True, difference=criterion.role == "guardrail"
    )
    if criterion.role == "guardrail":
        return f"at most {amount.lstrip('+')} worse"
    return f"{criterion.direction.replace('_', ' ')} {amount}"


def due(criterion: Criterion) -> str:
    """By when it must hold."""
    if criterion.due:
        return day(criterion.due)
    days = criterion.due_days_after_exposure
    return DASH if days is None else f"{days} days in use"


def today(criterion: Criterion) -> str:
    """Where it started."""
    return number_text(criterion.baseline.value, criterion.unit) if criterion.baseline else DASH


def measured(criterion: Criterion, verdict: Verdict) -> str:
    """What was measured with its range, rounded but never onto the bar, and where it comes from if not measured."""
    if verdict.value is None:
        return DASH
    difference = criterion.role == "guardrail"
    text = number_text(verdict.value, criterion.unit, against=criterion.bar, difference=difference)
    if verdict.lower is not None and verdict.lower != verdict.upper:
        ends = interval_text(
            verdict.lower, verdict.upper, criterion.unit, against=criterion.bar, difference=difference
        )
        text += f" ({ends})"
    if verdict.origin and verdict.origin.value != "measured":
        text += f", {verdict.origin.value}"
    return text
