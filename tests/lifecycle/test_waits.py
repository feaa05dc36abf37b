"""What a project waits for, and where it stands in words: pure functions of its state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sextant.criteria import Criterion
from sextant.deployment.documents import PostLaunchReview
from sextant.documents import Document
from sextant.evidence import Count
from sextant.lifecycle.gates import gates
from sextant.lifecycle.goals import goals_digest
from sextant.lifecycle.standing import SEVERITY, WORDS, chosen_targets, standing
from sextant.lifecycle.state import Decision, PhasePlan, ProjectState, Risk, Signature, Stored, Written
from sextant.lifecycle.waits import KINDS, MOST, Asked, Wait, waits
from sextant.maintenance.documents import Review, ReviewPlan
from sextant.model.documents import Blocker, CheckIn, CheckInPlan
from sextant.problem.documents import Stakeholder
from sextant.problem.meetings import Meeting, MeetingPlan
from sextant.verdicts import Waiver

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = NOW.date()
PROBLEM = ("1a", "1b", "1c", "1d", "1e", "1f")


def target(key: str, **fields: Any) -> Criterion:
    given = {
        "name": key, "family": "business", "metric": key, "unit": "posts", "direction": "at_least", "threshold": 12,
    }  # fmt: skip
    return Criterion(key=key, **{**given, **fields})


def counted(key: str, value: int) -> tuple[str, tuple[Stored, ...]]:
    from sextant.evidence import Producer, about

    one = Count.of(
        value=value, unit="posts", criterion=key, estimand=key, at=NOW - timedelta(days=1), setting="review",
        producer=Producer(name="test"),
    )  # fmt: skip
    return about(key, one.setting, {}), (Stored(one, one.digest()),)


def state(*documents: tuple[Document, str], **fields: Any) -> ProjectState:
    listed: dict[str, tuple[Written, ...]] = {}
    for document, key in documents:
        entry = Written(document, key, 1, document.material_digest(), NOW - timedelta(days=3))
        listed[document.kind] = (*listed.get(document.kind, ()), entry)
    return ProjectState(
        "forms", "Forms", NOW, created_at=NOW - timedelta(days=60), documents=listed, **fields
    )


def found(made: ProjectState, *asked: Asked) -> list[Wait]:
    return [w for w in waits(made, gates(made), asked) if w.kind != "next"]


def keys(made: ProjectState) -> list[str]:
    return [w.key for w in found(made)]


def excused(*items: str) -> dict[str, Any]:
    return {"not_applicable": dict.fromkeys(items, "a drill")}


@pytest.mark.parametrize(
    ("days", "kind", "rank"),
    [
        (-1, "outcome", 0),
        (0, "waiver", 1),
        (7, "waiver", 1),
        (8, "waiver", 4),
        (14, "waiver", 4),
        (15, None, None),
    ],
)
def test_a_waiver_is_spoken_of_two_weeks_before_its_end_and_after_it(
    days: int, kind: str | None, rank: int | None
) -> None:
    made = state(waivers={"1d": Waiver("Ada", "later", TODAY + timedelta(days=days))})
    assert [(w.kind, w.rank(TODAY)) for w in found(made)] == ([(kind, rank)] if kind else [])


def test_goals_are_asked_of_each_who_must_sign_and_has_not() -> None:
    people = [
        (Stakeholder(name=n, email=f"{n}@example.org", required=n != "kim"), n) for n in ("ada", "ben", "kim")
    ]
    plan = {"problem": PhasePlan("problem", date(2026, 6, 1), date(2026, 6, 30))}
    made = state(*people, criteria={"posts": target("posts")}, plans=plan)
    assert keys(made) == ["signature:goals:ada", "signature:goals:ben"]
    # By name or address, in capitals or not; of an earlier version it says so.
    signed = (
        Signature("goals", goals_digest(made), "ADA@example.org", "sponsor", NOW),
        Signature("goals", "0" * 64, "Ben", "sponsor", NOW - timedelta(days=9)),
    )
    [ben] = found(replace(made, signatures=signed))
    assert ben.key == "signature:goals:ben" and "changed after ben signed on 6 June 2026" in ben.said
    assert ben.people == ("ben", "ben@example.org") and ben.holds == "the gate of Problem"
    # Nothing is asked for an item that does not apply, before there are goals, or where the gate is not assessed.
    assert keys(replace(made, **excused("1e"))) == []
    assert keys(replace(made, criteria={})) == []
    assert keys(replace(made, opened_at_phase="evaluation")) == []


def test_a_gate_is_asked_for_until_somebody_passes_or_stops_it() -> None:
    made = state(**excused(*PROBLEM))
    assert keys(made) == ["gate:problem:1"]
    for outcome, expected in (("hold", ["gate:problem:1"]), ("pass", []), ("stop", [])):
        decided = replace(made, decisions=(Decision("problem", 1, outcome, "Ada", NOW),))
        assert keys(decided) == expected, outcome


def test_a_project_that_was_stopped_waits_for_a_word_on_its_waivers_only() -> None:
    made = state(
        (Blocker(text="no GPU", opened_on=date(2026, 1, 5)), "gpu"),
        waivers={"1d": Waiver("Ada", "later", TODAY - timedelta(days=1))},
        decisions=(Decision("problem", 1, "stop", "Ada", NOW, "no budget"),),
    )
    assert keys(made) == ["outcome:1d"]
    stands = standing(made, gates(made))
    assert (stands.word, stands.gate) == ("Stopped", "stopped")
    assert stands.remarks[0].said == "It was stopped at Problem on 15 June 2026 by Ada: no budget."


def test_a_blocker_is_late_after_the_projects_limit() -> None:
    def blocked(days: int, **more: Any) -> list[str]:
        opened = TODAY - timedelta(days=days)
        return keys(state((Blocker(text="no GPU", opened_on=opened, **more), "gpu"), blocker_days=7))

    assert (blocked(7), blocked(8)) == ([], ["blocker:gpu"])
    assert blocked(8, resolved_on=TODAY) == []


@pytest.mark.parametrize(
    ("plan", "held", "key"),
    [
        (CheckInPlan(first_on=date(2026, 6, 1)), CheckIn, "review:check_in"),
        (ReviewPlan(first_on=date(2026, 6, 1)), Review, "review:review"),
        (MeetingPlan(first_on=date(2026, 6, 1), cadence_days=7), Meeting, "meeting"),
    ],
)
def test_what_recurs_is_due_until_it_was_held(plan: Document, held: Any, key: str) -> None:
    """First on Monday 1 June, weekly; today is Monday 15 June."""
    assert keys(state((plan, ""))) == [key]

    def after(day: date) -> list[str]:
        return keys(state((plan, ""), (held(held_on=day, decisions=_decided(held)), "x")))

    assert after(TODAY) == []
    assert after(TODAY - timedelta(days=7)) == [key], "the one of last week"
    assert after(TODAY + timedelta(days=1)) == [key], "one that lies ahead"


def _decided(kind: Any) -> Any:
    return "go on" if kind is CheckIn else ("go on",)


def test_a_day_before_and_not_sooner() -> None:
    for days, expected in ((1, ["review:post_launch_review"]), (2, [])):
        assert keys(state((PostLaunchReview(planned_on=TODAY + timedelta(days=days)), ""))) == expected
        risk = Risk("ink", "data", "Ink fades", 3, 3, review_on=TODAY + timedelta(days=days))
        assert bool(keys(state(risks=(risk,)))) == bool(expected)
        assert keys(state(risks=(replace(risk, status="closed"),))) == []


def test_targets_that_are_missed_and_whose_they_are() -> None:
    made = state(
        criteria={"a": target("a", owner="Ben", due=TODAY - timedelta(days=1)), "b": target("b"), "c": target("c")},
        evidence=dict([counted("a", 5), counted("b", 20), counted("c", 3)]), exposed_at=NOW - timedelta(days=90),
    )  # fmt: skip
    assert [(w.key, w.people, w.rank(TODAY)) for w in found(made)] == [
        ("target:a", ("Ben",), 0), ("target:c", (), 3),
    ]  # fmt: skip


def test_a_second_persons_approval() -> None:
    [wait] = found(state(), Asked("4d:jailbreak", "Ada", "it reads digits", TODAY))
    assert (wait.kind, wait.needs) == ("approval", "decide")
    assert wait.title.endswith("mended, jailbreak") and wait.holds == "the gate of Evaluation"


def test_one_kind_does_not_crowd_out_the_others() -> None:
    many = [(Blocker(text=f"{n}", opened_on=date(2026, 1, 5)), f"b{n}") for n in range(MOST + 5)]
    listed = waits(made := state(*many), gates(made))
    assert sum(w.kind == "blocker" for w in listed) == MOST
    assert any(w.kind == "next" for w in listed)
    assert {w.kind for w in listed} <= KINDS.keys()


# --- in words


def said(made: ProjectState, rule: str) -> tuple[str, str]:
    [remark] = [r for r in standing(made, gates(made)).remarks if r.rule == rule]
    return remark.tone, remark.said


@pytest.mark.parametrize(
    ("fields", "exposed", "tone"),
    [
        ({}, False, "watch"), ({}, True, "trouble"), ({"family": "product"}, True, "trouble"),
        ({"family": "system"}, True, "watch"), ({"family": "system"}, False, "watch"),
    ],
)  # fmt: skip
def test_a_missed_target_is_trouble_once_users_feel_it(
    fields: dict[str, Any], exposed: bool, tone: str
) -> None:
    made = state(
        criteria={"a": target("a", settings=("review",), **fields)}, evidence=dict([counted("a", 3)]),
        exposed_at=NOW - timedelta(days=90) if exposed else None,
    )  # fmt: skip
    assert said(made, "targets") == (tone, "Of 1 target: 1 not met. Not met: a.")


def test_without_a_target_nobody_can_tell() -> None:
    assert said(state(), "targets")[0] == "watch"


@pytest.mark.parametrize(("late", "tone"), [(7, "good"), (8, "watch"), (30, "watch"), (31, "trouble")])
def test_behind_the_plan(late: int, tone: str) -> None:
    from sextant.lifecycle.timeline import forecast

    made = state()
    ahead = forecast(made)
    assert ahead.median is not None
    shifted = replace(ahead, planned=ahead.median - timedelta(days=late))
    [remark] = [r for r in standing(made, gates(made), shifted).remarks if r.rule == "date"]
    assert remark.tone == tone and f"{late} days later than planned" in remark.said


@pytest.mark.parametrize(
    ("spent", "planned", "tone"),
    [(50.0, 90.0, "good"), (50.0, 110.0, "watch"), (101.0, 90.0, "trouble"), (None, None, "good")],
)
def test_money(spent: float | None, planned: float | None, tone: str) -> None:
    plan = {"data": PhasePlan("data", spent_cost=spent, planned_cost=planned)}
    assert said(state(budget=100.0, plans=plan), "money")[0] == tone


def test_waivers_risks_and_blockers() -> None:
    running = {"1d": Waiver("Ada", "later", TODAY)}
    assert said(state(waivers=running), "waivers")[0] == "watch"
    over = {"1d": Waiver("Ada", "later", TODAY - timedelta(days=1))}
    assert said(state(waivers=over), "waivers")[0] == "trouble"
    risk = Risk("ink", "data", "Ink fades", 5, 3)
    assert said(state(risks=(risk,)), "risks")[0] == "watch"
    assert said(state(risks=(replace(risk, mitigation="test it"),)), "risks")[0] == "good"
    old = (Blocker(text="no GPU", opened_on=date(2026, 1, 5)), "gpu")
    assert said(state(old), "blocker")[0] == "watch"


def test_the_word_is_that_of_the_worst_remark_and_the_worst_stands_first() -> None:
    made = state(waivers={"1d": Waiver("Ada", "later", TODAY - timedelta(days=1))}, budget=100.0)
    stands = standing(made, gates(made))
    assert stands.word == WORDS["trouble"] == "Off course"
    assert stands.remarks[0].rule == "phase"
    ranks = [SEVERITY[r.tone] for r in stands.remarks[1:]]
    assert ranks == sorted(ranks, reverse=True)


def test_targets_of_a_meeting() -> None:
    made = state(
        criteria={k: target(k, family=f) for k, f in (("m", "ml"), ("p", "product"), ("b", "business"))}
    )
    assert [c.key for c in chosen_targets(made)] == ["b", "p", "m"]
