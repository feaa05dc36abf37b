"""A small project with something of everything in it, and people in every role, for tests of the site."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from sextant.criteria import Criterion, Setting
from sextant.data.documents import DataRequirement
from sextant.documents import Document
from sextant.evidence import Evidence, Producer, Proportion, Version
from sextant.problem.documents import FiveWs, Interview, Stakeholder
from sextant_server.jobs.actions import enqueue
from sextant_server.jobs.models import Job
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.people import sign_actions, talk_actions
from sextant_server.problem import opportunity_actions as opportunities
from sextant_server.projects import actions as projects
from sextant_server.projects.models import ROLES, Project, Token, Webhook
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records.models import DecisionRow

LOCAL = Caller(local=True)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
ACCURACY = Criterion(
    key="accuracy", name="Digits read right", family="ml", metric="accuracy", unit="share",
    direction="at_least", threshold=0.95,
)  # fmt: skip


def share(successes: int, trials: int = 1000, *, at: datetime = AT, **fields: Any) -> Proportion:
    """A measured share of `accuracy`."""
    given: dict[str, Any] = {
        "criterion": "accuracy", "unit": "share", "setting": Setting.OFFLINE, "estimand": "digits read right",
        "at": at, "producer": Producer(name="test", command="sextant check accuracy", seconds=12, cost=0.5),
    }  # fmt: skip
    return Proportion.of(successes=successes, trials=trials, **{**given, **fields})


def open_project(slug: str = "forms", **values: Any) -> Project:
    """An empty project of nobody's."""
    given = {"name": slug.capitalize(), "start": date(2026, 3, 2), **values}
    return projects.create_project(LOCAL, slug=slug, **given)


def account(name: str, **fields: Any) -> User:
    """An account that signs in by `client` only: making a password takes a tenth of a second."""
    return User.objects.create(username=name, password="!", **fields)


def client(user: User | None = None, **options: Any) -> Client:
    """A browser in which this person is signed in."""
    made = Client(**options)
    if user is not None:
        made.force_login(user)
    return made


def write(project: Project, *documents: tuple[Document, str]) -> None:
    for document, key in documents:
        records.put_document(project, LOCAL, document, key=key)


@dataclass
class World:
    """The project `forms`, another project that nobody of it belongs to, and who asks."""

    project: Project
    other: Project
    people: dict[str, User]
    tokens: dict[str, str]
    evidence: str
    decision: DecisionRow
    job: Job
    token: Token
    webhook: Webhook
    comment: str
    review: str
    link: int
    run: int
    tracker: int
    foreign: dict[str, Any] = field(default_factory=dict)


def filled(project: Project) -> tuple[str, DecisionRow, Job]:
    """Something of everything: a target with proof, documents, risks, a waiver, a decision, a time round, a job."""
    records.put_criteria(project, LOCAL, [ACCURACY])
    records.put_subject(project, LOCAL, Version.parse("model:reader@m1"))
    measured: list[Evidence] = [share(970, model=Version.parse("model:reader@m1"))]
    [(row, _)] = records.add_evidence(project, LOCAL, measured)
    write(
        project,
        (FiveWs(what="Clerks retype 400 forms a day."), ""),
        (Interview(role="clerk", held_on=date(2026, 3, 3), notes="It hurts."), "clerk"),
        (DataRequirement(aspect="quantity", text="1,000 images"), "rows"),
    )
    lifecycle.put_risks(project, LOCAL, [{"key": "faded", "text": "Ink fades", "phase": "data"}])
    until = datetime.now(UTC).date() + timedelta(days=10)
    lifecycle.waive(project, LOCAL, lifecycle.AskedWaiver("1d", "asked for later", until), by="Ada")
    lifecycle.go_back(project, LOCAL, "data", "faded ink is missing", subjects=[], by="Ada")
    decision = lifecycle.decide(project, LOCAL, "problem", "hold", note="not yet", by="Ada")
    job = enqueue("audit.verify", {}, project=project, asked_by=LOCAL.id)
    return row.digest, decision, job


#: A version of the dataset `train`, as a commit tells of it.
DATA_VERSION: dict[str, Any] = {
    "digest": "ab" * 32, "rows": 100, "columns": [["id", "int64"]], "at": "2026-06-01T12:00:00Z", "message": "first",
    "by": "ann", "mode": "replace", "parent": None, "sources": ["dataset:raw@v1"], "recipe": "recipe:clean@r1",
    "tags": ["golden"], "state": "kept", "gone_on": None, "profile": {"format": 1, "name": "train", "rows": 100, "columns": []},
}  # fmt: skip
LINEAGE: dict[str, Any] = {
    "eventTime": "2026-06-01T12:00:00Z", "eventType": "COMPLETE", "producer": "https://example.com/etl",
    "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json",
    "run": {"runId": "0192f2a0-0000-7000-8000-000000000000"}, "job": {"namespace": "etl", "name": "clean"},
    "inputs": [{"namespace": "lake", "name": "raw"}], "outputs": [{"namespace": "lake", "name": "train"}],
}  # fmt: skip


