"""The demo as a visitor has it: every number from rows, every number computed again, every interruption
mended."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.databases import python_environment

COMMAND = "import sys; from sextant_cli.main import run; sys.exit(run())"
ROOT = Path(__file__).resolve().parents[2]
#: Observations that happen once: what a clock or a delivery said. There are no rows to compute them from.
OBSERVED = {"channel_test", "rollback_drill", "model_run"}
#: Reports of what the demo itself did, which the tests below compute again from its tables and models.
OWN = {"human_study", "red_team_run", "rollout_step", "monitor_sample", "retraining_run", "drift_run"}


def environment(home: Path) -> dict[str, str]:
    """A process of its own: its keys and anchors lie beside its home, not in the account of who tests."""
    beside = home.parent / f"{home.name}-elsewhere"
    env = python_environment(XDG_CONFIG_HOME=str(beside / "config"), XDG_STATE_HOME=str(beside / "state"))
    for name in (
        "SEXTANT_HOME",
        "DATABASE_URL",
        "SEXTANT_URL",
        "SEXTANT_ANCHORS",
        "SEXTANT_SIGNING_KEY_FILE",
    ):
        env.pop(name, None)
    return env


def start(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-c", COMMAND, "demo", "--no-serve", "--home", str(home)]
    return subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home.parent
    )  # fmt: skip


def build(home: Path) -> str:
    """Run the demo to its end, and return what it printed."""
    with start(home) as process:
        said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said
    return said


def look(home: Path, *options: str) -> Any:
    command = [sys.executable, str(ROOT / "tests" / "demo" / "look.py"), str(home), *options]
    done = subprocess.run(
        command, env=environment(home), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def said(home: Path) -> str:
    return build(home)


@pytest.fixture(scope="module")
def seen(home: Path, said: str) -> dict[str, Any]:
    found: dict[str, Any] = look(home)
    return found


# --- what it shows


def test_it_prints_the_gates_by_the_names_of_the_phases(said: str) -> None:
    table = said[said.index("Phase") :].splitlines()[:7]
    assert [line.split()[0] for line in table[1:]] == [
        "Problem", "Data", "Model", "Evaluation", "Deployment", "Maintenance",
    ]  # fmt: skip
    assert "blocked by 6e" in table[6]
    assert "2 waived" in table[4]


def test_a_visitor_sees_each_answer_that_is_not_met(seen: dict[str, Any]) -> None:
    statuses = {key: verdict["status"] for key, verdict in seen["verdicts"].items()}
    assert statuses["faded-ink"] == "unmet"
    assert statuses["digit-8"] == "not_enough"
    assert statuses["throughput"] == "missing"
    assert statuses["forms-per-clerk-day"] == "not_due"
    evaluation = seen["gates"][3]
    assert evaluation["decision"] == "pass"
    assert evaluation["underlying"] == {"4a": "unmet", "4d": "missing"}
    assert seen["gates"][5]["items"]["6e"] == "unmet"


def test_the_second_project_has_its_first_phase_behind_it(seen: dict[str, Any]) -> None:
    first, *rest = seen["second"]
    assert first["decision"] == "pass"
    assert set(first["items"].values()) == {"met"}
    assert {g["decision"] for g in rest} == {None}


@pytest.mark.parametrize("slug", ["form-reader", "draft-assistant"])
def test_the_plan_has_two_or_three_pages_and_says_what_the_state_says(
    seen: dict[str, Any], slug: str
) -> None:
    plan = seen["plans"][slug]
    assert plan["pages"] in (2, 3)
    assert plan["warnings"] == []
    assert len(plan["wanted"]) > 30
    for form, text in plan["texts"].items():
        assert [words for words in plan["wanted"] if words not in text] == [], form


def test_it_goes_back_and_mends(seen: dict[str, Any]) -> None:
    assert [g["iteration"] for g in seen["gates"]] == [1, 2, 2, 2, 2, 1]
    assert seen["info"]["in_service"] == "model:reader@m2"
    bodies = [e["body"] for e in seen["evidence"].values()]
    steps = [b for b in bodies if b["kind"] == "rollout_step"][::-1]
    assert [(s["rollout"], s["step"], s["decision"]) for s in steps] == [
        ("reader-m1", 0, "start"), ("reader-m1", 0, "advance"), ("reader-m1", 1, "roll_back"),
        ("reader-m2", 0, "start"), *(("reader-m2", i, "advance") for i in range(3)), ("reader-m2", 3, "complete"),
    ]  # fmt: skip
    drift = [b for b in bodies if b["kind"] == "drift_run" and b["type"] == "data"][::-1]
    assert "centre_x" in drift[0]["drifted"]
    assert drift[-1].get("drifted", []) == []
    assert seen["verdicts"]["shift-mended"]["lower"] > 0.5


def test_each_record_says_where_it_comes_from(seen: dict[str, Any]) -> None:
    assert seen["info"]["simulated"]
    for entry in seen["evidence"].values():
        body = entry["body"]
        invented = "traffic/" in str(body.get("recipe")) or body["setting"] in ("experiment", "study")
        if invented or body["kind"] in (
            "human_study",
            "rollout_step",
            "monitor_sample",
            "experiment",
            "agreement",
        ):
            assert body["origin"] == "simulated", body["estimand"]
        if body.get("criterion") in ("accuracy", "digit-8", "faded-ink", "shifted-scan", "training-rows"):
            assert body["origin"] == "measured", body["estimand"]
    assert seen["verdicts"]["accuracy"]["origin"] == "measured"
    assert seen["verdicts"]["forms-untouched"]["origin"] == "simulated"


# --- every number again


def test_every_evidence_is_computed_again(seen: dict[str, Any]) -> None:
    for digest, entry in seen["evidence"].items():
        body = entry["body"]
        if entry["measurement"]:
            assert entry["statistics"], (digest, body["estimand"], entry["differences"])
        if "recipe" in body:
            assert entry["rows"], (digest, body["estimand"], entry["differences"])
        elif not entry["measurement"]:
            assert body["kind"] in OBSERVED | OWN, f"nothing computes a {body['kind']} again"
        assert not entry["differences"]


def test_what_the_red_team_counted_comes_out_again(seen: dict[str, Any]) -> None:
    from sextant_demo import evaluation
    from sextant_demo.readers import reader

    trials = {
        "brittleness": evaluation._moved, "hallucination": evaluation._nothing_there,
        "harmful_output": evaluation._one_pixel, "privacy_leak": evaluation._members,
    }  # fmt: skip
    runs = [e["body"] for e in seen["evidence"].values() if e["body"]["kind"] == "red_team_run"]
    assert len(runs) == 2 * len(trials)
    for run in runs:
        way = f"{run['model']['name']}@{run['model']['version']}"
        attempts, successes, _ = trials[run["category"]](reader(way))
        assert (run["attempts"], run["successes"]) == (attempts, successes)


def test_what_people_and_traffic_did_comes_out_of_the_tables(home: Path, seen: dict[str, Any]) -> None:
    import pyarrow.parquet as pq

    def read(path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(home / "form-reader" / path).to_pylist()
        return rows

    bodies = [e["body"] for e in seen["evidence"].values()]
    for body in bodies:
        version = body.get("model", {}).get("version")
        if body["kind"] == "human_study":
            rows = read(f"study/reader-{version}.parquet")
            assert (body["ratings"], body["rater_count"]) == (len(rows), len({r["rater"] for r in rows}))
            assert body["agreement"] == pytest.approx(_alpha(rows), abs=1e-12)
        if body["kind"] == "rollout_step" and body["exposed"]:
            assert body["exposed"] == len(read(f"traffic/rollout-{body['rollout']}-{body['step']}.parquet"))
    received = {(b["monitor"], b["received"]) for b in bodies if b["kind"] == "monitor_sample"}
    tables = ("shadow-reader-m1", "shadow-reader-m2", "live-reader-m2")
    counts = {len(read(f"traffic/{name}.parquet")) for name in tables}
    assert {n for _, n in received} == counts


def _alpha(rows: list[dict[str, Any]]) -> float:
    """Krippendorff's alpha by the package of that name: raters by forms, nan where one did not rate."""
    import krippendorff
    import numpy as np

    raters, forms = (sorted({r[column] for r in rows}) for column in ("rater", "form"))
    table = np.full((len(raters), len(forms)), np.nan)
    for r in rows:
        table[raters.index(r["rater"]), forms.index(r["form"])] = r["rating"]
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement="nominal"))


