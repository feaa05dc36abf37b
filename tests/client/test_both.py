"""The same calls over both transports: what goes in comes out, as the library's own types."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta

import pytest

from sextant.chain import Verifier, verify
from sextant.criteria import Criterion, Setting
from sextant.errors import Conflict, InvalidInput, NotFound
from sextant.evidence import Count, Evidence, Producer, Proportion, Quantile, Version
from sextant.lifecycle.phases import PHASES
from sextant.lifecycle.state import PhasePlan, Risk
from sextant.problem.documents import FiveWs, Interview
from sextant.verdicts import Status
from sextant_client import Client, Project

ACCURACY = Criterion(
    key="accuracy", name="Digits read right", family="ml", metric="accuracy", unit="share",
    direction="at_least", threshold=0.95,
)  # fmt: skip
NOW = datetime.now(UTC).replace(microsecond=0)


def measured(successes: int, trials: int = 1000, *, at: datetime = NOW, model: str = "") -> Proportion:
    return Proportion.of(
        successes=successes, trials=trials, criterion="accuracy", unit="share", setting=Setting.OFFLINE,
        estimand="digits read right", at=at, producer=Producer(name="test"),
        model=Version.parse(model) if model else None,
    )  # fmt: skip


def test_a_project_has_its_settings_and_they_change(project: Project) -> None:
    assert project.info.rigor == "standard"
    assert project.info.created_at.tzinfo is not None
    changed = project.change(summary="Reads forms.", candidate=Version.parse("model:reader@m1"))
    assert (changed.summary, changed.candidate) == ("Reads forms.", "model:reader@m1")
    assert project.refresh() == changed


def test_criteria_come_back_as_they_were_written(project: Project) -> None:
    latency = ACCURACY.model_copy(update={"key": "latency", "unit": "ms", "due": date(2026, 3, 1)})
    assert project.put_criteria([ACCURACY, latency]) == [ACCURACY, latency]
    assert project.criteria() == [ACCURACY, latency]
    project.retire_criterion("latency")
    assert project.criteria() == [ACCURACY]


def test_evidence_is_stored_once_and_judged(project: Project) -> None:
    project.put_criteria([ACCURACY])
    good = measured(980)
    [first] = project.add_evidence([good])
    [again] = project.add_evidence([good])
    assert (first.stored, again.stored, again.digest) == (True, False, first.digest)
    verdict = project.verdicts()["accuracy"]
    assert (verdict.status, verdict.evidence, verdict.setting) == (Status.MET, first.digest, Setting.OFFLINE)
    assert project.verdicts(Setting.MONITORING)["accuracy"].status is Status.MISSING
    found = project.find_evidence(first.digest[:8])
    assert found.stored.evidence.model_copy(update={"measure_digest": None}) == good
    assert [c["key"] for c in found.criteria] == ["accuracy"]


def test_evidence_comes_in_pages_the_newest_first(project: Project) -> None:
    project.put_criteria([ACCURACY])
    given: list[Evidence] = [measured(n, at=NOW - timedelta(seconds=450 - n)) for n in range(450)]
    assert len(project.add_evidence(given)) == 450
    listed = list(project.evidence(criterion="accuracy"))
    assert [s.evidence.successes for s in listed] == list(range(449, -1, -1))  # type: ignore[attr-defined]
    assert list(project.evidence(kind="count")) == []


def test_more_evidence_than_fits_one_request_goes_in_parts(project: Project) -> None:
    given = [
        Count.of(
            value=float(n), unit="rows", setting=Setting.OFFLINE, estimand=f"count {n}", at=NOW,
            producer=Producer(name="test"),
        )
        for n in range(1001)
    ]  # fmt: skip
    added = project.add_evidence(given)
    assert len({a.digest for a in added}) == 1001
    assert all(a.stored for a in added)


def test_a_refused_batch_stores_nothing(project: Project) -> None:
    project.put_criteria([ACCURACY])
    stranger = measured(5).model_copy(update={"criterion": "stranger"})
    with pytest.raises(InvalidInput, match=r"evidence 2 of 2 .*there is no criterion 'stranger'"):
        project.add_evidence([measured(980), stranger])
    assert list(project.evidence()) == []


def test_evidence_is_found_by_what_it_rests_on_and_grows_stale_with_it(project: Project) -> None:
    project.put_criteria([ACCURACY])
    project.put_subject(Version.parse("model:reader@m1"))
    project.add_evidence([measured(980, model="model:reader@m1")])
    assert [s.evidence.model for s in project.evidence(subject="model:reader")] == [
        Version.parse("model:reader@m1")
    ]
    assert list(project.evidence(subject="model:reader@m2")) == []
    assert project.reruns() == []
    now = project.put_subject(Version.parse("model:reader@m2"), depends=[Version.parse("dataset:train@v1")])
    assert (now.version, [str(d) for d in now.depends]) == ("m2", ["dataset:train@v1"])
    assert project.subjects() == [now]
    [rerun] = project.reruns()
    assert rerun.why == ("model reader is now m2, and it was taken on m1",)
    assert project.verdicts()["accuracy"].status is Status.STALE


def test_documents_have_versions(project: Project) -> None:
    first = project.put_document(FiveWs(what="Forms are read by hand."), expected_version=0)
    assert (first.version, first.document.kind) == (1, "five_ws")
    assert project.put_document(FiveWs(what="Forms are read by hand.")).version == 1
    second = project.put_document(FiveWs(what="Clerks read 4,000 forms a day."), expected_version=1)
    assert project.document("five_ws") == second
    assert project.document("five_ws", version=1).document == first.document
    with pytest.raises(Conflict, match="it is at version 2, you had 1"):
        project.put_document(FiveWs(), expected_version=1)
    project.put_document(Interview(role="clerk"), "clerk-1")
    assert [w.key for w in project.documents("interview")] == ["clerk-1"]
    assert len(project.documents()) == 2
    project.withdraw_document("interview", "clerk-1")
    with pytest.raises(NotFound):
        project.document("interview", "clerk-1")


def test_gates_are_the_librarys_gates(project: Project) -> None:
    gates = project.gates()
    assert [g.phase for g in gates] == [p.key for p in PHASES]
    assert sum(len(g.items) for g in gates) == 32
    [problem] = [g for g in gates if g.phase == "problem"]
    assert problem == project.gate("problem")
    assert problem.blockers
    assert not problem.open
    assert problem.items[0].finding.action


def test_risks_and_timeline(project: Project) -> None:
    risk = Risk(
        "late-data", "data", "The scans come late", 4, 3, owner="data lead", review_on=date(2026, 5, 1)
    )
    assert project.put_risks([risk]) == [risk] == project.risks()
    more = project.put_risks(
        [{"text": "Ink fades", "phase": "data", "likelihood": 2, "impact": 2}], merge=True
    )
    assert {r.key for r in more} == {"late-data", "ink-fades"}
    plan = project.timeline()
    assert [p.phase for p in plan.plans] == [p.key for p in PHASES]
    assert plan.forecast.earliest
    assert plan.forecast.blocker
    changed = project.put_timeline([{"phase": "data", "planned_cost": 1000}])
    assert next(p for p in changed if p.phase == "data").planned_cost == 1000
    assert isinstance(changed[0], PhasePlan)


def test_the_plan_comes_as_a_file_of_each_format(project: Project) -> None:
    begins = {"pdf": b"%PDF-", "docx": b"PK\x03\x04", "md": b"# ", "html": b"<!doctype html>"}
    for form, first in begins.items():
        assert project.plan(form).startswith(first)  # type: ignore[arg-type]
    assert project.plan_warnings() == []
    with pytest.raises(InvalidInput, match="format"):
        project.plan("odt")  # type: ignore[arg-type]


def test_the_card_names_the_version_that_is_to_ship(project: Project) -> None:
    project.change(candidate=Version.parse("model:reader@m1"))
    assert project.card("image-classification").startswith(b"---\ntags:")


def test_failure_modes(project: Project) -> None:
    assert len({mode.key for mode in project.failure_modes()}) == 8


def test_the_log_streams_and_verifies(project: Project) -> None:
    project.put_criteria([ACCURACY])
    head, anchor = project.head(), project.anchor("a test")
    assert (anchor.sequence, anchor.head) == (head.sequence, head.head)
    assert anchor.genuine()
    records = list(project.log())
    assert [r.sequence for r in records] == list(range(1, head.sequence + 1))
    assert [r.sequence for r in project.log(after=2)] == list(range(3, head.sequence + 1))
    done = verify(project.info.uid, records, [anchor], stored_head=head.head, stored_sequence=head.sequence)
    assert done.intact
    assert done.anchors_checked == 1
    assert project.head().anchors == (anchor,)
    assert project.faults() == []


def test_leaving_the_log_half_read_leaves_nothing_behind(project: Project) -> None:
    first = next(project.log())
    assert Verifier(project.info.uid).add(first)
    assert project.head().sequence >= first.sequence


def test_what_file_and_site_agreed_on_is_stored_in_one_go(project: Project) -> None:
    base = {"accuracy": ACCURACY.digest()}
    synced = project.sync(criteria=[ACCURACY], settings={"name": "Reader"}, base=base, expected={})
    assert (synced.synced, synced.name, project.criteria()) == (base, "Reader", [ACCURACY])
    with pytest.raises(Conflict, match="somebody else synced meanwhile"):
        project.sync(retire=["accuracy"], base={}, expected={})
    assert project.criteria() == [ACCURACY]


def test_jobs(project: Project) -> None:
    first = project.start_job("audit.verify", key="once")
    assert project.start_job("audit.verify", key="once").id == first.id
    assert [j.id for j in project.jobs()] == [first.id]
    assert project.cancel_job(first.id).state == "cancelled"
    assert project.job(first.id).state == "cancelled"
    with pytest.raises(NotFound, match="nobody starts"):
        project.start_job("webhook.deliver")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda c, p: c.project("stranger"), NotFound, "there is no project 'stranger'"),
        (lambda c, p: p.find_evidence("0" * 64), NotFound, "there is no evidence"),
        (lambda c, p: p.find_evidence("abc"), NotFound, "too short"),
        (lambda c, p: p.gate("shipping"), NotFound, "there is no phase 'shipping'"),
        (lambda c, p: p.document("brief"), NotFound, "there is no brief"),
        (lambda c, p: p.change(colour="red"), InvalidInput, "colour"),
        (lambda c, p: p.put_risks([{"text": ""}]), InvalidInput, "risk in row 1"),
        (lambda c, p: p.sign("brief", role="sponsor", person="Ann"), Conflict, "nothing called 'brief'"),
        (lambda c, p: p.job(10**9), NotFound, "there is no job"),
    ],
)  # fmt: skip
def test_what_the_other_side_refuses_is_raised_here(
    client: Client, project: Project, call: object, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        call(client, project)  # type: ignore[operator]


def test_numbers_that_are_none_survive_as_standard_json(client: Client, project: Project) -> None:
    """Five values say nothing about where the 95th percentile may end: its upper end is infinite."""
    latency = ACCURACY.model_copy(
        update={"key": "latency", "unit": "ms", "direction": "at_most", "metric": "p95"}
    )
    project.put_criteria([latency])
    slow = Quantile.of(
        q=0.95, n=5, ranks={1: 10.0, 2: 20.0, 3: 30.0, 4: 40.0, 5: 50.0}, criterion="latency", unit="ms",
        setting=Setting.OFFLINE, estimand="latency", at=NOW, producer=Producer(name="test"),
    )  # fmt: skip
    [added] = project.add_evidence([slow])
    verdict = project.verdicts()["latency"]
    assert verdict.upper == math.inf
    back = project.find_evidence(added.digest).stored.evidence
    assert back.model_copy(update={"measure_digest": None}) == slow
    for path in ("verdicts", "evidence", "gates"):
        answer = client.connection.http.get(f"projects/{project.slug}/{path}")
        json.loads(answer.text, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))


def test_runs_go_over_both_ways_and_nan_with_them(project: Project) -> None:
    project.put_criteria([ACCURACY])
    made = project.log_run(
        "svm", metrics={"accuracy": (970, 1000), "loss": math.nan}, history={"loss": [1.0, math.nan]}, model="reader@m1"
    )  # fmt: skip
    assert made["stored"] == 2
    found = project.run(made["id"])
    assert found["verdicts"][0]["word"] == "met" and found["said"]["metrics"]["loss"]["value"] == "NaN"
    assert [value for _, _, value in found["history"]["loss"]] == [1.0, "NaN"]
    assert project.tracker_progress("python", "") == {"experiments": {"runs": ""}, "open": []}
    assert project.options()["ranking"] == []
    with pytest.raises(InvalidInput, match="nothing counts"):
        project.options({"accuracy": 0})
    [tracker] = project.trackers()
    project.forget_tracker(tracker["id"])
    assert project.runs()["runs"] == []
