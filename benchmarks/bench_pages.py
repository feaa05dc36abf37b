"""Do the main pages answer in under a tenth of a second on the demo's data, and how much do they move at first visit?

The demo is built once in .sextant/bench-demo (some minutes), and taken from there afterwards.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
import zlib

from benchmarks.harness import ROOT, Benchmark, Side

_US = ["{ours}/python", "-m", "benchmarks.bench_pages"]
HOME = ROOT / ".sextant" / "bench-demo"
REQUESTS = 15
PAGES = (
    "", "plan/", "phases/problem/", "phases/evaluation/", "targets/", "proof/", "risks/", "timeline/", "decisions/", "log/",
)  # fmt: skip

BENCHMARK = Benchmark(
    question="How long does the slowest of ten main pages take on the demo's data, and what does the heaviest move?",
    sides=[
        Side("main pages", "ours", [*_US, "pages"], reports=True),
        Side("the least page", "roofline", [*_US, "least"], reports=True),
    ],
    runs=3,
)


def _environment() -> dict[str, str]:
    return {
        "SEXTANT_HOME": str(HOME), "SEXTANT_PROJECT_FOLDER": str(HOME / "form-reader"), "DATABASE_URL": "",
        "XDG_CONFIG_HOME": str(HOME), "XDG_STATE_HOME": str(HOME), "SEXTANT_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "sextant_server.settings",
    }  # fmt: skip


def main(what: str) -> dict[str, float]:
    """The median seconds of the slowest page, in this process and without a network; how many pages take more than 100 ms;
    and the most that a first visit moves: the page, its CSS and its JavaScript, in thousands of bytes."""
    os.environ |= _environment()
    demo = [sys.executable, "-m", "sextant_cli.main", "demo", "--no-serve", "--home", str(HOME)]
    subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.test import Client

    browser = Client(headers={"host": "localhost", "accept-encoding": "gzip"})
    # A demo that nobody served has no account yet.
    admin = User.objects.filter(is_superuser=True).order_by("id").first()
    browser.force_login(admin or User.objects.create_superuser("admin"))
    paths = [f"/p/form-reader/{page}" for page in PAGES] if what == "pages" else ["/healthz"]
    medians, weights, busy = {}, {}, {}
    for path in paths:
        taken, worked = [], []
        for _ in range(REQUESTS + 1):
            started, began = time.perf_counter(), time.process_time()
            response = browser.get(path)
            taken.append(time.perf_counter() - started)
            worked.append(time.process_time() - began)
            if response.status_code != 200:
                raise SystemExit(f"{path} answered {response.status_code}")
        medians[path], busy[path] = statistics.median(taken[1:]), statistics.median(worked[1:])
        body = (
            zlib.decompress(response.content, 31)
            if response.get("Content-Encoding") == "gzip"
            else response.content
        )
        files = set(
            re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', body.decode("utf-8", "replace"))
        )
        weights[path] = len(response.content) + sum(_moved(browser, file) for file in files)
        print(
            f"{path:<36} {medians[path] * 1000:7.1f} ms  {busy[path] * 1000:7.1f} ms of processor  "
            f"{weights[path] / 1000:7.1f} kB",
            file=sys.stderr,
        )
    return {
        "seconds": max(medians.values()),
        "over 100 ms": sum(m > 0.1 for m in medians.values()),
        "seconds of processor": max(busy.values()),
        "heaviest kB": max(weights.values()) / 1000,
    }


def _moved(browser: object, file: str) -> int:
    answer = browser.get(file)  # type: ignore[attr-defined]
    return sum(len(part) for part in answer) if answer.streaming else len(answer.content)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