def with_dataset(project: Project) -> None:
    from sextant.data.versions import DataVersion
    from sextant_server.data.actions import put_data_version, put_day

    version = DataVersion(
        "train", 1, "ab" * 32, 100, "", (("id", "int64"),), AT, "ann", "first", "replace", None, ("dataset:raw@v1",),
        "recipe:clean@r1", ("golden",),
    )  # fmt: skip
    put_data_version(project, LOCAL, version, profile=DATA_VERSION["profile"])
    put_day(project, LOCAL, "train", AT.date(), DATA_VERSION["profile"])


def with_people(project: Project) -> tuple[str, str, int]:
    """A stakeholder who was asked to sign and to review, and something said; the comment's and the review's key, and
    the number of the link."""
    write(project, (Stakeholder(name="Mira Sol", role="ml_lead", required=True), "mira"))
    said = talk_actions.comment(project, LOCAL, "item:1c", "@mira can it be done?")
    due = datetime.now(UTC).date() + timedelta(days=5)
    asked = talk_actions.ask_review(project, LOCAL, "item:1c", who="mira", due=due)
    link, _ = sign_actions.invite(
        project, LOCAL, subject="goals", stakeholder="mira", base="https://sextant.test/s/"
    )
    return said.key, asked.key, link.pk


#: A run as a tracker tells of it.
RUN: dict[str, Any] = {
    "key": "r1", "name": "svm", "status": "finished", "started_at": "2026-06-01T10:00:00Z", "ended_at": "2026-06-01T12:00:00Z",
    "parameters": {"C": "3"}, "tags": {"team": "a"},
    "metrics": {"accuracy": {"value": 0.97, "step": 0, "at": "2026-06-01T12:00:00Z"},
                "accuracy_n": {"value": 1000, "step": 0, "at": None}},
    "history": {"loss": [[0, 1780308000.0, 1.0], [1, 1780308060.0, 0.5]]},
    "datasets": [{"name": "test", "version": "v1", "context": "eval"}], "models": ["svm"], "model": "", "code": "abc",
    "origin": "measured", "deleted": False,
}  # fmt: skip


def with_runs(project: Project) -> tuple[int, int]:
    """A run that no version is named for yet; its number, and its tracker's."""
    from sextant.model.runs import Run
    from sextant_server.model import actions
    from sextant_server.model.models import Tracker

    made = actions.put_runs(
        project, LOCAL, kind="python", place="", experiment=("readers", "Readers"), runs=[Run.model_validate(RUN)]
    )  # fmt: skip
    return made.ids[0], Tracker.objects.get(project=project).pk


def with_labeling(project: Project) -> None:
    from sextant_server.labeling import link_actions
    from tests.server.labeling.making import invite, make_round

    row = make_round(project, many=2)
    invite(row)
    link_actions.put_link(
        project, LOCAL, row, tool="label_studio", address="http://studio.example", number=7, guideline=1
    )


def make_world() -> World:
    """Two filled projects; of the first an account in every role and tokens of every scope."""
    project, other = open_project(), open_project("other")
    people = {role: account(role) for role in ROLES}
    for role, user in people.items():
        projects.set_member(project, LOCAL, user.username, role)
    people |= {"stranger": account("stranger"), "admin": account("admin", is_superuser=True)}
    projects.set_member(project, LOCAL, account("leaver").username, "reader")
    projects.set_member(other, LOCAL, account("theirs").username, "owner")
    tokens = {
        scope: projects.make_token(project, LOCAL, name=scope, scopes=[scope])[1]
        for scope in ("read", "evidence", "write")
    }
    theirs, secret = projects.make_token(other, LOCAL, name="theirs", scopes=["write"])
    tokens["foreign"] = secret
    digest, decision, job = filled(project)
    opportunities.put_opportunities(
        LOCAL,
        [{"key": "letters", "title": "Sort letters", "value": 4, "feasibility": 3, "data": 2, "risk": 2}],
    )
    their_digest, their_decision, their_job = filled(other)
    for one in (project, other):
        with_dataset(one)
        with_labeling(one)
    run, tracker = with_runs(project)
    their_run, their_tracker = with_runs(other)
    said, asked, link = with_people(project)
    their_said, their_asked, their_link = with_people(other)
    their_hook = projects.add_webhook(other, LOCAL, "https://example.com/theirs")
    return World(
        project, other, people, tokens, digest, decision, job,
        token=projects.make_token(project, LOCAL, name="old", scopes=["read"])[0],
        webhook=projects.add_webhook(project, LOCAL, "https://example.com/hook"),
        comment=said, review=asked, link=link, run=run, tracker=tracker,
        foreign={
            "digest": their_digest, "decision": their_decision.pk, "job": their_job.pk, "token": theirs.pk,
            "webhook": their_hook.pk, "comment": their_said, "review": their_asked, "link": their_link,
            "run": their_run, "tracker": their_tracker,
        },
    )  # fmt: skip
