"""How much longer is it to bring 1,000 runs out of a real MLflow server than merely to page through them?

The server and its 1,000 runs are made once in .benchmarks/mlflow (some minutes), and started from there afterwards.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.harness import ROOT, Bar, Benchmark, Side, peer_programs

FOLDER = ROOT / ".benchmarks" / "mlflow"
ADDRESS = FOLDER / "address"
RUNS, START = 1000, 1780308000000
API = "/api/2.0/mlflow"
_US = ["{ours}/python", "-m", "benchmarks.bench_runs"]


def prepare() -> None:
    """Start the server, fill it if it is empty, and stop it when this process ends."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(peer_programs("mlflowserver") / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", "sqlite:///mlflow.db",
    ]  # fmt: skip
    env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (FOLDER / "log").open("w") as log:
        running = subprocess.Popen(
            command, cwd=FOLDER, env=env, stdout=log, stderr=log, start_new_session=True
        )
    atexit.register(os.killpg, running.pid, signal.SIGTERM)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            if httpx.get(f"{url}/version", timeout=5).is_success:
                break
        except httpx.TransportError:
            time.sleep(0.3)
    else:
        raise SystemExit(f"MLflow did not start; see {FOLDER / 'log'}")
    ADDRESS.write_text(url)
    _fill(url)


def _fill(url: str) -> None:
    with httpx.Client(base_url=url + API, timeout=120) as http:

        def post(path: str, **body: Any) -> dict[str, Any]:
            response = http.post(path, json=body)
            response.raise_for_status()
            made: dict[str, Any] = response.json()
            return made

        there = {
            e["name"]: e["experiment_id"] for e in post("/experiments/search", max_results=100)["experiments"]
        }
        number = there.get("thousand") or post("/experiments/create", name="thousand")["experiment_id"]
        have = sum(1 for _ in pages(http, number))
        for n in range(have, RUNS):
            at = START + n * 60_000
            key = post("/runs/create", experiment_id=number, run_name=f"run {n}", start_time=at)["run"][
                "info"
            ]["run_id"]
            metrics = [
                {"key": k, "value": v, "timestamp": at, "step": 0}
                for k, v in (
                    ("accuracy", n / RUNS),
                    ("accuracy_n", 1000),
                    ("latency", 30 + n % 9),
                    ("cost", 0.002),
                )
            ]
            params = [{"key": f"p{i}", "value": str(n * i)} for i in range(5)]
            post(
                "/runs/log-batch",
                run_id=key,
                metrics=metrics,
                params=params,
                tags=[{"key": "team", "value": "a"}],
            )
            post("/runs/update", run_id=key, status="FINISHED", end_time=at + 30_000)


def pages(http: httpx.Client, number: str) -> Any:
    """Every run of the experiment, page by page, and nothing else."""
    token = ""
    while True:
        body = {"experiment_ids": [number], "max_results": 1000, **({"page_token": token} if token else {})}
        answer = http.post("/runs/search", json=body).raise_for_status().json()
        yield from answer.get("runs", [])
        token = answer.get("next_page_token", "")
        if not token:
            return


def page_through() -> dict[str, float]:
    """The least that anybody could do."""
    with httpx.Client(base_url=ADDRESS.read_text() + API, timeout=120) as http:
        started = time.perf_counter()
        found = http.post("/experiments/search", json={"max_results": 100}).json()["experiments"]
        number = next(e["experiment_id"] for e in found if e["name"] == "thousand")
        count = sum(1 for _ in pages(http, number))
        return {"seconds": time.perf_counter() - started, "runs": count}


def bring() -> dict[str, float]:
    """Into a fresh project in a fresh data home, with what `sextant runs sync mlflow` calls."""
    home = Path(tempfile.mkdtemp())
    os.environ |= {
        "SEXTANT_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_STATE_HOME": str(home),
        "DATABASE_URL": "",
    }
    os.environ["SEXTANT_LOG_LEVEL"] = "ERROR"
    try:
        from sextant_client import connect
        from sextant_client.mlflow_runs import sync
        from sextant_integrations.mlflow.client import MLflow
        from sextant_integrations.mlflow.settings import read

        with connect() as client, MLflow(read(ADDRESS.read_text())) as server:
            project = client.create_project("forms", "Forms")
            started = time.perf_counter()
            made = sync(server, project, experiments=["thousand"])
            first = time.perf_counter() - started
            sync(server, project, experiments=["thousand"])
            return {"seconds": first, "runs": made.new, "again": time.perf_counter() - started - first}
    finally:
        shutil.rmtree(home)


#: MLflow's own client pages through the same runs, in its own environment.
_THEIRS = (
    "import json, sys, time; from mlflow.tracking import MlflowClient; c = MlflowClient(open(sys.argv[1]).read()); "
    "t = time.perf_counter(); e = c.get_experiment_by_name('thousand').experiment_id; "
    "n = len(c.search_runs([e], max_results=1000)); print(json.dumps({{'seconds': time.perf_counter() - t, 'runs': n}}))"
)

BENCHMARK = Benchmark(
    question="How much longer is it to bring 1,000 runs out of a real MLflow server than merely to page through them?",
    sides=[
        Side("bring and store", "ours", [*_US, "bring"], reports=True),
        Side("page through", "roofline", [*_US, "page_through"], reports=True),
        Side("MLflow's client", "peer", ["{mlflowserver}/python", "-c", _THEIRS, str(ADDRESS)], reports=True),
    ],
    bar=Bar(1.5, of=["page through"]),
    peers=["mlflowserver"],
    runs=5,
    prepare=prepare,
)

if __name__ == "__main__":
    print(json.dumps({"bring": bring, "page_through": page_through}[sys.argv[1]]()))
