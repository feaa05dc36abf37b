"""The weekly check-in: how is it trending, what blocks, what is decided. Ten minutes, with the numbers at hand."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sextant.errors import SextantError
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.gates import check_item
from sextant.lifecycle.matrix import main_target, trend, trend_sentence
from sextant.lifecycle.standing import next_due
from sextant.lifecycle.state import ProjectState
from sextant.model.blockers import days_open, median_days
from sextant.model.documents import Blocker, CheckIn, CheckInPlan
from sextant_server.model import queries
from sextant_server.model.forms import CheckInForm
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.overview import Target
from sextant_server.records.actions import put_document
from sextant_server.records.queries import project_state


def check_in(request: HttpRequest, slug: str) -> HttpResponse:
    """The trend of the main target since last time, open blockers by age, and writing down what was said."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    state = project_state(found.project)
    board = queries.board(found.project, state=state)
    main = main_target(board.columns)
    points = trend(board.rows, main.key) if main else []
    held = _held(state)
    since = (
        datetime.combine(held[0][0].held_on + timedelta(days=1), time(), UTC)
        if held and held[0][0].held_on
        else None
    )
    said = trend_sentence(points, main, since) if main else ""
    blockers = _blockers(state)
    form = CheckInForm(
        sent(request),
        initial={
            "held_on": state.now.date(), "trend": said,
            "blockers": "\n".join(f"{b.text} ({_days(days)})" for b, _, days in blockers) or "none",
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            written = CheckIn(
                held_on=data["held_on"], trend=data["trend"], blockers=data["blockers"], decisions=data["decisions"],
                attendees=tuple(data["attendees"]),
            )  # fmt: skip
            put_document(found.project, found.caller, written, key=data["held_on"].isoformat())
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, "The check-in is written down.")
            return redirect("check-in", slug)
    plan = state.one(CheckInPlan)
    today = state.now.date()
    context: dict[str, Any] = {
        "main": main, "points": [(p.at, p.value, p.lower, p.upper) for p in points], "said": said, "since": since,
        "news": [r for r in board.rows if since and r.at and r.at > since][:8],
        "targets": [Target(c.criterion, state.verdict(c.criterion.key)) for c in board.columns],
        "blockers": blockers, "limit": state.blocker_days,
        "median": median_days((b for b, _ in state.all(Blocker)), today),
        "held": held[:6], "form": form, "gate": check_item(state, ITEMS["3c"]),
        "next_on": next_due(plan[0].first_on, plan[0].cadence_days, today) if plan and plan[0].first_on else None,
    }  # fmt: skip
    return page(request, found, "model", "model/check_in.html", context, status=422 if form.errors else 200)


def _held(state: ProjectState) -> list[tuple[CheckIn, str]]:
    """The check-ins that took place, the last first."""
    today = state.now.date()
    listed = [(c, w.key) for c, w in state.all(CheckIn) if c.held_on and c.held_on <= today]
    return sorted(listed, key=lambda pair: (pair[0].held_on, pair[1]), reverse=True)


def _blockers(state: ProjectState) -> list[tuple[Blocker, str, int | None]]:
    """What is open, the oldest first; what does not say since when comes last."""
    today = state.now.date()
    listed = [
        (b, w.key, days_open(b, today))
        for b, w in state.all(Blocker)
        if b.resolved_on is None or b.resolved_on > today
    ]
    return sorted(listed, key=lambda one: -(one[2] if one[2] is not None else -1))


def _days(days: int | None) -> str:
    return "nobody said since when" if days is None else f"open for {days} day{'s' * (days != 1)}"
