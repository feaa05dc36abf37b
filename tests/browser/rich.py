"""A project on which every page has something to show: long words, many targets, all kinds of proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sextant.criteria import Criterion, Setting
from sextant.data.documents import Pipeline, QualityResolution
from sextant.data.profiling import profile
from sextant.data.versions import DataVersion
from sextant.evidence import Count, Declared, Producer, Version
from sextant.model.documents import (
    Blocker,
    CheckIn,
    CheckInPlan,
    Guess,
    ModelOption,
    ModelRequirements,
    OptionDecision,
    Weight,
)
from sextant.model.runs import Reading, Run, Used
from sextant.problem.documents import Brief, DecisionTree, Feasibility, Roi, Side, Spread, Stakeholder
from sextant.reports import Finding, QualityReport, read_evidence
from sextant_server.data import actions as data
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.model import actions as model
from sextant_server.people import mail_actions, sign_actions, talk_actions
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.records import actions as records
from sextant_server.records import queries
from sextant_server.records.models import EvidenceRow
from tests.server.test_reports import COMMON, EXAMPLES
from tests.server.world import ACCURACY, LINEAGE, LOCAL, filled, open_project, share, write

LONG = "Handwritten-digits-on-returned-paper-forms-that-somebody-wrote-without-a-single-space"
NOW = datetime.now(UTC).replace(microsecond=0)


def _targets() -> list[Criterion]:
    def target(key: str, **fields: Any) -> Criterion:
        return ACCURACY.model_copy(update={"key": key, "name": key.replace("-", " ").capitalize(), **fields})

    return [
        target("posts", family="business", metric="posts a month", unit="posts", threshold=12),
        target("clerks", family="product", metric="weekly users", unit="share", threshold=0.3),
        target("faded", slice={"ink": "faded"}, note=LONG, leading="accuracy"),
        target(
            "latency", family="system", metric="p95 latency", unit="ms", direction="at_most", threshold=200
        ),
        target(
            "cost", family="cost", metric="cost per request", unit="USD", direction="at_most", threshold=0.01
        ),
    ]


def rich_project() -> Project:
    """A project that lived: rounds, decisions, stale proof, declared and counted numbers, every kind of report."""
    project = open_project(summary=f"Reads forms. {LONG}", simulated=True, budget=20_000, name="Form reader")
    filled(project)
    records.put_criteria(project, LOCAL, _targets())
    by = Producer(name="test", command="sextant check accuracy", seconds=75, cost=0.25)
    common: dict[str, Any] = {"setting": Setting.REVIEW, "producer": by}
    model = Version.parse("model:reader@m1")
    records.add_evidence(
        project, LOCAL,
        [
            *(share(940 + n, at=NOW - timedelta(days=40 - n), model=model, producer=by) for n in range(30)),
            share(80, 100, at=NOW, criterion="faded", slice={"ink": "faded"}),
            Count.of(value=11, unit="posts", criterion="posts", estimand="posts published", at=NOW, origin="simulated", **common),
            Declared.model_validate(
                {"value": 0.4, "unit": "share", "criterion": "clerks", "estimand": "weekly users", "at": NOW,
 "source": "the dashboard",
                 "source_date": NOW.date(), **common}
            ),
        ],
    )  # fmt: skip
    reports = [{**COMMON, "kind": kind, "unit": "", **fields} for kind, fields in EXAMPLES.items()]
    records.add_evidence(project, LOCAL, [read_evidence(body) for body in reports])
    records.put_subject(project, LOCAL, Version.parse("model:reader@m2"))
    lifecycle.put_risks(
        project, LOCAL,
        [{"text": f"Ink fades: {LONG}", "phase": "data", "likelihood": 5, "impact": 5, "review_on": "2026-01-01"},
         {"text": "Scanners change", "mitigation": "We test a page each week.", "owner": "ML lead"}],
    )  # fmt: skip
    _decided(project)
    lifecycle.put_plans(
        project, LOCAL, [{"phase": "problem", "actual_start": "2026-03-02", "spent_cost": 900}]
    )
    _people(project)
    _data(project)
    _model(project)
    projects.make_token(project, LOCAL, name=f"CI {LONG}", scopes=["read"])
    projects.add_webhook(project, LOCAL, f"https://example.com/{LONG}")
    return project


def _decided(project: Project) -> None:
    """The six questions, the return and feasibility, with more to say than fits a line."""
    about = Spread(low=3000, likely=8000, high=20_000)
    caution = Side(verdict="caution", findings=LONG, source="a trial", risk="ink-fades", proof="0123456789")
    tree = DecisionTree(
        well_defined="yes", well_defined_reason=LONG, rules_enough="no", data_available="yes",
        pattern_or_prediction="yes", errors_tolerable="no", oversight_plan="A clerk looks.",
    )  # fmt: skip
    write(
        project,
        (tree, ""),
        (Roi(benefit=about, build=about, run=Spread(low=0, likely=0, high=0), build_months=3, months=30), ""),
        (Feasibility(technical=Side(verdict="yes", findings="It can."), data=caution), ""),
    )


def _data(project: Project) -> None:
    """A dataset with two versions, one of them without its rows, that a job feeds and a pipeline keeps."""
    import pyarrow as pa

    from sextant.data.openlineage import read_event

    words = ["clerk", LONG, None, ""] * 30
    rows = pa.table({"digit": list(range(120)), "said": words, LONG: [n / 7 for n in range(120)]})
    for number, state in ((1, "erased"), (2, "kept")):
        version = DataVersion(
            "scans", number, f"{number:02x}" * 32, 120 * number, "", (("digit", "int64"), ("said", "string")), NOW,
            "ann", LONG, "append" if number > 1 else "replace", number - 1 or None, (f"dataset:raw@{LONG}",),
            "recipe:clean@r1", ("golden",), state, NOW if state == "erased" else None,  # type: ignore[arg-type]
        )  # fmt: skip
        data.put_data_version(project, LOCAL, version, profile=profile(rows).plain())
    for ago in range(10):
        moved = pa.table(
            {"digit": [n + 40 * (ago < 5) for n in range(120)], "said": words, LONG: [1.5] * 120}
        )
        data.put_day(project, LOCAL, "scans", NOW.date() - timedelta(days=ago), profile(moved).plain())
    event = {
        **LINEAGE,
        "eventType": "FAIL",
        "job": {"namespace": "etl", "name": LONG},
        "outputs": [{"namespace": "lake", "name": "scans"}],
    }
    data.add_run_event(project, LOCAL, read_event(event))  # type: ignore[arg-type]
    missing = Finding(
        key="missing-said", text=f"Column said has no value in 30 rows (25 %). {LONG}", severity="high", count=30, share=0.25,
        examples=("row 4", "row 8"), fix="Find out why, then fill in, flag or leave out.", column="said", impact=0.15,
        cost="The model has to guess the value, or the row is left out.",
    )  # fmt: skip
    constant = Finding(
        key="constant-kind", text="Column kind has the same value in every row.", severity="low", count=120
    )
    report = QualityReport(
        data=Version.of("dataset", "scans", "v2"), estimand="what is wrong with scans", setting="offline", at=NOW, rows=120,
        columns=3, findings=(missing, constant), producer=Producer(name="sextant"),
    )  # fmt: skip
    records.add_evidence(project, LOCAL, [report])
    accepted = QualityResolution(
        dataset="scans", finding="constant-kind", resolution="accepted", version="v2", reason=LONG
    )
    data.decide_finding(project, LOCAL, accepted)
    write(
        project,
        (Pipeline(dataset="scans", owner="Data lead", cadence_days=7, collection=LONG), "scans"),
        (Pipeline(dataset="letters", owner="Data lead", cadence_days=7), "letters"),
    )


def _model(project: Project) -> None:
    """Runs of every kind from everywhere, options in the middle of being weighed, a check-in, a blocker."""
    at = NOW - timedelta(days=20)
    runs = [
        Run(
            key=f"run{n}", name=f"Forest {n}" if n else LONG, status="running" if n == 9 else "finished",
            started_at=at + timedelta(days=n), ended_at=at + timedelta(days=n, hours=1), parameters={"trees": str(n), LONG: LONG},
            metrics={"accuracy": Reading(value=0.9 + n / 100), "accuracy_n": Reading(value=1000),
                     "latency": Reading(value=240 - 20 * n), "cost": Reading(value=0.001 * n), LONG: Reading(value=float("nan"))},
            history={"loss": tuple((i, float(i), 1 / (i + 1)) for i in range(30))}, tags={"team": LONG},
            datasets=(Used(name=LONG, version="v1", context="eval"),), models=(LONG,),
        )
        for n in range(10)
    ]  # fmt: skip
    place = "http://mlflow.example.org"
    model.put_runs(project, LOCAL, kind="mlflow", place=place, experiment=("1", "readers"), runs=runs[:8])
    made = model.put_runs(project, LOCAL, kind="python", place="", experiment=("2", LONG[:80]), runs=runs[8:])
    model.name_run(project, LOCAL, made.ids[0], "reader@m7")
    model.finish_sync(
        project, LOCAL, kind="mlflow", place=place, fault=f"the server cannot be reached: {LONG}"
    )
    assumed = (
        Guess(criterion="accuracy", value=0.8),
        Guess(criterion="latency", value=3),
        Guess(criterion="cost", value=0),
    )
    write(
        project,
        (ModelRequirements(quality="accuracy", latency="latency", cost="cost"), ""),
        (ModelOption(name="Rules", approach="rules", assumed=assumed, fixed_cost=500, unit_cost=0.0, weeks_to_market=1), "rules"),
        (ModelOption(name=LONG, approach="build", model="reader@m7", fixed_cost=20_000, unit_cost=0.001, weeks_to_market=8,
                     assumed=assumed), "own"),
        (ModelOption(name="Rented", approach="api", ruled_out=LONG), "rented"),
        (OptionDecision(chosen="rules", volume=1e6, weights=tuple(
            Weight(factor=f, weight=w) for f, w in (("accuracy", 5), ("latency", 1), ("cost", 1), ("weeks_to_market", 1))
        )), ""),
        (CheckInPlan(first_on=NOW.date() - timedelta(days=21)), ""),
        (CheckIn(held_on=NOW.date() - timedelta(days=15), trend=LONG, blockers="none", decisions=LONG), "first"),
        (Blocker(type="data", text=LONG, opened_on=NOW.date() - timedelta(days=12)), "late"),
        (Blocker(type="compute", text="No GPU"), "gpu"),
    )  # fmt: skip


def _people(project: Project) -> None:
    """Stakeholders who signed, signed an earlier version, were asked and were not; and a chat channel."""
    brief = Brief(problem=f"Clerks retype 400 forms a day. {LONG}", scope="Forms on paper.", budget=8000)
    for key, person in {
        "ada": Stakeholder(name="Ada Lovelace", role="product", required=True, decider=True),
        "mira": Stakeholder(name="Mira Sol", role="sponsor", required=True),
        "long": Stakeholder(name=LONG, role="ml_lead", required=True),
    }.items():
        records.put_document(project, LOCAL, person, key=key)
    records.put_document(project, LOCAL, brief)
    records.sign(
        project,
        LOCAL,
        subject="brief",
        digest=queries.signable(project)["brief"],
        person="Mira Sol",
        role="sponsor",
    )
    after = brief.model_copy(update={"problem": "Clerks retype 450 forms a day.", "budget": 9000.0})
    records.put_document(project, LOCAL, after)
    sign_actions.invite(
        project,
        LOCAL,
        subject="brief",
        stakeholder="long",
        base="https://sextant.test/s/",
        email="l@example.org",
    )
    for about in ("criterion:accuracy", "document:brief", "goals", "item:1a"):
        said = talk_actions.comment(project, LOCAL, about, f"@mira look at {LONG}")
        talk_actions.comment(project, LOCAL, about, "Dealt with.")
        talk_actions.ask_review(project, LOCAL, about, who="mira", due=NOW.date() + timedelta(days=7))
        talk_actions.resolve(project, LOCAL, said.key)
    mail_actions.add_channel(project, LOCAL, name=LONG[:80], url="https://example.com/hook")


def kinds(project: Project) -> dict[str, str]:
    """A piece of proof of each kind, by its digest."""
    return dict(EvidenceRow.objects.filter(project=project).values_list("kind", "digest"))
