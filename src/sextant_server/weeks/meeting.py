"""The stakeholders' meeting: one content for the page, the presentation, the PDF and programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sextant.lifecycle.gates import current_phase, gates
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.standing import Standing, chosen_targets, next_due, standing
from sextant.lifecycle.state import ProjectState, Written
from sextant.lifecycle.waits import Wait, waits
from sextant.problem.meetings import Meeting, MeetingPlan
from sextant_server.projects.models import Project
from sextant_server.projects.overview import Target
from sextant_server.records.queries import project_state
from sextant_server.weeks.changes import Change, changes
from sextant_server.weeks.queries import kept_of
from sextant_server.weeks.targets import actual

#: Most changes that a meeting looks at.
MOST_CHANGES = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """The decision that is needed: in the team's own words, or the one that the project waits for most. `href_target`
    is what it opens, as a check names it; empty where nothing is waited for."""

    said: str
    why: str = ""
    label: str = ""
    href_target: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that a meeting looks at."""

    project: Project
    state: ProjectState
    standing: Standing
    targets: list[Target]
    since: datetime
    last: tuple[Meeting, Written] | None
    meetings: list[tuple[Meeting, Written]]
    changes: list[Change]
    more_changes: int
    asked: Asked
    next_on: Any
    waits: list[Wait]


def held(state: ProjectState) -> list[tuple[Meeting, Written]]:
    """The meetings that took place, the last first."""
    today = state.now.date()
    listed = [(m, w) for m, w in state.all(Meeting) if m.held_on and m.held_on <= today]
    return sorted(listed, key=lambda pair: (pair[0].held_on, pair[1].at), reverse=True)


def moment(meeting: Meeting, written: Written) -> datetime:
    """From when on a change is news after this meeting: when it was written down, at the latest the end of its day."""
    if meeting.held_on is None:
        return written.at
    return min(written.at, datetime.combine(meeting.held_on + timedelta(days=1), time(), UTC))


def meeting_page(project: Project, *, now: datetime | None = None) -> Page:
    """What the next meeting looks at."""
    # First, so that what turned since the last look is kept and shows.
    kept_of(project)
    state = project_state(project, now=now)
    found = gates(state)
    stands = standing(state, found)
    past = held(state)
    since = moment(*past[0]) if past else project.created_at
    news = changes([project], since)[project.pk]
    listed = waits(state, found)
    plan = state.one(MeetingPlan)
    coming = (
        next_due(plan[0].first_on, plan[0].cadence_days, state.now.date())
        if plan and plan[0].first_on
        else None
    )
    return Page(
        project, state, stands, [Target(c, state.verdict(c.key)) for c in chosen_targets(state)], since,
        past[0] if past else None, past[:10], news[:MOST_CHANGES], max(0, len(news) - MOST_CHANGES),
        _asked(plan[0].asked if plan else "", listed, BY_KEY[current_phase(found).phase].name), coming, listed,
    )  # fmt: skip


#: Which waits are a decision, the weightiest first.
_DECISIONS = ("gate", "outcome", "signature", "approval", "waiver")


def _asked(own: str, listed: list[Wait], phase: str) -> Asked:
    if own:
        return Asked(own)
    ranked = sorted((w for w in listed if w.kind in _DECISIONS), key=lambda w: _DECISIONS.index(w.kind))
    for wait in ranked[:1]:
        same = [w for w in ranked if w.title == wait.title]
        names = [w.people[0] for w in same if w.people]
        why = wait.said if len(same) == 1 else f"Still asked: {', '.join(names)}."
        return Asked(wait.title, why, wait.action.label, wait.action.target)
    blocked = next((w for w in listed if w.kind == "next"), None)
    if blocked:
        return Asked("None today", f"What comes first is {blocked.title[:1].lower()}{blocked.title[1:]}. {blocked.said}",
                     blocked.action.label, blocked.action.target)  # fmt: skip
    return Asked("None today", f"Nothing blocks {phase}.")


def as_plain(page: Page) -> dict[str, Any]:
    """The page as plain values, for programs."""
    return {
        "project": page.project.slug, "word": page.standing.word, "tone": page.standing.tone,
        "remarks": [{"rule": r.rule, "tone": r.tone, "said": r.said} for r in page.standing.remarks],
        "targets": [actual(t.criterion, t.verdict) for t in page.targets],
        "since": page.since, "changes": [c.plain() for c in page.changes], "more_changes": page.more_changes,
        "asked": page.asked.said, "asked_why": page.asked.why, "next_on": page.next_on,
        "meetings": [
            {"key": w.key, "held_on": m.held_on, "attendees": list(m.attendees), "decisions": list(m.decisions)}
            for m, w in page.meetings
        ],
    }  # fmt: skip


# --- on paper

PAPER = """
= #data.name
#text(fill: muted)[#data.day · #data.word]
#if data.simulated [#text(fill: muted)[ · people and traffic are simulated]]

== Where it stands
#for r in data.remarks [
- #r
]

== Targets and what was measured
#if data.targets.len() == 0 [No target is written down.] else {
  table(
    columns: (2fr, 1.3fr, 2fr, auto),
    table.header([Target], [Asked for], [Measured], [Verdict]),
    ..data.targets.map(t => (t.name, t.bar, t.measured, t.word)).flatten(),
  )
}

== What changed since #data.since
#if data.changes.len() == 0 [Nothing that the log knows of.]
#for c in data.changes [
- #c
]

== The decision needed
#strong(data.asked)

#data.why
#if data.decisions.len() > 0 [
== Decided last time, on #data.last
#for d in data.decisions [
- #d
]
]
"""


def as_pdf(page: Page) -> bytes:
    """One or two sheets to hand out."""
    from sextant.typeset import pdf

    now, last = page.state.now.replace(microsecond=0), page.last
    data = {
        "name": page.project.name, "day": _day(now), "word": page.standing.word, "simulated": page.project.simulated,
        "remarks": [r.said for r in page.standing.remarks],
        "targets": [_on_paper(actual(t.criterion, t.verdict)) for t in page.targets],
        "since": _day(page.since) if last else "it was opened",
        "changes": [c.said for c in page.changes] + ([f"And {page.more_changes} more."] if page.more_changes else []),
        "asked": page.asked.said, "why": page.asked.why,
        "decisions": list(last[0].decisions) if last else [],
        "last": _day(datetime.combine(last[0].held_on, time())) if last and last[0].held_on else "",
    }  # fmt: skip
    foot = f"{page.project.name}, as of {_day(now)}"
    return pdf(PAPER, data, title=f"{page.project.name}: where it stands", when=now, foot=foot).pdf


def _on_paper(target: dict[str, Any]) -> dict[str, str]:
    origin = "" if target["origin"] in (None, "measured") else f", {target['origin']}"
    measured = f"{target['measured']}{origin}" if target["measured"] else "not measured"
    return {"name": target["name"], "bar": target["bar"], "measured": measured, "word": target["word"]}


def _day(when: datetime) -> str:
    return f"{when.day} {when:%B %Y}"
