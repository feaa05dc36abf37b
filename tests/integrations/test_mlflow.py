"""MLflow: its faults on answers made here; and a real server of version 3.17, from its own environment, end to end."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sextant.criteria import Criterion
from sextant.errors import Forbidden, InvalidInput, NotFound, SextantError, Unavailable
from sextant_client import Project, connect
from sextant_client.mlflow_runs import sync, tell
from sextant_integrations.mlflow.client import MLflow
from sextant_integrations.mlflow.incoming import readings, run_of
from sextant_integrations.mlflow.outgoing import tags_of
from sextant_integrations.mlflow.settings import NAME, PASSWORD, TOKEN, URL, Settings, read
from tests.peers import programs, serving
from tests.serving import free_port

SECRET = "secret"
BODY: dict[str, Any] = {
    "info": {"run_id": "r1", "run_name": "svm", "status": "FINISHED", "start_time": 1780308000000, "end_time": 1780311600000,
             "user_id": "ann", "lifecycle_stage": "active"},
    "data": {"metrics": [{"key": "accuracy", "value": 0.97, "timestamp": 1780311600000, "step": 0}],
             "params": [{"key": "C", "value": "3"}],
             "tags": [{"key": "mlflow.user", "value": "ann"}, {"key": "team", "value": "a"},
                      {"key": "mlflow.source.git.commit", "value": "abc123"}]},
    "inputs": {"dataset_inputs": [{"tags": [{"key": "mlflow.data.context", "value": "eval"}],
                                   "dataset": {"name": "test", "digest": "d1"}}]},
    "outputs": {"model_outputs": [{"model_id": "m-1", "step": 0}]},
}  # fmt: skip


def mlflow(answer: Callable[[httpx.Request], httpx.Response], settings: Settings | None = None) -> MLflow:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return MLflow(settings or Settings("http://mlflow", SECRET), http=http, pause=lambda seconds: None)


# --- on answers made here


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (401, {"message": "no"}, Forbidden, "refuses .401.*MLFLOW_TRACKING_TOKEN"),
        (403, "no", Forbidden, "refuses .403"),
        (404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No experiment"}, NotFound, "says: No experiment"),
        (400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "bad filter"}, InvalidInput, "says: bad filter"),
        (500, {"error_code": "INTERNAL_ERROR", "message": "oops"}, Unavailable, "failed: oops"),
        (404, "<html>", Unavailable, "not as MLflow does"),
        (200, "<html>", Unavailable, "not as MLflow does"),
        (503, "busy", Unavailable, "answered 503"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do(status: int, body: Any, kind: type[SextantError], says: str) -> None:
    content = json.dumps(body) if isinstance(body, dict) else body
    with pytest.raises(kind, match=says) as caught:
        mlflow(lambda request: httpx.Response(status, text=content)).experiments()
    assert SECRET not in str(caught.value)


def test_what_gets_no_answer_is_tried_three_times() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Authorization"])
        raise httpx.ConnectError("refused")

    with pytest.raises(Unavailable, match="cannot be reached: refused"):
        mlflow(answer).experiments()
    assert asked == [f"Bearer {SECRET}"] * 3


@pytest.mark.parametrize(
    ("url", "token", "where"), [("", "", URL), ("mlflow:5000", "", URL), ("http://", "", URL), ("http://[", "", URL),
                                ("http://x", "a b", TOKEN)]
)  # fmt: skip
def test_an_address_or_a_token_that_is_none_is_refused(url: str, token: str, where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(environ={URL: url, TOKEN: token})
    assert caught.value.where == where


def test_credentials_are_where_mlflow_has_them_and_never_in_the_place() -> None:
    found = read(environ={URL: "https://ann:pass1@mlflow.example.org:8443/tracking/"})
    assert found.url == "https://mlflow.example.org:8443/tracking" and found.login == ("ann", "pass1")
    assert read(environ={URL: "http://x", NAME: "ann", PASSWORD: "p"}).login == ("ann", "p")
    assert "pass1" not in repr(found)


def test_a_run_is_taken_over_without_whoever_started_it() -> None:
    run = run_of(BODY, {"m-1": "svm-model"})
    assert (run.key, run.name, run.status, run.code) == ("r1", "svm", "finished", "abc123")
    assert run.tags == {"team": "a", "mlflow.source.git.commit": "abc123"}
    assert [(d.name, d.version, d.context) for d in run.datasets] == [("test", "d1", "eval")]
    assert run.models == ("svm-model",)
    assert "ann" not in run.model_dump_json()
    with pytest.raises(InvalidInput, match="without an id"):
        run_of({"info": {}}, {})
    with pytest.raises(InvalidInput, match="no number"):
        readings([{"key": "a", "value": "many"}])


def test_of_a_metric_that_is_there_twice_the_later_counts_and_nan_is_kept() -> None:
    found = readings(
        [{"key": "a", "value": 0.9, "step": 2, "timestamp": 5}, {"key": "a", "value": 0.1, "step": 1, "timestamp": 9},
         {"key": "b", "value": "NaN"}, {"key": "c"}]
    )  # fmt: skip
    assert found["a"].value == 0.9 and math.isnan(found["b"].value) and found["c"].value == 0.0


def test_verdicts_are_written_in_words() -> None:
    verdicts = [
        {
            "criterion": "accuracy",
            "status": "met",
            "word": "met",
            "value": 0.97,
            "lower": 0.958,
            "upper": 0.979,
            "unit": "share",
        },
        {
            "criterion": "latency",
            "status": "missing",
            "word": "missing",
            "value": None,
            "lower": None,
            "upper": None,
            "unit": "ms",
        },
    ]
    tags = tags_of(
        {"verdicts": verdicts, "holds": False, "why_not": "nobody signed"}, datetime(2026, 3, 2, tzinfo=UTC)
    )
    assert tags.keys() == {"sextant.accuracy", "sextant.gate", "sextant.judged_at"}
    assert tags["sextant.accuracy"].startswith("met: 97 %")
    assert (
        tags["sextant.gate"] == "does not hold: nobody signed"
        and tags["sextant.judged_at"] == "2026-03-02T00:00:00Z"
    )


# --- a real server


class Real:
    """A real server, and a few words to fill it with."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=f"{url}/api/2.0/mlflow/", timeout=60)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        response = self.http.post(path, json=body)
        assert response.is_success, response.text
        found: dict[str, Any] = response.json()
        return found

    def experiment(self, name: str) -> str:
        return str(self.post("experiments/create", name=name)["experiment_id"])

    def run(self, experiment: str, name: str, *, at: int, end: bool = True, **metrics: float) -> str:
        info = self.post("runs/create", experiment_id=experiment, run_name=name, start_time=at)["run"]["info"]
        listed = [{"key": k, "value": v, "timestamp": at, "step": 0} for k, v in metrics.items()]
        self.post(
            "runs/log-batch", run_id=info["run_id"], metrics=listed, params=[{"key": "C", "value": name}]
        )
        if end:
            self.post("runs/update", run_id=info["run_id"], status="FINISHED", end_time=at + 500)
        return str(info["run_id"])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A server for all tests of this file: it takes half a minute to start."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command = [
        programs("mlflowserver") / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", "sqlite:///mlflow.db",
    ]  # fmt: skip
    env = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with serving(command, f"http://127.0.0.1:{port}", env=env, folder=folder, alive="/version") as url:
        made = Real(url)
        yield made
        made.http.close()


