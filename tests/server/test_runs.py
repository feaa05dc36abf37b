"""Runs on the server: brought over whole or not at all, read as proof where they are a version, shown on their pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from sextant.criteria import Baseline, Criterion
from sextant.errors import Conflict, InvalidInput, NotFound
from sextant.model.documents import (
    Blocker,
    CheckIn,
    CheckInPlan,
    Guess,
    Measures,
    ModelOption,
    ModelRequirements,
    OptionDecision,
    RunMeasures,
    Weight,
)
from sextant.model.runs import Reading, Run
from sextant_server.model import actions, queries
from sextant_server.model.models import MetricHistory, RegisteredVersion, Tracker, TrainingRun
from sextant_server.projects.models import Project
from sextant_server.records.actions import put_criteria
from sextant_server.records.audit import projections
from sextant_server.records.models import EvidenceRow, Head
from sextant_server.records.queries import project_state
from tests.server.world import ACCURACY, LOCAL, write

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATENCY = Criterion(
    key="latency", name="p95 latency", family="system", metric="p95 latency", unit="ms", direction="at_most", threshold=40
)  # fmt: skip
COST = Criterion(
    key="cost", name="Cost of a request", family="cost", metric="cost", unit="USD", direction="at_most", threshold=0.01
)  # fmt: skip


def run(key: str, right: int = 970, *, day: int = 0, **fields: Any) -> Run:
    """A run with a share of 1,000 rows, a bare latency and a cost."""
    at = AT + timedelta(days=day)
    metrics = {"accuracy": right / 1000, "accuracy_n": 1000, "latency": 30 + right % 7, "cost": 0.002}
    given = {
        "key": key, "name": f"svm {key}", "started_at": at, "ended_at": at + timedelta(hours=1),
        "metrics": {k: Reading(value=v) for k, v in metrics.items()}, "parameters": {"C": key},
    }  # fmt: skip
    return Run(**{**given, **fields})


def bring(project: Project, *runs: Run, kind: str = "mlflow", **fields: Any) -> actions.Brought:
    given = {"place": "http://mlflow", "experiment": ("1", "readers"), **fields}
    return actions.put_runs(project, LOCAL, kind=kind, runs=list(runs), **given)


@pytest.fixture
def targets(project: Project) -> Project:
    """The project with three requirements."""
    put_criteria(project, LOCAL, [ACCURACY, LATENCY, COST])
    write(project, (ModelRequirements(quality="accuracy", latency="latency", cost="cost"), ""))
    return project


def test_the_same_again_changes_nothing_and_what_changed_is_replaced(project: Project) -> None:
    history = {"loss": ((0, 1.0, 1.0), (1, 2.0, float("nan")))}
    first = bring(project, run("a"), run("b", history=history), cursor="5")
    assert (first.new, first.changed, first.same) == (2, 0, 0)
    again = bring(project, run("a"), run("b", history=history), cursor="7")
    assert (again.new, again.changed, again.same, again.ids) == (0, 0, 2, first.ids)
    changed = bring(project, run("b", 980, history={"loss": ((0, 1.0, 0.5),)}))
    assert (changed.new, changed.changed, changed.same) == (0, 1, 0)
    assert queries.progress(project, "mlflow", "http://mlflow")["experiments"] == {"1": "7"}
    assert MetricHistory.objects.get(run_id=first.ids[1]).points == [[0, 1.0, 0.5]]
    assert queries.read_run(queries.run(project, first.ids[1])).metrics["accuracy"].value == 0.98


def test_of_a_part_that_cannot_be_stored_nothing_is(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="given twice"):
        bring(project, run("a"), run("a"))

    def fails(*args: Any, **options: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(MetricHistory.objects, "bulk_create", fails)
    with pytest.raises(OSError, match="the disk is full"):
        bring(project, run("a", history={"loss": ((0, 1.0, 1.0),)}), cursor="9")
    assert not TrainingRun.objects.exists() and not Tracker.objects.exists()


def test_the_matrix_judges_every_run_by_every_requirement(targets: Project) -> None:
    bring(targets, run("a", 970), run("b", 900, day=1), run("c", 960, day=2), run("gone", deleted=True))
    board = queries.board(targets)
    assert [c.criterion.key for c in board.columns] == ["accuracy", "latency", "cost"]
    assert [c.side for c in board.columns] == ["quality", "latency", "cost"]
    words = {r.run.key: [c.verdict.word for c in r.cells] for r in board.rows}
    assert words == {
        "c": ["not enough evidence", "not enough evidence", "met"],
        "b": ["not met", "not enough evidence", "met"],
        "a": ["met", "not enough evidence", "met"],
    }
    assert [r.run.key for r in queries.board(targets, limit=2).rows] == ["c", "b"]


def test_the_page_reads_as_often_with_many_runs_as_with_few(
    targets: Project, browser: Client, django_assert_max_num_queries: Any
) -> None:
    bring(targets, run("a"))
    browser.get(reverse("runs", args=["forms"]))
    with django_assert_max_num_queries(40) as few:
        browser.get(reverse("runs", args=["forms"]))
    bring(targets, *(run(f"r{i}", 900 + i, day=i % 9) for i in range(60)))
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert browser.get(reverse("runs", args=["forms"])).status_code == 200


def test_a_run_that_is_a_version_becomes_proof_once_and_the_log_says_so(targets: Project) -> None:
    made = bring(targets, run("a"))
    before = Head.objects.get(project=targets).sequence
    settled = actions.name_run(targets, LOCAL, made.ids[0], "reader@m3")
    # A share, a declared cost, and the training itself; the latency is a bare number.
    assert (settled.stored, settled.refused) == (3, [])
    rows = EvidenceRow.objects.filter(project=targets, model="model:reader@m3")
    assert sorted(rows.values_list("kind", flat=True)) == ["declared", "model_run", "proportion"]
    assert Head.objects.get(project=targets).sequence == before + 3
    assert actions.settle(targets, LOCAL).stored == 0
    # What is brought again keeps the name that was given here.
    bring(targets, run("a", tags={"note": "new"}))
    assert TrainingRun.objects.get(outside="a").model == "model:reader@m3"
    assert projections(targets) == []
    targets.candidate = "model:reader@m3"
    targets.save()
    verdict = project_state(targets).verdict("accuracy")
    assert verdict.word == "met" and verdict.n == 1000


def test_a_version_is_one_run_and_the_name_can_be_taken_back(targets: Project) -> None:
    one, other = bring(targets, run("a"), run("b")).ids
    actions.name_run(targets, LOCAL, one, "reader@m3")
    with pytest.raises(Conflict, match="is the run svm a already"):
        actions.name_run(targets, LOCAL, other, "reader@m3")
    with pytest.raises(InvalidInput, match="names no version"):
        actions.name_run(targets, LOCAL, other, "reader")
    with pytest.raises(NotFound, match="no run 999"):
        actions.name_run(targets, LOCAL, 999, "reader@m4")
    actions.name_run(targets, LOCAL, one, "")
    assert actions.name_run(targets, LOCAL, other, "reader@m3").stored > 0


def test_the_registry_names_versions_and_only_the_candidate_of_an_open_gate_is_champion(
    targets: Project,
) -> None:
    bring(targets, run("a", 970), run("b", 900))
    registered = [
        actions.Registered("Form Reader", "1", "a", ("champion",)), actions.Registered("Form Reader", "2", "b"),
        actions.Registered("Form Reader", "3"),
    ]  # fmt: skip
    settled = actions.finish_sync(targets, LOCAL, kind="mlflow", place="http://mlflow", registered=registered)
    assert settled.stored == 6
    assert TrainingRun.objects.get(outside="b").model == "model:form-reader@2"
    standing = {one["version"]: one for one in queries.standing_of_versions(targets)}
    assert [v["word"] for v in standing["1"]["verdicts"]] == ["met", "missing", "met"]
    assert standing["2"]["verdicts"][0]["word"] == "not met"
    assert not any(one["holds"] for one in standing.values())
    assert standing["1"]["why_not"] == "the candidate is not named yet"
    targets.candidate = "model:form-reader@1"
    targets.save()
    standing = {one["version"]: one for one in queries.standing_of_versions(targets)}
    assert standing["1"]["candidate"] and not standing["1"]["holds"] and standing["1"]["why_not"]
    # Where nothing blocks, it is the candidate's and nobody else's.
    targets.opened_at_phase = "maintenance"
    targets.save()
    held = {one["version"]: one["holds"] for one in queries.standing_of_versions(targets, "maintenance")}
    assert not held["2"] and not held["3"]
    with pytest.raises(NotFound, match="is no phase"):
        queries.standing_of_versions(targets, "retirement")


def test_a_bringing_over_that_broke_off_is_kept_as_that(targets: Project, browser: Client) -> None:
    bring(targets, run("a"))
    RegisteredVersion.objects.create(
        project=targets, tracker=Tracker.objects.get(), name="Reader", version="1"
    )  # fmt: skip
    actions.finish_sync(
        targets, LOCAL, kind="mlflow", place="http://mlflow", fault="the server cannot be reached"
    )
    tracker = Tracker.objects.get()
    assert tracker.synced_at is None and "cannot be reached" in tracker.fault
    assert RegisteredVersion.objects.count() == 1, "what was known of the registry stays"
    assert "cannot be reached" in browser.get(reverse("runs", args=["forms"])).content.decode()
    actions.finish_sync(targets, LOCAL, kind="mlflow", place="http://mlflow")
    assert Tracker.objects.get().fault == "" and Tracker.objects.get().synced_at is not None
    actions.forget_tracker(targets, LOCAL, tracker.pk)
    assert not TrainingRun.objects.exists()


def test_what_runs_measure_is_said_on_a_page_and_runs_are_looked_at_again(
    targets: Project, browser: Client
) -> None:
    latency = {"lat": Reading(value=31.0), "lo": Reading(value=29.0), "hi": Reading(value=33.0)}
    [number] = bring(targets, run("a", metrics=latency)).ids
    actions.name_run(targets, LOCAL, number, "reader@m3")
    assert not EvidenceRow.objects.filter(criterion="latency").exists()
    page = reverse("run-measures", args=["forms"])
    assert "lat" in browser.get(page).content.decode()
    sent = {
        "version": "0", "d-rows-TOTAL_FORMS": "1", "d-rows-INITIAL_FORMS": "0", "d-rows-0-criterion": "latency",
        "d-rows-0-metric": "lat", "d-rows-0-lower": "lo", "d-rows-0-upper": "hi",
    }  # fmt: skip
    assert browser.post(page, sent).status_code == 302
    assert queries.measures(targets) == RunMeasures(
        rows=(Measures(criterion="latency", metric="lat", lower="lo", upper="hi"),)
    )
    assert EvidenceRow.objects.get(criterion="latency").kind == "estimate"


def test_pages_show_a_run_and_several_side_by_side(targets: Project, browser: Client) -> None:
    history = {"loss": tuple((i, float(i), 1 / (i + 1)) for i in range(5))}
    one, other = bring(targets, run("a", 970, history=history), run("b", 900)).ids
    text = browser.get(reverse("training-run", args=["forms", one])).content.decode()
    assert "svm a" in text and "97 %" in text and "How its metrics went" in text
    assert browser.get(reverse("training-run", args=["forms", 999])).status_code == 404
    named = browser.post(reverse("training-run", args=["forms", one]), {"model": "reader"})
    assert named.status_code == 422 and "names no version" in named.content.decode()
    assert (
        browser.post(reverse("training-run", args=["forms", one]), {"model": "reader@m3"}).status_code == 302
    )
    side = browser.get(
        f"{reverse('compare-runs', args=['forms'])}?run={one}&run={other}&run=x&run=99999"
    ).content.decode()
    assert "The first is higher by more than chance makes." in side and "differs" in side


def test_options_page_weighs_what_is_measured_and_what_is_assumed(
    targets: Project, browser: Client, ada: User
) -> None:
    put_criteria(
        targets, LOCAL, [ACCURACY.model_copy(update={"baseline": Baseline(value=0.88, source="the clerks")})]
    )
    [number] = bring(targets, run("a", 970)).ids
    actions.name_run(targets, LOCAL, number, "reader@m3")
    asked = ModelRequirements(quality="accuracy", latency="latency", cost="cost", cost_answers=1)
    write(
        targets,
        (asked, ""),
        (ModelOption(name="Rules", approach="rules", fixed_cost=1000, unit_cost=0.01, weeks_to_market=1,
                     assumed=(Guess(criterion="accuracy", value=0.8),)), "rules"),
        (ModelOption(name="Reader", approach="build", model="reader@m3", fixed_cost=5000, unit_cost=0.5, weeks_to_market=8,
                     assumed=(Guess(criterion="accuracy", value=0.5),)), "reader"),
        (OptionDecision(weights=(Weight(factor="accuracy", weight=5), Weight(factor="weeks_to_market", weight=1))), ""),
    )  # fmt: skip
    page = reverse("options", args=["forms"])
    text = browser.get(page).content.decode()
    assert "Reader comes first" in text and "assumed" in text and "88 %" in text
    # The measured 97 % took the place of the assumed 50 %; the declared cost that of the 0.5 an answer.
    assert "97 %" in text and "$0.002" in text and ">50 %<" not in text
    # 1000 + 0.01 n = 5000 + 0.002 n at n = 500,000.
    assert 'cost the same at <data class="n" value="500000.0">500,000</data> answers' in text
    tried = browser.get(f"{page}?w-accuracy=1&w-weeks_to_market=9").content.decode()
    assert "Rules comes first, by the weights that you try" in tried
    assert "is no weight" in browser.get(f"{page}?w-accuracy=many").content.decode()
    assert OptionDecision.model_validate_json(
        queries.present_document(targets, "option_decision", "").body  # type: ignore[union-attr]
    ).weights[0].weight == 5  # fmt: skip


def test_the_check_in_begins_with_what_is_known_and_is_kept(targets: Project, browser: Client) -> None:
    today = datetime.now(UTC).date()
    ago = (today - AT.date()).days
    bring(targets, run("a", 960, day=ago - 10), run("b", 985, day=ago - 2))
    write(
        targets,
        (CheckInPlan(first_on=today - timedelta(days=21)), ""),
        (CheckIn(held_on=today - timedelta(days=7), trend="t", blockers="none", decisions="Go on"), "last"),
        (Blocker(type="data", text="Labels are late", opened_on=today - timedelta(days=9)), "labels"),
    )
    page = reverse("check-in", args=["forms"])
    text = browser.get(page).content.decode()
    assert "the best moved from 96 % to 98.5 %" in text and "more than chance makes" in text
    assert "Labels are late (open for 9 days)" in text and "Too long" in text
    empty = browser.post(page, {"held_on": "yesterday"})
    assert empty.status_code == 422
    sent = {
        "held_on": today.isoformat(),
        "trend": "Up.",
        "blockers": "Labels.",
        "decisions": "A third labeler.",
    }
    assert browser.post(page, sent).status_code == 302
    kept = queries.present_document(targets, "check_in", today.isoformat())
    assert kept is not None and date.fromisoformat(kept.key) == today
