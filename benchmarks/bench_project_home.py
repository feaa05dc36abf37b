"""Does a project's home stay as fast after years of measuring? It is the page that everybody opens first."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from typing import Any

from benchmarks.harness import Bar, Benchmark, Side

_US = ["{ours}/python", "-m", "benchmarks.bench_project_home"]
REQUESTS = 20

BENCHMARK = Benchmark(
    question="How long does the home page of a project take with 10,000 pieces of proof, and how long with 10?",
    sides=[
        Side("home with 10,000", "ours", [*_US, "10000"], reports=True),
        Side("the least page", "roofline", [*_US, "0"], reports=True),
        Side("home with 10", "peer", [*_US, "10"], reports=True),
    ],
    bar=Bar(1.5, of=["home with 10"]),
    runs=3,
)


def _fill(evidence: int) -> None:
    """A project with so many measurements of five targets, over twenty model versions."""
    from datetime import UTC, datetime, timedelta

    from sextant.criteria import Criterion, Setting
    from sextant.evidence import Producer, Proportion, Version
    from sextant_server.projects.actions import create_project
    from sextant_server.projects.permissions import Caller
    from sextant_server.records.actions import add_evidence, put_criteria

    local = Caller(local=True)
    project = create_project(local, slug="forms", name="Forms", candidate="model:reader@m0")
    keys = ["accuracy", "faded", "recall", "precision", "coverage"]
    put_criteria(
        project, local,
        [Criterion(key=k, name=k.capitalize(), family="ml", metric=k, unit="share", direction="at_least", threshold=0.9)
         for k in keys],
    )  # fmt: skip
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    made = [
        Proportion.of(
            successes=900 + n % 100, trials=1000, criterion=keys[n % 5], unit="share", setting=Setting.OFFLINE,
            estimand=keys[n % 5], at=begun + timedelta(seconds=n), producer=Producer(name="benchmark"),
            model=Version.parse(f"model:reader@m{n * 20 // evidence}"),
        )
        for n in range(evidence)
    ]  # fmt: skip
    for start in range(0, evidence, 1000):
        add_evidence(project, local, made[start : start + 1000])


def main(evidence: int) -> dict[str, float]:
    """The median seconds of a request, in this process and without a network, and the queries that it takes."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "SEXTANT_HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_STATE_HOME": folder, "DATABASE_URL": "",
            "SEXTANT_SECRET_KEY": "of the benchmark", "SEXTANT_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "sextant_server.settings",
        }  # fmt: skip
        import django

        django.setup()
        from django.contrib.auth.models import User
        from django.db import connection
        from django.test import Client

        from sextant_server.first_start import migrate

        migrate()
        if evidence:
            _fill(evidence)
        browser = Client(headers={"host": "localhost"})
        browser.force_login(User.objects.create(username="ada", is_superuser=True))
        path = "/p/forms/" if evidence else "/healthz"
        taken, queries = [], 0

        def count(execute: Any, *asked: Any) -> Any:
            nonlocal queries
            queries += 1
            return execute(*asked)

        with connection.execute_wrapper(count):
            for _ in range(REQUESTS + 1):
                queries, started = 0, time.perf_counter()
                response = browser.get(path)
                taken.append(time.perf_counter() - started)
                if response.status_code != 200:
                    raise SystemExit(f"{path} answered {response.status_code}")
        connection.close()
    return {"seconds": statistics.median(taken[1:]), "queries": queries}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
