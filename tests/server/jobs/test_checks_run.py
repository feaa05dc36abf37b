"""`checks.run`: the checks of the server's project folder, one after the other, each stored once."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from sextant import config
from sextant.lifecycle import measures
from sextant_server.jobs import actions
from sextant_server.jobs.models import Job
from sextant_server.jobs.worker import run_worker
from sextant_server.projects.actions import create_project, make_token, revoke_token
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import audit, queries
from sextant_server.records.actions import put_criteria
from sextant_server.records.models import EvidenceRow, Record, SubjectRow

ME = Caller(local=True)
FILE = """\
project: {slug: reader, name: Reader}
criteria:
  - {key: accuracy, name: Accuracy, family: ml, unit: share, metric: accuracy, direction: at_least, threshold: 0.5}
  - {key: seen, name: Rows seen, family: ml, unit: count, metric: rows, direction: at_least, threshold: 3}
datasets:
  forms: {path: forms.csv, key: id, target: label, role: test}
predictions:
  answers: {path: answers.csv, dataset: forms, key: id, model: reader@1, prediction: said}
checks:
  - {check: evaluation, criterion: accuracy, predictions: answers, metric: accuracy}
  - {check: rows, criterion: seen, table: forms}
  - {check: quality, dataset: forms}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four forms, three of which were read right."""
    made = tmp_path / "project"
    made.mkdir()
    (made / "sextant.yaml").write_text(FILE)
    (made / "forms.csv").write_text("id,label\n1,7\n2,3\n3,3\n4,1\n")
    (made / "answers.csv").write_text("id,said\n1,7\n2,3\n3,8\n4,1\n")
    monkeypatch.setattr(settings, "PROJECT_FOLDER", str(made))
    return made


@pytest.fixture
def project(both_databases: str, folder: Path) -> Project:
    made = create_project(ME, slug="reader", name="Reader")
    put_criteria(made, ME, config.load(folder / "sextant.yaml").config.criteria)
    return made


def ask(project: Project, asked_by: str = "local", **arguments: Any) -> Job:
    return actions.enqueue("checks.run", arguments, project=project, asked_by=asked_by)


def run(asked: Job) -> Job:
    run_worker(threading.Event(), until_idle=True)
    asked.refresh_from_db()
    return asked


def test_every_check_is_run_and_stored(project: Project) -> None:
    done = run(ask(project))
    assert (done.state, done.error) == ("done", "")
    assert set(done.result["checks"]) == {"accuracy", "seen", "quality-forms"}
    assert all(became["stored"] >= 1 for became in done.result["checks"].values())
    found = {row.criterion: queries.read(row) for row in EvidenceRow.objects.exclude(criterion="")}
    # Three of four.
    assert (found["accuracy"].value, found["seen"].value) == (0.75, 4)
    assert SubjectRow.objects.filter(project=project, kind="dataset", name="forms").exists()
    assert audit.check(project).intact


def test_what_was_said_today_is_not_said_again(project: Project) -> None:
    run(ask(project))
    records = Record.objects.count()
    again = run(ask(project))
    assert (again.state, {became["stored"] for became in again.result["checks"].values()}) == ("done", {0})
    assert Record.objects.count() == records


def test_only_those_that_were_asked_for(project: Project) -> None:
    done = run(ask(project, checks=["seen", "seen"]))
    assert list(done.result["checks"]) == ["seen"]


@pytest.mark.parametrize(
    ("checks", "said"), [(["sene"], "no check sene"), ("seen", "no list"), ([1], "no list")]
)
def test_what_is_no_list_of_checks(project: Project, checks: Any, said: str) -> None:
    done = run(ask(project, checks=checks))
    assert done.state == "failed"
    assert said in done.error


def test_a_check_that_cannot_be_run_does_not_keep_the_others_from_it(project: Project, folder: Path) -> None:
    (folder / "answers.csv").write_text("id,other\n1,7\n")
    done = run(ask(project))
    assert (done.state, done.attempts) == ("failed", 1)
    assert done.error.startswith("1 of 3 checks could not be run")
    assert "accuracy:" in done.error
    assert {row.criterion for row in EvidenceRow.objects.all()} == {"seen", ""}


def test_a_check_whose_file_is_not_there_is_left_out(project: Project, folder: Path) -> None:
    (folder / "answers.csv").unlink()
    done = run(ask(project))
    assert done.state == "done"
    assert "answers.csv" in done.result["checks"]["accuracy"]["missing"]
    assert done.result["checks"]["seen"]["stored"] == 1


def test_the_target_of_the_site_counts(project: Project) -> None:
    [accuracy] = [c for c in queries.criteria(project).values() if c.key == "accuracy"]
    put_criteria(project, ME, [accuracy.model_copy(update={"level": 0.8})])
    run(ask(project, checks=["accuracy"]))
    interval = queries.read(EvidenceRow.objects.get()).interval
    assert interval is not None
    assert interval.level == 0.8


class Killed(BaseException):
    """As when the process is gone."""


def test_the_next_worker_runs_only_what_was_not_stored(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, measure, ran = ask(project), measures.run, list[str]()

    def dying(of: Any, spec: Any, *given: Any, **more: Any) -> Any:
        ran.append(spec.id)
        if ran == ["accuracy", "seen"]:
            raise Killed
        return measure(of, spec, *given, **more)

    monkeypatch.setattr(measures, "run", dying)
    with pytest.raises(Killed):
        run_worker(threading.Event(), until_idle=True)
    stored = EvidenceRow.objects.count()
    assert stored >= 1
    Job.objects.filter(pk=asked.pk).update(leased_until=actions.AT_ONCE)
    done = run(asked)
    assert (done.state, done.attempts) == ("done", 2)
    assert ran == ["accuracy", "seen", "seen", "quality-forms"]
    assert EvidenceRow.objects.filter(criterion="accuracy").count() == 1


def test_a_worker_that_lost_the_job_stores_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, measure = ask(project), measures.run

    def robbed(*given: Any, **more: Any) -> Any:
        found = measure(*given, **more)
        Job.objects.filter(pk=asked.pk).update(leased_until=actions.AT_ONCE)
        assert actions.claim("robber")
        return found

    monkeypatch.setattr(measures, "run", robbed)
    assert run(asked).leased_by == "robber"
    assert not EvidenceRow.objects.exists()


def test_a_file_that_was_changed_meanwhile_begins_again(project: Project, folder: Path) -> None:
    asked = ask(project)
    Job.objects.filter(pk=asked.pk).update(
        checkpoint={"text": "of another file", "ended": {"accuracy": {"stored": 1, "unchanged": 0}}}
    )
    assert run(asked).result["checks"]["accuracy"]["stored"] == 1
    assert EvidenceRow.objects.filter(criterion="accuracy").count() == 1


def test_the_log_names_who_asked(project: Project) -> None:
    token, _ = make_token(project, ME, name="ci", scopes=["evidence"])
    run(ask(project, asked_by=f"token:{token.pk}", checks=["seen"]))
    assert {r.actor for r in Record.objects.filter(kind="evidence")} == {f"token:{token.pk}"}
    revoke_token(project, ME, token.pk)
    done = run(ask(project, asked_by=f"token:{token.pk}"))
    assert done.state == "failed"
    assert "no longer" in done.error


def test_another_projects_checks_are_not_run(project: Project) -> None:
    done = run(ask(create_project(ME, slug="other", name="Other")))
    assert done.state == "failed"
    assert "another project, reader" in done.error


def test_a_server_without_a_folder_says_what_to_do(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PROJECT_FOLDER", "")
    done = run(ask(project))
    assert done.state == "failed"
    assert "SEXTANT_PROJECT_FOLDER" in done.error


def test_the_commit_of_the_folder_is_part_of_what_is_stored(project: Project, folder: Path) -> None:
    def git(*command: str) -> None:
        said = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=e@example.com", *command]
        subprocess.run(said, check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    run(ask(project, checks=["seen"]))
    assert str(queries.read(EvidenceRow.objects.get()).code).startswith("git:")
