"""`sextant runs` and `sextant options`: what a folder's own project is told, and what it answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import sextant
from sextant.criteria import Criterion
from sextant.errors import InvalidInput
from sextant.model.documents import Guess, ModelOption, OptionDecision, Weight
from sextant_client import Project, connect
from tests.cli.conftest import Shell

RUN = Path(__file__).parents[1] / "integrations" / "data" / "run.wandb"
ACCURACY = Criterion(
    key="read-right", name="Read right", family="ml", metric="accuracy", unit="share", direction="at_least", threshold=0.95
)  # fmt: skip


@pytest.fixture
def project(mine: Shell) -> Iterator[Project]:
    """The shell's project, for what a test has to lay there first."""
    with connect() as client:
        yield client.project(mine.slug)


def test_a_run_from_python_is_listed_shown_and_is_proof(mine: Shell, project: Project) -> None:
    project.put_criteria([ACCURACY])
    assert "There is no run yet" in mine("runs", "list").out
    made = project.log_run(
        "svm", metrics={"accuracy": (970, 1000), "loss": 0.1}, parameters={"C": 3, "net": {"lr": 0.1}},
        history={"loss": [1, 0.5, 0.1]}, datasets={"train": "v1", "test": "v2"}, model="reader@m3", key="k1",
    )  # fmt: skip
    assert made["stored"] == 2 and made["refused"] == []
    again = project.log_run(
        "svm",
        metrics={"accuracy": (970, 1000)},
        model="reader@m3",
        key="k1",
        ended_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert again["id"] == made["id"]
    number = str(made["id"])
    listed = mine("runs", "list").out
    assert "READ RIGHT" in listed and "✓ 97 %" in listed and "reader@m3" in listed
    shown = mine("runs", "show", number).out
    assert "met  Read right: " in shown
    assert mine("runs", "list", "--format", "json").json["runs"][0]["verdicts"][0]["n"] == 1000
    assert "no run 999" in mine("runs", "show", "999", code=2).err
    assert "names no version" in mine("runs", "name", number, "reader", code=2).err
    mine("runs", "name", number, "-")
    [tracker] = mine("runs", "trackers", "--format", "json").json
    assert (tracker["kind"], tracker["runs"]) == ("python", 1)
    mine("runs", "forget", str(tracker["id"]))
    assert "There is no run yet" in mine("runs", "list").out


def test_log_run_is_where_a_notebook_looks_for_it(mine: Shell, project: Project) -> None:
    made = sextant.log_run("nb", metrics={"accuracy": (9, 10)}, project=project.slug)
    assert project.run(made["id"])["said"]["metrics"]["accuracy_n"]["value"] == 10
    with pytest.raises(InvalidInput, match="11 of 10"):
        project.log_run("odd", metrics={"accuracy": (11, 10)})
    with pytest.raises(InvalidInput, match="has no zone"):
        project.log_run("odd", metrics={}, ended_at=datetime(2026, 1, 1))  # noqa: DTZ001 - meant


def test_offline_runs_are_read_once_and_a_broken_one_is_named(mine: Shell, project: Project) -> None:
    for name, size in (("offline-run-1-a", None), ("offline-run-2-b", 900)):
        folder = mine.folder / "wandb" / name
        folder.mkdir(parents=True)
        (folder / "run-x.wandb").write_bytes(RUN.read_bytes()[:size])
    found = mine("runs", "read", "wandb", "wandb", code=2)
    assert "1 new, 0 changed, 0 as they were." in found.out
    assert (
        "cannot be" not in found.err
        and "in the middle of a record" in found.err
        and "offline-run-2-b" in found.err
    )
    shutil.rmtree(mine.folder / "wandb" / "offline-run-2-b")
    assert "0 new, 0 changed, 1 as they were." in mine("runs", "read", "wandb", ".").out
    assert (
        "no run of Weights & Biases" in mine("runs", "read", "wandb", str(RUN.parents[2] / "cli"), code=2).err
    )


def test_without_an_address_mlflow_is_not_looked_for(
    mine: Shell, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert "add --address URL" in mine("runs", "sync", "mlflow", code=2).err.lower().replace("url", "URL")
    assert (
        "no address of an MLflow server"
        in mine("runs", "sync", "mlflow", "--address", "mlflow:5000", code=2).err
    )


def test_options_are_weighed_at_the_command_line(mine: Shell, project: Project) -> None:
    project.put_criteria([ACCURACY])
    assert "No option is compared" in mine("options").out
    for key, guess, weeks in (("rules", 0.8, 1.0), ("net", 0.97, 8.0)):
        option = ModelOption(
            name=key.capitalize(), weeks_to_market=weeks, fixed_cost=weeks * 1000, unit_cost=1 / weeks,
            assumed=(Guess(criterion="read-right", value=guess),),
        )  # fmt: skip
        project.put_document(option, key=key)
    weights = (Weight(factor="read-right", weight=3), Weight(factor="weeks_to_market", weight=1))
    project.put_document(OptionDecision(weights=weights))
    out = mine("options").out
    assert "Net comes first, until" in out and "97 % (assumed)" in out
    # 1000 + n = 8000 + n / 8 at n = 8000.
    assert "cost the same at 8,000 answers" in out
    assert "Rules comes first" in mine("options", "--weight", "weeks_to_market=1").out
    assert "is no weight" in mine("options", "--weight", "weeks_to_market=x", code=2).err
    assert "there is no 'speed' to weigh" in mine("options", "--weight", "speed=1", code=2).err
