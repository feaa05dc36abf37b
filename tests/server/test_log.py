"""The log in real databases: many writers, none lost, no fork; whatever is changed behind its back is found."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from sextant.chain import read_anchors, verify
from sextant.criteria import Criterion
from sextant.errors import Conflict, InvalidInput
from sextant.evidence import Proportion, Version
from tests.databases import make_database, run_python, start_python

WRITERS, EACH = 16, 5

WRITE = """
import sys
from sextant.evidence import Count
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.actions import add_evidence
project = Project.objects.get(slug="p")
sys.stdin.readline()
for n in range({each}):
    made = Count(criterion="posts", unit="posts", setting="review", estimand=f"writer {writer} number {{n}}",
        at="2026-01-01T00:00:00Z", producer={{"name": "test"}}, value=n)
    [(row, new)] = add_evidence(project, Caller(local=True), [made])
    assert new
    print(row.digest)
"""


def criterion(key: str = "posts", **fields: Any) -> Criterion:
    usual = {
        "name": key, "family": "business", "metric": key, "unit": "posts", "direction": "at_least", "threshold": 1,
    }  # fmt: skip
    return Criterion.model_validate({"key": key, **usual, **fields})


def share(successes: int = 9, **fields: Any) -> Proportion:
    usual = {
        "criterion": "accuracy", "unit": "share", "setting": "offline", "estimand": "share", "trials": 10,
        "at": datetime(2026, 1, 1, tzinfo=UTC), "producer": {"name": "test"},
    }  # fmt: skip
    return Proportion.of(successes=successes, **{**usual, **fields})


@pytest.fixture
def project(both_databases: str) -> Any:
    from sextant_server.projects.actions import create_project
    from sextant_server.projects.permissions import Caller
    from sextant_server.records.actions import put_criteria

    made = create_project(Caller(local=True), slug="p", name="P")
    put_criteria(
        made,
        Caller(local=True),
        [criterion(), criterion("accuracy", family="ml", unit="share", threshold=0.5)],
    )
    return made


@pytest.fixture
def me() -> Any:
    from sextant_server.projects.permissions import Caller

    return Caller(local=True)


def test_sixteen_writers_at_once_none_lost_no_fork(project: Any, both_databases: str) -> None:
    from sextant_server.records import audit
    from sextant_server.records.models import EvidenceRow

    writers = [
        start_python(WRITE.format(each=EACH, writer=n), {"DATABASE_URL": both_databases})
        for n in range(WRITERS)
    ]
    with ThreadPoolExecutor(WRITERS) as pool:
        # All have started before any writes: each waits for its line.
        done = list(pool.map(lambda p: p.communicate("go\n", timeout=300), writers))
    assert [p.returncode for p in writers] == [0] * WRITERS, done
    acknowledged = {line for out, _ in done for line in out.split()}
    assert len(acknowledged) == WRITERS * EACH
    assert set(EvidenceRow.objects.values_list("digest", flat=True)) == acknowledged
    found = audit.check(project)
    assert found.intact and found.records >= WRITERS * EACH
    assert audit.projections(project) == []


def test_evidence_is_stored_once_and_all_or_none(project: Any, me: Any) -> None:
    from sextant_server.records.actions import add_evidence
    from sextant_server.records.models import EvidenceRow, Head

    [(row, new)] = add_evidence(project, me, [share()])
    [(again, newer)] = add_evidence(project, me, [share()])
    assert (new, newer) == (True, False) and row.pk == again.pk
    before = Head.objects.get(project=project).sequence
    with pytest.raises(InvalidInput, match="no criterion 'recall'"):
        add_evidence(project, me, [share(8), share(7, criterion="recall")])
    assert EvidenceRow.objects.count() == 1 and Head.objects.get(project=project).sequence == before


def test_a_kill_in_mid_write_leaves_all_or_nothing(project: Any, both_databases: str) -> None:
    """The process ends itself at a random moment between the statements of one transaction."""
    from sextant_server.records import audit
    from sextant_server.records.models import EvidenceRow

    code = """
import os, random
from django.db import connection
from sextant.evidence import Count
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.actions import add_evidence
project = Project.objects.get(slug="p")
left = {moment}
def stop(execute, sql, params, many, context):
    global left
    done = execute(sql, params, many, context)
    left -= 1
    if left == 0:
        os._exit(9)
    return done