def test_the_steps_of_the_retraining_are_on_record(seen: dict[str, Any]) -> None:
    [run] = [e["body"] for e in seen["evidence"].values() if e["body"]["kind"] == "retraining_run"]
    assert run["outcome"] == "deployed"
    assert set(run["steps"].values()) == {True}


def test_each_target_on_the_page_shows_the_number_that_comes_out_again(seen: dict[str, Any]) -> None:
    home_page = seen["pages"]["/p/form-reader/"]
    rows = re.findall(
        r'<tr><th scope="row"><a href="/p/form-reader/targets/([^/]+)/">(.*?)</tr>', home_page, re.S
    )
    assert {key for key, _ in rows} == set(seen["verdicts"])
    for key, row in rows:
        verdict = seen["verdicts"][key]
        if verdict["value"] is None:
            assert verdict["evidence"] is None
            continue
        again = seen["evidence"][verdict["evidence"]]["again"]
        bar = float(_data(row)[0])
        for shown in _data(row):
            assert any(_close(float(shown), known) for known in [bar, *again]), (key, shown, again)
        page = seen["pages"][f"/p/form-reader/targets/{key}/"]
        assert f"/p/form-reader/proof/{verdict['evidence']}/" in page
        assert any(_close(float(n), again[0]) for n in _data(page))


