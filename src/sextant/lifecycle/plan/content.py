"""What the plan says, out of a project's state alone: every format draws the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sextant.lifecycle.gates import GateState, current_phase, gates
from sextant.lifecycle.phases import BY_KEY, PHASES
from sextant.lifecycle.plan.words import ROOMS, Room, Shortener, bar, day, due, measured, today
from sextant.lifecycle.state import ProjectState, Risk
from sextant.lifecycle.timeline import Forecast, forecast, spending, timeline
from sextant.phrases import DASH, with_unit
from sextant.problem.documents import Brief, FiveWs, Intent
from sextant.verdicts import WORDS, Status

#: How a shortened text is cut, as the document says it.
RULE = "A text too long for three pages ends at its last sentence or word that fits, and with an ellipsis."
NOTHING_MEANT = "No intent is written yet."
NOTHING_FOUND = "Nothing is measured or decided yet."
OUTCOMES = {"pass": "passed", "hold": "held", "stop": "stopped"}


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was measured or decided; `status` is its word, empty where it has none."""

    text: str
    status: str = ""

    @property
    def whole(self) -> str:
        return f"{self.status.capitalize()}: {self.text}" if self.status else self.text


@dataclass(frozen=True, slots=True)
class Beside:
    """What is meant (and by which document it was said, if not as an intent), beside what is so far."""

    meant: str
    source: str
    found: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under their headings; `after` is a sentence below, `empty` stands in place of a table without rows."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it. `phase` is the phase that it is about, if it is about one."""

    title: str
    blocks: tuple[Prose | Beside | Table, ...]
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole. `head` is the signed head of the log as plain values, `cut` what was shortened and how long it is."""

    name: str
    subtitle: str
    summary: str
    at: datetime
    sections: tuple[Section, ...]
    head: Mapping[str, Any] | None
    cut: tuple[tuple[str, int], ...]

    @property
    def title(self) -> str:
        return f"{self.name}: plan"

    @property
    def note(self) -> str:
        """What was shortened, or nothing."""
        if not self.cut:
            return ""
        names = list(dict.fromkeys(name for name, _ in self.cut))
        return f"Shortened here: {', '.join(names)}. {RULE} The whole text is in the project."


#: The titles of the sections that are about a phase.
_TITLES = {
    "problem": "Problem", "data": "Data", "model": "Approach", "evaluation": "Evaluation",
    "deployment": "Deployment", "maintenance": "Maintenance",
}  # fmt: skip


def plan(
    state: ProjectState, *, summary: str = "", head: Mapping[str, Any] | None = None, room: Room = ROOMS[0]
) -> Plan:
    """The plan of a project as it stands.

    summary   what the project is, in a sentence or two
    head      the signed head of its log, which proves later what the log was
    room      how long things may be; `paper.fitted` finds the first that fits three pages

    >>> from datetime import UTC, datetime
    >>> found = plan(ProjectState("forms", "Forms", datetime(2026, 1, 5, tzinfo=UTC)))
    >>> [section.title for section in found.sections][:5]
    ['Problem', 'Targets', 'Data', 'Approach', 'Evaluation']
    """
    short, found = Shortener(), gates(state)
    sections = []
    for one in found:
        sections.append(Section(_TITLES[one.phase], (_beside(state, one, room, short),), one.phase))
        if one.phase == "problem":
            sections.append(Section("Targets", (_targets(state, room, short),)))
    sections += [
        Section("Timeline", _timeline(state, found)),
        Section("Risks", (_risks(state.risks, room, short),)),
    ]
    here = BY_KEY[current_phase(found).phase].name
    simulated = " Its people and traffic are simulated." if state.simulated else ""
    return Plan(
        short(state.name, 120, "the name"),
        f"On {day(state.now.date())}: phase {here}, {state.rigor} rigor.{simulated}",
        short(summary, room.summary, "the summary"),
        state.now,
        tuple(sections),
        head,
        tuple(short.cut),
    )


# --- a phase: what is meant beside what is


def _beside(state: ProjectState, gate: GateState, room: Room, short: Shortener) -> Beside:
    meant, source = _meant(state, gate.phase)
    name = _TITLES[gate.phase]
    points = tuple(_points(gate, room, short))
    return Beside(short(meant, room.meant, f"the intent for {name}") or NOTHING_MEANT, source, points)


def _meant(state: ProjectState, phase: str) -> tuple[str, str]:
    """What is meant in a phase: as the intent says, else as the brief or the five Ws do."""
    intent, brief, five = state.one(Intent), state.one(Brief), state.one(FiveWs)
    if intent and (said := getattr(intent[0], phase)):
        return said, ""
    if phase == "model" and brief and brief[0].approach:
        return brief[0].approach, "from the brief"
    if phase == "problem" and five:
        answers = (five[0].what, five[0].who, five[0].why, five[0].when, five[0].where)
        return " ".join(f"{text.rstrip('.')}." for text in answers if text), "from the five Ws"
    return "", ""


def _points(gate: GateState, room: Room, short: Shortener) -> Iterator[Point]:
    """The gate in a sentence, then what was found about its items: what is not met first, what is missing together."""
    if not gate.assessed:
        yield Point("The project began later, so this gate is not assessed.")
        return
    known = [i for i in gate.items if i.status is not Status.MISSING]
    missing = [i for i in gate.items if i.status is Status.MISSING]
    if not known and not gate.decision:
        yield Point(NOTHING_FOUND)
        return
    yield Point(_gate(gate))
    known.sort(key=lambda i: i.status is Status.MET)
    for item in known[: room.points]:
        text = short(item.finding.reason, room.point, "findings")
        yield Point(text, WORDS[item.status])
    left = [*known[room.points :], *missing]
    if left:
        titles = "; ".join(f"{i.item.title} ({WORDS[i.status]})" for i in left)
        yield Point(f"Also: {short(titles, room.point * 2, 'findings')}")


def _gate(gate: GateState) -> str:
    text = f"{gate.met} of {len(gate.items)} items met"
    if gate.iteration > 1:
        text += f", time round {gate.iteration}"
    if gate.decision:
        who = f"{OUTCOMES[gate.decision.outcome]} by {gate.decision.by} on {day(gate.decision.at.date())}"
        return f"Gate {who}; {text}."
    return f"Gate open: {text}."


# --- tables


def _targets(state: ProjectState, room: Room, short: Shortener) -> Table:
    listed = list(state.criteria.values())
    rows = []
    for criterion in listed[: room.targets]:
        verdict = state.verdict(criterion.key)
        rows.append(
            (
                short(criterion.name, room.cell, "names of targets"), today(criterion), bar(criterion),
                due(criterion), measured(criterion, verdict), verdict.word,
            )
        )  # fmt: skip
    more = len(listed) - len(rows)
    return Table(
        ("Target", "At the start", "Bar", "By", "Measured", "Status"),
        tuple(rows),
        "No targets are written yet.",
        f"And {more} more target{'s' * (more > 1)}, in the project." if more else "",
    )


def _timeline(state: ProjectState, found: Sequence[GateState]) -> tuple[Table, Prose]:
    lines = timeline(state)
    rows = []
    for info in PHASES:
        line = lines.line(info.key)
        slip = "" if not line.slip_days else _slip(line.slip_days)
        rows.append(
            (
                info.name, info.leads, _span(line.planned_start, line.planned_end),
                _span(line.actual_start, line.actual_end), slip or DASH,
            )
        )  # fmt: skip
    return (
        Table(("Phase", "Led by", "Planned", "Actual", "Slip"), tuple(rows), "No dates are planned."),
        Prose(f"{ship_date(forecast(state, found=found))} {_money(state)}".strip()),
    )


def _span(start: Any, end: Any) -> str:
    if start is None and end is None:
        return DASH
    return f"{day(start)} to {day(end)}" if end else f"from {day(start)}"


def _slip(days: int) -> str:
    return f"{abs(days)} day{'s' * (abs(days) != 1)} {'late' if days > 0 else 'early'}"


def ship_date(found: Forecast) -> str:
    """When it ships, in a sentence.

    >>> from datetime import UTC, datetime
    >>> state = ProjectState("forms", "Forms", datetime(2026, 1, 5, tzinfo=UTC), opened_at_phase="maintenance")
    >>> ship_date(forecast(state))
    'The project began after launch: there is nothing to forecast.'
    """
    if found.shipped:
        late = f", {_slip(found.late_days)}" if found.late_days else ""
        return f"It shipped on {day(found.shipped)}{late}."
    if found.median is None:
        return found.method
    planned = f" Planned was {day(found.planned)}." if found.planned else ""
    return (
        f"It will probably ship between {day(found.earliest)} and {day(found.latest)}, as likely before as after "
        f"{day(found.median)}.{planned}"
    )


def _money(state: ProjectState) -> str:
    found = spending(state)
    parts = [
        f"{word} {with_unit(amount, state.currency)}"
        for word, amount in (("budget", found.budget), ("planned", found.planned), ("spent", found.spent))
        if amount is not None
    ]
    return f"Money: {', '.join(parts)}." if parts else ""


def _risks(risks: Sequence[Risk], room: Room, short: Shortener) -> Table:
    listed = sorted(risks, key=lambda r: (r.status != "open", -r.likelihood * r.impact))
    rows = tuple(
        (
            short(r.text, room.cell, "risks"), BY_KEY[r.phase].name, f"{r.likelihood} × {r.impact}",
            short(r.mitigation, room.cell, "mitigations") or DASH, short(r.owner, 40, "owners") or DASH,
            r.status,
        )
        for r in listed[: room.risks]
    )  # fmt: skip
    more = len(listed) - len(rows)
    return Table(
        ("Risk", "Phase", "Likelihood × impact", "Mitigation", "Owner", "Status"),
        rows,
        "No risks are written down.",
        f"And {more} more risk{'s' * (more > 1)}, in the project." if more else "",
    )