made = [Count(criterion="posts", unit="posts", setting="review", estimand=f"{moment}-{{n}}", at="2026-01-01T00:00:00Z",
    producer={{"name": "t"}}, value=n) for n in range(20)]
with connection.execute_wrapper(stop):
    add_evidence(project, Caller(local=True), made)
os._exit(0)
"""

    counts = set()
    for moment in (2, 4, 6, 8, 30):
        process = start_python(code.format(moment=moment), {"DATABASE_URL": both_databases})
        process.communicate(timeout=60)
        counts.add(
            (process.returncode, EvidenceRow.objects.filter(record__body__contains=f'"{moment}-').count())
        )
    assert counts <= {(9, 0), (9, 20), (0, 20)}, counts
    assert (9, 0) in counts
    assert audit.check(project).intact and audit.projections(project) == []


def test_what_was_changed_behind_the_logs_back_is_found(project: Any, me: Any) -> None:
    from sextant_server.records import audit
    from sextant_server.records.actions import add_evidence, put_subject
    from sextant_server.records.models import CriterionRow, Record

    put_subject(project, me, Version.parse("dataset:test@v1"))
    [(row, _)] = add_evidence(project, me, [share()])
    CriterionRow.objects.filter(project=project, key="posts").update(
        body=json.dumps({**json.loads(CriterionRow.objects.get(key="posts").body), "threshold": 0})
    )
    [fault] = audit.projections(project)
    assert "criterionrow" in fault["detail"]
    Record.objects.filter(pk=row.record_id).update(
        body=row.record.body.replace('"successes":9', '"successes":10')
    )
    found = audit.check(project)
    assert found.fault is not None and found.fault.sequence == row.record.sequence


@pytest.mark.parametrize(
    "changed",
    [
        {"rigor": "light"}, {"simulated": True}, {"opened_at_phase": "maintenance"}, {"candidate": "model:m@2"},
        {"in_service": "model:m@2"}, {"exposed_at": None}, {"blocker_days": 99},
    ],
)  # fmt: skip
def test_a_projects_settings_are_held_against_the_log(project: Any, me: Any, changed: dict[str, Any]) -> None:
    from sextant_server.projects.actions import change_project
    from sextant_server.projects.models import Project
    from sextant_server.records import audit

    change_project(
        project, me, rigor="regulated", exposed_at=datetime(2026, 1, 1, tzinfo=UTC), candidate="m@1"
    )
    assert audit.projections(project) == []
    Project.objects.filter(pk=project.pk).update(**changed)
    [fault] = audit.projections(project)
    assert next(iter(changed)) in fault["detail"]


def test_a_pointer_that_was_taken_out_is_found(project: Any, me: Any) -> None:
    from sextant_server.records import audit
    from sextant_server.records.actions import add_evidence
    from sextant_server.records.models import Latest

    add_evidence(project, me, [share()])
    Latest.objects.filter(project=project).delete()
    [fault] = audit.projections(project)
    assert "pointer of criterion:accuracy:offline to record" in fault["detail"]


def test_nan_and_inf_survive_the_database(project: Any, me: Any) -> None:
    from sextant_server.records.actions import add_evidence
    from sextant_server.records.queries import find_evidence, read

    undefined = share(0, trials=0)
    [(row, _)] = add_evidence(project, me, [undefined])
    back = read(find_evidence(project, row.digest))
    assert isinstance(back, Proportion) and back.value != back.value
    assert back.digest() == row.digest


def test_a_gate_decision_is_anchored_outside_the_database(project: Any, me: Any) -> None:
    from sextant_server.lifecycle.actions import decide
    from sextant_server.records import anchors, audit
    from sextant_server.records.actions import add_evidence
    from sextant_server.records.models import Head

    with pytest.raises(Conflict, match="block"):
        decide(project, me, "problem", "pass", by="Ada")
    row = decide(project, me, "problem", "hold", note="more talks", by="Ada")
    [kept] = read_anchors(anchors.anchors_file(project))
    assert kept.genuine() and kept.head == row.anchor["head"] == Head.objects.get(project=project).digest
    add_evidence(project, me, [share()])
    assert audit.check(project).anchors_checked == 1
    # Whoever owns the database cuts the end off and mends the head: only the anchor tells.
    records = list(audit.stream(project))[: kept.sequence - 1]
    found = verify(str(project.uid), records, [kept])
    assert found.fault is not None and found.fault.what == "cut_off"


def test_the_latest_speaks_and_pages_read_no_history(project: Any, me: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from sextant_server.projects.actions import change_project
    from sextant_server.records.actions import add_evidence
    from sextant_server.records.models import Latest
    from sextant_server.records.queries import project_state

    change_project(project, me, candidate="reader@m1")
    versions = [Version.parse(f"model:reader@m{n}") for n in range(30)]
    add_evidence(project, me, [share(n % 10, model=v) for n, v in enumerate(versions)])
    add_evidence(
        project,
        me,
        [share(3, model=versions[1], at=datetime(2026, 2, 1, tzinfo=UTC), note=str(n)) for n in range(40)],
    )
    add_evidence(project, me, [share(1, model=versions[1], at=datetime(2025, 1, 1, tzinfo=UTC))])
    with CaptureQueriesContext(connection) as asked:
        state = project_state(project)
    assert len(asked) <= 11
    verdict = state.verdict("accuracy")
    assert verdict.value == 0.3 and verdict.at == datetime(2026, 2, 1, tzinfo=UTC)
    assert sum(len(v) for v in state.evidence.values()) <= 2 < Latest.objects.count()


def test_a_full_disk_stores_nothing_and_says_so(tmp_path: Any) -> None:
    """The database may not grow by one more page, as on a full disk."""
    url = make_database("sqlite", tmp_path)
    code = """