@pytest.fixture
def project(db: None, tmp_path: Path) -> Iterator[Project]:
    """A project on this process's database, with two requirements."""
    with connect() as client:
        made = client.create_project("forms", "Forms", opened_at_phase="maintenance")
        made.put_criteria(
            [
                Criterion(key="accuracy", name="Read right", family="ml", metric="accuracy", unit="share",
                          direction="at_least", threshold=0.95),
                Criterion(key="cost", name="Cost", family="cost", metric="cost", unit="USD", direction="at_most", threshold=0.01),
            ]
        )  # fmt: skip
        yield made


START = 1780308000000


def test_runs_come_over_once_and_then_only_what_is_new(real: Real, project: Project) -> None:
    number = real.experiment("readers")
    for n in range(3):
        real.run(
            number, f"svm {n}", at=START + n * 1000, accuracy=0.95 + n / 100, accuracy_n=1000, cost=0.002
        )
    late = real.run(number, "late", at=START + 500, end=False)
    real.post("runs/log-batch", run_id=late, metrics=[
        {"key": "loss", "value": 1 / (i + 1), "timestamp": START + i, "step": i} for i in range(700)
    ])  # fmt: skip
    asked: list[str] = []
    with MLflow(read(real.url)) as server:
        ask = server.ask
        server.ask = lambda m, p, b: asked.append(p) or ask(m, p, b)  # type: ignore[method-assign, func-returns-value]
        found = sync(server, project, experiments=["readers"])
        assert (found.new, found.changed, found.same) == (4, 0, 0)
        rows = {r["name"]: r for r in project.runs()["runs"]}
        assert (
            rows["svm 2"]["verdicts"][0]["word"] == "met"
            and rows["svm 0"]["verdicts"][0]["word"] == "not enough evidence"
        )
        assert rows["late"]["status"] == "running"
        points = project.run(rows["late"]["id"])["history"]["loss"]
        assert len(points) == 500 and points[0][2] == 1.0 and points[-1][0] == 699
        # It ends, its metrics go on, and a new one begins: those two come, and nothing else is asked for.
        real.post(
            "runs/log-batch",
            run_id=late,
            metrics=[{"key": "accuracy", "value": 0.9, "timestamp": START, "step": 0}],
        )
        real.post("runs/update", run_id=late, status="FAILED", end_time=START + 9000)
        real.run(number, "new", at=START + 8000, accuracy=float("0.99"), accuracy_n=1000)
        asked.clear()
        again = sync(server, project, experiments=["readers"])
        assert (again.new, again.changed) == (1, 1)
        assert asked.count("metrics/get-history") == 1
        rows = {r["name"]: r for r in project.runs()["runs"]}
        assert rows["late"]["status"] == "failed" and rows["late"]["verdicts"][0]["value"] == 0.9
        # A tag of a run that had ended, and a run that was deleted, are seen when all is read anew.
        first = real.post("runs/search", experiment_ids=[number], order_by=["attributes.start_time ASC"])[
            "runs"
        ][0]["info"]
        real.post("runs/delete", run_id=first["run_id"])
        assert sync(server, project, experiments=["readers"]).changed == 0
        assert sync(server, project, experiments=["readers"], full=True).changed == 1
        assert len(project.runs()["runs"]) == 4
        with pytest.raises(NotFound, match="there is no experiment 'nothing'"):
            sync(server, project, experiments=["nothing"])


