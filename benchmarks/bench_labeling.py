"""How long does a rater wait between saving a label and seeing the next item, while many label at once?

Each rater is a browser of its own: it reads the item for one to five seconds, as people do, saves, and is answered with
the next; a hundred of them save some thirty labels a second, on the same cores as the server. On PostgreSQL
(SEXTANT_TEST_DATABASE_URL) there are a hundred, else twenty on SQLite. Afterwards the answers are counted: none may be lost
and nobody may have had an item twice.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from benchmarks.harness import Benchmark, Side

_US = ["{ours}/python", "-m", "benchmarks.bench_labeling"]
#: Seconds for which they label once all have begun, and which one item takes at the least and at the most.
LASTS, LEAST, MOST = {"label": 12, "least": 4}, 1.0, 5.0

BENCHMARK = Benchmark(
    question="How long does save-and-next take for the slowest 5 % while many people label, each a few seconds an item?",
    sides=[
        Side("save and next, 95th percentile", "ours", [*_US, "label"], reports=True),
        Side("the least page at the same pace", "roofline", [*_US, "least"], reports=True),
    ],
    runs=1,
    most=0.15,
)


def _prepare(url: str, home: str, raters: int) -> list[str]:
    """A server's database with an open round, and a link for each rater."""
    code = f"""
from datetime import date
from sextant_server.first_start import migrate
migrate()
from sextant.data.guidelines import Guideline, LabelValue
from sextant_server.labeling import actions, items
from sextant_server.labeling.models import Rater
from sextant_server.projects.actions import create_project
from sextant_server.projects.permissions import Caller
me = Caller(local=True)
project = create_project(me, slug="bench", name="Bench")
values = tuple(LabelValue(value=v, criteria="c", examples="a\\nb") for v in ("spam", "ham"))
text = Guideline(task="Is it spam?", values=values, published_on=date(2026, 1, 1))
actions.save_guideline(project, me, text, "spam")
row = actions.put_round(project, me, "first", guideline="spam", gold_share=0.1, gold_bar=0.0)
rows = [{{"text": f"message {{n}}", "gold": "spam" if n % 20 == 0 else ""}} for n in range(1, 4001)]
actions.add_items(project, me, row, items.drafts(rows, items.Columns("text", ("text",), gold="gold"), text))
row = actions.set_state(project, me, row, "open")
for n in range({raters}):
    print(actions.invite(project, me, row, name=f"r{{n}}", base="/r/")[1])
Rater.objects.update(ready=True)
"""
    return _python(code, url, home).split()


def _check(url: str, home: str) -> dict[str, int]:
    code = """
import json
from django.db.models import Count
from sextant_server.labeling.models import Dealt, Item
twice = Dealt.objects.values("item", "rater").annotate(n=Count("id")).filter(n__gt=1).count()
over = sum(1 for i in Item.objects.filter(is_gold=False, given__gt=0).iterator() if i.given > i.wanted)
print(json.dumps({"labeled": Dealt.objects.filter(state="labeled").count(), "twice": twice, "over": over}))
"""
    found: dict[str, int] = json.loads(_python(code, url, home))
    return found


def _environment(url: str, home: str) -> dict[str, str]:
    return {
        **os.environ, "DATABASE_URL": url, "SEXTANT_HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home,
        "SEXTANT_LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "sextant_server.settings",
    }  # fmt: skip


def _python(code: str, url: str, home: str) -> str:
    begun = [sys.executable, "-c", f"import django\ndjango.setup()\n{code}"]
    done = subprocess.run(begun, env=_environment(url, home), check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


class Rater(threading.Thread):
    """One browser. `waits` are the seconds from saving to the next item; `saved` how many were answered well."""

    def __init__(self, base: str, link: str, what: str, until: float, number: int) -> None:
        super().__init__(daemon=True)
        self.base, self.link, self.what, self.until = base, link, what, until
        self.waits: list[float] = []
        self.saved = 0
        self.draw = random.Random(number)
        self.cookies: dict[str, str] = {}
        # Kept open, as a browser does.
        self.line = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)

    def ask(self, path: str, data: dict[str, str] | None = None) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if data:
            headers |= {"HX-Request": "true", "Referer": self.base}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.line.request("POST" if data else "GET", path, urlencode(data) if data else None, headers)
        response = self.line.getresponse()
        body = response.read().decode()
        if response.status != 200:
            raise RuntimeError(f"{path} answers {response.status}: {body[:300]}")
        for name, said in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, value = said.split(";")[0].partition("=")
                self.cookies[key] = value
        return body

    def run(self) -> None:
        time.sleep(self.draw.uniform(0, MOST))
        page = self.ask(self.link)
        while time.time() < self.until:
            time.sleep(self.draw.uniform(LEAST, MOST))
            deal = re.search(r'name="deal" value="(\d+)"', page)
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
            if not deal or not token:
                return
            began = time.perf_counter()
            if self.what == "least":
                self.ask("/healthz")
            else:
                given = {"deal": deal[1], "value": self.draw.choice(("spam", "spam", "ham")), "do": "save"}
                page = self.ask(self.link, {**given, "csrfmiddlewaretoken": token[1]})
                self.saved += 1
            if time.time() > self.until - LASTS[self.what]:
                self.waits.append(time.perf_counter() - began)


def main(what: str) -> dict[str, float]:
    """The 95th percentile of the waits; how many raters there were, how many labels, and what went wrong with them."""
    server = os.environ.get("SEXTANT_TEST_DATABASE_URL", "")
    raters = 100 if server else 20
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite:///{Path(home) / 'bench.db'}"
        if server:
            import psycopg

            name = f"sextant_bench_{os.getpid()}"
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            url = urlsplit(server)._replace(path=f"/{name}").geturl()
        try:
            return _run(what, url, home, raters)
        finally:
            if server:
                with psycopg.connect(server, autocommit=True) as connection:
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _run(what: str, url: str, home: str, raters: int) -> dict[str, float]:
    links = _prepare(url, home, raters)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sextant_cli.main", "serve", "--port", str(port), "--no-worker"]
    # SQLite lets one writer in at a time; PostgreSQL serves a process for each core.
    command += ["--workers", "2"] if raters > 20 else []
    process = subprocess.Popen(command, env=_environment(url, home), stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{base}/healthz", timeout=5).close()  # noqa: S310
                break
            except OSError:
                time.sleep(0.2)
        until = time.time() + MOST + LASTS[what]
        people = [Rater(base, link, what, until, n) for n, link in enumerate(links)]
        for one in people:
            one.start()
        for one in people:
            one.join()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    waits = [w for one in people for w in one.waits]
    said: dict[str, float] = {
        "seconds": statistics.quantiles(waits, n=20)[-1], "median ms": statistics.median(waits) * 1000, "raters": raters,
        "waits": len(waits), "a second": len(waits) / LASTS[what],
    }  # fmt: skip
    if what == "label":
        found = _check(url, home)
        said |= {
            "saved": found["labeled"],
            "lost": sum(p.saved for p in people) - found["labeled"],
            "dealt twice": found["twice"],
            "too many": found["over"],
        }
    return said


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