def test_each_proof_that_a_page_leads_to_comes_out_again(seen: dict[str, Any]) -> None:
    links = {
        link for url in seen["pages"] for link in re.findall(r"/proof/([0-9a-f]{64})/", seen["pages"][url])
    }
    assert len(links) > 50
    assert links <= set(seen["evidence"])
    for digest in links:
        again = seen["evidence"][digest].get("again")
        if again:
            page = seen["pages"].get(f"/p/form-reader/proof/{digest}/")
            assert page is None or any(_close(float(n), again[0]) for n in _data(page)), digest


def test_each_gate_rests_on_evidence_that_is_there(seen: dict[str, Any]) -> None:
    for gate in seen["gates"]:
        assert set(gate["evidence"]) <= set(seen["evidence"])
    assert seen["gates"][3]["evidence"]


def _data(html: str) -> list[str]:
    return re.findall(r'<data class="n" value="([^"]+)"', html)


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def test_the_log_is_intact(seen: dict[str, Any]) -> None:
    assert seen["verified"] == ""
    assert seen["faults"] == []


# --- the folder, and running it again


def sextant(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = environment(home) | {"SEXTANT_HOME": str(home)}
    command = [sys.executable, "-c", COMMAND, *arguments]
    return subprocess.run(
        command, env=env, cwd=home / "form-reader", capture_output=True, text=True, timeout=300, check=False
    )


def test_the_folder_is_a_project_like_any_other(home: Path, seen: dict[str, Any]) -> None:
    synced = sextant(home, "sync", "--dry-run")
    assert synced.returncode == 0, synced.stderr
    again = sextant(home, "evidence", "recompute", "--all")
    assert again.returncode == 0, again.stdout + again.stderr
    checked = sextant(home, "check")
    assert checked.returncode == 0, checked.stderr
    assert _told(look(home, "--gates")) == _told(seen["gates"])
    assert sextant(home, "gate", "data").returncode == 0
    assert sextant(home, "gate", "maintenance").returncode == 1


def test_a_second_run_finds_it_built(home: Path, seen: dict[str, Any]) -> None:
    assert "built already" in build(home)
    assert _told(look(home, "--gates")) == _told(seen["gates"])


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    first = start(tmp_path / "home")
    try:
        list(_lines(first, 1))
        with start(tmp_path / "home") as second:
            said, _ = second.communicate(timeout=60)
        assert second.returncode == 2
        assert "another demo is being built there" in said
    finally:
        first.kill()
        first.communicate()


def test_what_is_not_a_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "demo.json").write_text("{", encoding="utf-8")
    with start(tmp_path / "home") as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "no record of a demo" in said
    assert (tmp_path / "home" / "demo.json").read_text(encoding="utf-8") == "{"


def test_a_run_that_was_stopped_is_mended(tmp_path: Path, seen: dict[str, Any]) -> None:
    """Killed, and once interrupted as by ctrl-C, in the middle of steps that were drawn; then run to the
    end: the same gates, an intact log, and every number again."""
    home, rng = tmp_path / "home", Random(20260601)
    ends = [signal.SIGKILL, signal.SIGINT, signal.SIGKILL, signal.SIGKILL, signal.SIGKILL]
    for how in ends:
        with start(home) as process:
            list(_lines(process, 3 + rng.randrange(6)))
            _wait(process, rng.random() * 0.8)
            process.send_signal(how)
            process.communicate(timeout=60)
        assert process.returncode == (130 if how is signal.SIGINT else -how)
    said = build(home)
    assert "Taking up after" in said
    mended = look(home, "--no-pages")
    assert _told(mended["gates"]) == _told(seen["gates"])
    assert _told(mended["second"]) == _told(seen["second"])
    assert {k: v["status"] for k, v in mended["verdicts"].items()} == {
        k: v["status"] for k, v in seen["verdicts"].items()
    }
    assert (mended["verified"], mended["faults"]) == ("", [])
    for entry in mended["evidence"].values():
        assert not entry["differences"], entry["body"]["estimand"]


def _wait(process: subprocess.Popen[str], seconds: float) -> None:
    """Let it get into its step; a process that ends meanwhile is no longer there to be stopped."""
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(seconds)


def _lines(process: subprocess.Popen[str], steps: int) -> Iterator[str]:
    """What it prints, until so many steps are done."""
    done = 0
    for line in process.stdout or ():
        yield line
        done += bool(re.match(r"\s*\d+/\d+ ", line))
        if done == steps:
            return
    raise AssertionError("it ended before it was stopped")


def _told(gates: list[dict[str, Any]]) -> list[Any]:
    return [(g["phase"], g["iteration"], g["decision"], g["items"], g["underlying"]) for g in gates]


def test_no_trace_outside(home: Path, said: str) -> None:
    """The demo keeps to its home; keys and anchors lie where the environment says."""
    assert {p.name for p in home.parent.iterdir()} == {home.name, f"{home.name}-elsewhere"}
    assert not os.path.exists(home.parent / ".sextant")