def test_what_breaks_off_is_whole_so_far_and_goes_on_there(
    real: Real, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server dies after the second page: two pages are stored, the reason is kept, and the next one takes the rest."""
    number = real.experiment("long")
    for n in range(10):
        real.run(number, f"n{n}", at=START + n * 1000, accuracy=0.9, accuracy_n=1000)
    monkeypatch.setattr("sextant_integrations.mlflow.client.PAGE", 3)
    with MLflow(read(real.url), pause=lambda seconds: None) as server:
        ask, pages = server.ask, 0

        def dies(method: str, path: str, body: Any) -> dict[str, Any]:
            nonlocal pages
            pages += path == "runs/search"
            if pages > 2:
                server._http.close()
                server._http = httpx.Client(
                    transport=httpx.MockTransport(lambda r: httpx.Response(502, text="dead"))
                )
            return ask(method, path, body)

        server.ask = dies  # type: ignore[method-assign]
        with pytest.raises(Unavailable, match="answered 502"):
            sync(server, project, experiments=["long"])
    assert len(project.runs()["runs"]) == 6
    [tracker] = [t for t in project.trackers() if t["place"] == real.url]
    assert "answered 502" in tracker["fault"] and tracker["synced_at"] is None
    with MLflow(read(real.url)) as server:
        found = sync(server, project, experiments=["long"])
    assert found.new == 4 and len(project.runs()["runs"]) == 10
    assert project.trackers()[0]["fault"] == ""


def test_verdicts_go_back_as_tags_and_champion_moves_only_when_the_gate_holds(
    real: Real, project: Project
) -> None:
    number = real.experiment("registered")
    one = real.run(number, "one", at=START, accuracy=0.97, accuracy_n=1000, cost=0.002)
    two = real.run(number, "two", at=START + 1, accuracy=0.90, accuracy_n=1000, cost=0.002)
    real.post("registered-models/create", name="Form Reader")
    for run in (one, two):
        real.post("model-versions/create", name="Form Reader", source=f"runs:/{run}/model", run_id=run)
    real.post("registered-models/alias", name="Form Reader", alias="champion", version="2")

    def champion() -> str:
        found = real.http.get("registered-models/get", params={"name": "Form Reader"}).json()[
            "registered_model"
        ]
        return next(a["version"] for a in found["aliases"] if a["alias"] == "champion")

    with MLflow(read(real.url)) as server:
        made = sync(server, project, experiments=["registered"])
        assert made.stored == 6, "a share, a cost and the training, of two versions"
        told = tell(server, project, promote=True)
        assert told.versions == 2 and told.moved == "" and "candidate" in told.why_not
        assert champion() == "2"
        got = real.http.get("model-versions/get", params={"name": "Form Reader", "version": "2"}).json()
        tags = {t["key"]: t["value"] for t in got["model_version"]["tags"]}
        assert tags["sextant.accuracy"].startswith("not met: 90 %") and tags["sextant.gate"].startswith(
            "does not hold"
        )
        # The candidate's gate blocks: it stays. Once nothing blocks, it moves to the candidate.
        project.change(candidate="form-reader@1")
        stays = tell(server, project, gate="maintenance", promote=True)
        assert stays.moved == "" and stays.why_not and champion() == "2"
        monkey = [{**r, "holds": r["candidate"], "why_not": ""} for r in project.registered()]
        project.registered = lambda gate="evaluation": monkey  # type: ignore[method-assign]
        assert tell(server, project, promote=True).moved == "Form Reader 1"
        assert champion() == "1"


def test_a_wrong_address_and_a_wrong_port_are_told(real: Real, project: Project) -> None:
    with MLflow(read(f"http://127.0.0.1:{free_port()}"), pause=lambda seconds: None) as server:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="cannot be reached"):
            sync(server, project)
        assert time.monotonic() - began < 10
    with (
        MLflow(read(f"{real.url}/elsewhere")) as server,
        pytest.raises(Unavailable, match="not as MLflow does"),
    ):
        sync(server, project)
