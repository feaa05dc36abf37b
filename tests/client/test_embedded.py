"""The server inside this process: which data home it works on, and what only its owner may do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sextant.errors import Conflict, NotFound
from sextant.evidence import Version
from sextant.problem.documents import Brief
from sextant_client import Project, connect
from sextant_client.embedded import find_home
from tests.serving import home_environment


@pytest.fixture
def mine(db: None) -> Iterator[Project]:
    with connect() as client:
        yield client.create_project("forms", "Forms")


def test_the_nearest_data_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.delenv("SEXTANT_HOME")
    monkeypatch.chdir(inner)
    assert find_home() is None or not find_home().is_relative_to(tmp_path)  # type: ignore[union-attr]
    (tmp_path / ".sextant").mkdir()
    assert find_home() == tmp_path / ".sextant"
    (tmp_path / "a" / ".sextant").mkdir()
    assert find_home() == tmp_path / "a" / ".sextant"
    monkeypatch.setenv("SEXTANT_HOME", str(tmp_path / "given"))
    assert find_home() == tmp_path / "given"


def test_one_process_works_on_one_home(tmp_path: Path, db: None) -> None:
    with pytest.raises(Conflict, match="one process works on one data home"):
        connect(home=tmp_path / "another")


def test_a_missing_home_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no Sextant in .*Run `sextant init`"):
        connect(home=tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists()


def test_only_the_owner_opens_projects_decides_and_signs(mine: Project) -> None:
    until = datetime.now(UTC).date() + timedelta(days=30)
    waived = mine.waive("2f", reason="comes next week", until=until, by="Ann")
    assert (waived.type, waived.by, waived.until) == ("waiver", "Ann", until)
    mine.not_applicable("2c", reason="no labels needed", by="Ann")
    statuses = {i.item.key: i.status.value for i in mine.gate("data").items}
    assert (statuses["2f"], statuses["2c"]) == ("waived", "not_applicable")
    assert mine.end_exemption("2f", outcome="it came").withdrawn
    assert [e.target for e in mine.exemptions() if not e.withdrawn] == ["2c"]
    mine.put_document(Brief(problem="Forms are read by hand."))
    signature = mine.sign("brief", role="sponsor", person="Ann")
    assert (signature.person, signature.digest) == ("Ann", mine.signable()["brief"])
    with pytest.raises(Conflict, match="block this gate"):
        mine.decide("problem", "pass", by="Ann")
    held = mine.decide("problem", "hold", note="more proof", by="Ann")
    assert held.decision.by == "Ann"
    assert held.anchor
    assert held.anchor.genuine()
    assert mine.decisions() == [held]
    assert mine.gate("problem").decision == held.decision


def test_going_back_says_what_must_be_run_again(mine: Project) -> None:
    mine.put_subject(Version.parse("dataset:test@v1"))
    assert mine.would_go_stale("data") == []
    assert mine.go_back("data", "rows were read twice", subjects=["dataset:test"], by="Ann") == []
    assert mine.gate("data").iteration == 2
    assert [s.reopened for s in mine.subjects()] == ["rows were read twice"]
    with pytest.raises(NotFound, match="has no dataset:train"):
        mine.go_back("data", "again", subjects=["dataset:train"])


def test_regulated_rigor_asks_for_a_second_person(db: None) -> None:
    with connect() as client:
        project = client.create_project(
            "bank", "Bank", rigor="regulated", opened_at_phase="data", budget=10.5
        )
        assert (project.info.budget, project.gate("problem").assessed) == (10.5, False)
        project.not_applicable("2c", reason="no labels needed", by="Ann")
        with pytest.raises(Exception, match="you asked for it yourself"):
            project.approve("2c")


def test_tokens_are_made_and_ended(mine: Project) -> None:
    made = mine.create_token("ci", ["evidence"], days=30)
    assert made.secret.startswith("sxt_")
    assert made.secret not in repr(made)
    [listed] = mine.tokens()
    assert (listed.id, listed.secret, listed.scopes) == (made.id, "", ("evidence",))
    mine.revoke_token(made.id)
    assert mine.tokens()[0].revoked_at


def test_a_closed_client_leaves_no_connection(tmp_path: Path) -> None:
    """In a process of its own: threads that used the client, then the client, then nothing is open."""
    script = """
import json, threading
from sextant_client import connect
client = connect()
project = client.create_project("forms", "Forms")
from django.db.backends.base.base import BaseDatabaseWrapper as Base
opened, closed = [], []
connect_, close_ = Base.connect, Base._close
Base.connect = lambda self: (opened.append(1), connect_(self))[1]
Base._close = lambda self: (closed.append(1) if self.connection is not None else None, close_(self))[1]
def work():
    project.gates(); list(project.log()); next(project.log())
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
in_threads = [len(opened), len(closed)]
client.close()
print(json.dumps([in_threads, len(closed) - len(opened)]))
"""
    env = home_environment(tmp_path)
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    in_threads, more = json.loads(done.stdout)
    assert in_threads[0] > 0
    assert in_threads[0] == in_threads[1]
    # The one more is this process's own first connection, which was open before the counting began.
    assert more == 1