import json
from django.db import connection
from django.test import Client
from sextant_server.projects.actions import create_project
from sextant_server.projects.permissions import Caller, EMBEDDED
from sextant_server.records import audit
from sextant_server.records.actions import put_criteria
from sextant_server.records.models import EvidenceRow, Head
from sextant.criteria import Criterion
me = Caller(local=True)
project = create_project(me, slug="p", name="P")
put_criteria(project, me, [Criterion(key="posts", name="P", family="business", metric="posts", unit="posts",
    direction="at_least", threshold=1)])
before = Head.objects.get().sequence
with connection.cursor() as cursor:
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cursor.execute("PRAGMA page_count")
    pages = cursor.fetchone()[0]
    cursor.execute(f"PRAGMA max_page_count = {pages}")
body = [{"kind": "count", "criterion": "posts", "unit": "posts", "setting": "review", "estimand": f"posts {n} " + "x" * 3000,
    "at": "2026-01-01T00:00:00Z", "producer": {"name": "t"}, "value": n} for n in range(200)]
answer = Client().post("/api/v1/projects/p/evidence", json.dumps(body), content_type="application/json",
    SERVER_NAME="localhost", **{"sextant.embedded": EMBEDDED})
print(json.dumps({"status": answer.status_code, "detail": answer.json().get("detail"), "stored": EvidenceRow.objects.count(),
    "moved": Head.objects.get().sequence - before, "intact": audit.check(project).intact}))
"""
    said = json.loads(
        run_python(code, {"DATABASE_URL": url, "SEXTANT_LOG_LEVEL": "CRITICAL"}).splitlines()[-1]
    )
    assert said["status"] == 503 and "full" in said["detail"] and "make room" in said["detail"].lower(), said
    assert (said["stored"], said["moved"], said["intact"]) == (0, 0, True)


@pytest.mark.parametrize("table", ["signature", "criterion", "evidence", "latest"])
def test_what_was_taken_out_of_the_tables_is_found(project: Any, me: Any, table: str) -> None:
    from sextant_server.records import audit
    from sextant_server.records.actions import add_evidence, sign
    from sextant_server.records.models import CriterionRow, EvidenceRow, Latest, SignatureRow
    from sextant_server.records.queries import signable

    sign(project, me, subject="goals", digest=signable(project)["goals"], person="Ada", role="Sponsor")
    [(old, _), (new, _)] = add_evidence(
        project,
        me,
        [share(9, at=datetime(2026, 1, 1, tzinfo=UTC)), share(1, at=datetime(2026, 2, 1, tzinfo=UTC))],
    )
    assert audit.projections(project) == []
    if table == "latest":
        Latest.objects.filter(project=project).update(evidence=old)
    elif table == "evidence":
        EvidenceRow.objects.filter(pk=new.pk).delete()
    else:
        {"signature": SignatureRow, "criterion": CriterionRow}[table].objects.filter(project=project).delete()
    faults = audit.projections(project)
    assert faults and any("gone" in f["detail"] or "newest" in f["detail"] for f in faults), faults
