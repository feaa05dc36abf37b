"""Datasets on the server: versions that were committed, and runs as the real OpenLineage client tells of them."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client

from sextant.criteria import Setting
from sextant.data.documents import Pipeline
from sextant.data.profiling import profile as measured
from sextant.evidence import Producer, Separability, Version
from sextant.reports import Freshness, Likeness, SyntheticReport
from sextant_server.data import drifting, queries
from sextant_server.data.actions import tell_overdue
from sextant_server.data.models import Run
from sextant_server.jobs.kinds import data_freshness
from sextant_server.jobs.models import Job
from sextant_server.projects import actions as projects
from sextant_server.records import actions as records
from sextant_server.records import audit
from sextant_server.records.models import EvidenceRow, SubjectRow
from tests.server.world import DATA_VERSION, LINEAGE, LOCAL, account, client, open_project, write

pytestmark = pytest.mark.django_db
RUN = "0192f2a0-0000-7000-8000-00000000000"


class Asking:
    """A project with a pipeline, and a program with a token of it."""

    def __init__(self) -> None:
        self.project = open_project()
        write(self.project, (Pipeline(dataset="train", owner="data lead", cadence_days=7), "weekly"))
        _, self.secret = projects.make_token(self.project, LOCAL, name="etl", scopes=["evidence"])
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def put(self, number: int, **other: Any) -> Any:
        return self.client.put(
            f"/api/v1/projects/forms/datasets/train/versions/{number}", {**DATA_VERSION, **other},
            content_type="application/json",
        )  # fmt: skip

    def event(self, **other: Any) -> Any:
        return self.client.post("/api/v1/lineage", {**LINEAGE, **other}, content_type="application/json")


@pytest.fixture
def asking() -> Asking:
    return Asking()


def test_a_version_becomes_the_present_one_and_is_in_the_log(asking: Asking) -> None:
    assert asking.put(1).status_code == 200
    subject = SubjectRow.objects.get(project=asking.project, kind="dataset", name="train")
    assert subject.version == "ab" * 6
    assert [d["version"] for d in subject.depends] == ["v1"]
    assert EvidenceRow.objects.get(kind="freshness").topic == "freshness:train"
    # Said again it changes nothing; with another tag only that.
    records = asking.project.records.count()
    assert asking.put(1).status_code == 200 and asking.project.records.count() == records
    assert asking.put(1, tags=["live"], profile=None).json()["tags"] == ["live"]
    one = asking.client.get("/api/v1/projects/forms/datasets/train/versions/1").json()
    assert one["profile"]["rows"] == 100
    assert asking.put(1, digest="cd" * 32).status_code == 409
    assert audit.projections(asking.project) == []
    gone = asking.put(1, tags=["live"], state="erased", gone_on="2026-06-02T00:00:00Z").json()
    assert gone["state"] == "erased" and audit.projections(asking.project) == []
    # What people say of a version is not in the log, so that it can be erased.
    assert not asking.project.records.filter(body__contains="first").exists()


def test_lineage_by_commit_and_by_run(asking: Asking) -> None:
    asking.put(1)
    asking.event()
    found = asking.client.get("/api/v1/projects/forms/datasets/train").json()
    assert {(e["by"], tuple(e["sources"])) for e in found["lineage"]} == {
        ("recipe:clean@r1", ("dataset:raw@v1",)), ("clean", ("raw",)),
    }  # fmt: skip
    assert found["freshness"]["owner"] == "data lead" and found["freshness"]["overdue"]


def test_events_in_any_order_and_twice_are_one_run(asking: Asking) -> None:
    late = {**LINEAGE, "eventTime": "2026-06-01T11:00:00Z", "eventType": "START", "outputs": []}
    for event in (LINEAGE, late, LINEAGE, {**late, "eventType": "RUNNING"}):
        assert asking.event(**event).status_code == 201
    run = Run.objects.get(project=asking.project)
    assert (run.state, run.started_at.hour, run.ended_at.hour) == ("complete", 11, 12)
    assert [d["name"] for d in run.outputs] == ["train"]
    assert EvidenceRow.objects.filter(kind="pipeline_run").count() == 1
    assert EvidenceRow.objects.filter(kind="freshness").count() == 1


def test_a_run_that_failed_refreshes_nothing(asking: Asking) -> None:
    asking.event(eventType="FAIL")
    assert EvidenceRow.objects.get(kind="pipeline_run").record.content["outcome"] == "failed"
    assert not EvidenceRow.objects.filter(kind="freshness").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run": {"runId": "x"}}, "no UUID"),
        ({"eventTime": "yesterday"}, "eventTime"),
        ({"eventType": "DONE"}, "eventType"),
        ({"job": {"name": "a"}}, "namespace"),
        ({"outputs": [{"namespace": "a", "name": "b", "facets": {"version": {"x": 1}}}]}, "datasetVersion"),
        ({"outputs": [{"namespace": "a", "name": "b", "outputFacets": {"outputStatistics": {"rowCount": -1}}}]}, "rowCount"),
        ({"outputs": [{"namespace": "a", "name": "b", "facets": {"own": "text"}}]}, "own"),
        ({"eventTime": "2990-01-01T00:00:00Z"}, "future|lies after"),
    ],
)  # fmt: skip
def test_malformed_events_are_refused(asking: Asking, change: dict[str, Any], said: str) -> None:
    import re

    response = asking.event(**change)
    assert response.status_code == 422 and response["Content-Type"] == "application/problem+json"
    assert re.search(said, response.json()["detail"])
    assert not Run.objects.exists()


def test_unknown_facets_are_kept_and_names_of_people_are_not_proof(asking: Asking) -> None:
    facets = {"ownership": {"owners": [{"name": "ann@example.com"}]}, "x_of_ours": {"a": 1}}
    namespace = "postgres://ann@db.example.com:5432"
    response = asking.event(job={"namespace": namespace, "name": "clean", "facets": facets})
    assert response.status_code == 201
    assert Run.objects.get().facets["job"]["x_of_ours"] == {"a": 1}
    assert not asking.project.records.filter(body__contains="ann@").exists()


def test_a_description_without_a_run_and_a_compressed_body(asking: Asking) -> None:
    described = {k: LINEAGE[k] for k in ("eventTime", "producer", "job")}
    post = asking.client.post("/api/v1/lineage", described, content_type="application/json")
    assert post.json() == {"run": None, "kept": False}
    packed = gzip.compress(json.dumps(LINEAGE).encode())
    headers = {"Content-Encoding": "gzip"}
    url = "/api/v1/lineage"
    assert (
        asking.client.post(url, packed, content_type="application/json", headers=headers).status_code == 201
    )
    assert (
        asking.client.post(url, packed[:-9], content_type="application/json", headers=headers).status_code
        == 422
    )
    bomb = gzip.compress(b" " * 20_000_000)
    assert asking.client.post(url, bomb, content_type="application/json", headers=headers).status_code == 413


def test_overdue_data_is_told_once_each_time(asking: Asking) -> None:
    from sextant_server.people.mail_actions import add_channel

    add_channel(asking.project, LOCAL, name="team", url="https://chat.example.com/hook")
    now = datetime.now(UTC)
    asking.put(1, at=(now - timedelta(days=8)).isoformat())
    data_freshness.look(now)
    assert Job.objects.filter(kind="data.freshness").count() == 1
    assert tell_overdue(asking.project, now) == ["train"] == tell_overdue(asking.project, now)
    [job] = Job.objects.filter(kind="chat.deliver")
    assert "train is overdue" in job.arguments["text"]
    asking.put(2, at=now.isoformat(), parent=1, digest="cd" * 32)
    assert [f.overdue for f in queries.freshness(asking.project, now)] == [False]


def test_the_files_checks_run_once_in_each_cadence(asking: Asking, settings: Any, tmp_path: Any) -> None:
    settings.PROJECT_FOLDER = str(tmp_path)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    data_freshness.run_checks(now)
    assert not Job.objects.filter(kind="checks.run").exists()
    (tmp_path / "sextant.yaml").write_text("project:\n  slug: forms\n  name: Forms\n")
    for ahead in (0, 1, 2):
        data_freshness.run_checks(now + timedelta(hours=ahead))
    assert Job.objects.filter(kind="checks.run").count() == 1
    data_freshness.run_checks(now + timedelta(days=8))
    assert Job.objects.filter(kind="checks.run").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_real_client_over_http(live_server: Any) -> None:
    pytest.importorskip("openlineage.client")
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import output_statistics_output_dataset, sql_job
    from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport

    asking = Asking()
    config = HttpConfig(url=live_server.url, auth=ApiKeyTokenProvider({"apiKey": asking.secret}))
    client = OpenLineageClient(transport=HttpTransport(config))
    job = Job("etl", "clean", {"sql": sql_job.SQLJobFacet(query="select 1")})
    rows = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=42, size=1)
    for hour, state in ((10, RunState.START), (11, RunState.COMPLETE)):
        client.emit(
            RunEvent(
                eventTime=f"2026-06-01T{hour}:00:00Z", eventType=state, run=Run(RUN + "1"), job=job,
                producer="https://example.com/etl", inputs=[InputDataset("lake", "raw/people.csv")],
                outputs=[OutputDataset("lake", "shop.public.train", outputFacets={"outputStatistics": rows})],
            )
        )  # fmt: skip
    run = queries.runs(asking.project, "train")[0]
    assert (run.state, run.job, run.outputs[0]["rows"]) == ("complete", "clean", 42)
    content = EvidenceRow.objects.get(kind="pipeline_run").record.content
    assert (content["rows"], content["inputs"]) == (42, ["raw/people.csv"])


def test_the_pages_say_what_there_is_and_do_not_grow(
    asking: Asking, django_assert_max_num_queries: Any
) -> None:
    browser = client(account("boss", is_superuser=True))
    # Planned, and nothing else known of it yet.
    assert "Not seen yet" in browser.get("/p/forms/data/").content.decode()
    first = browser.get("/p/forms/data/train/").content.decode()
    assert "No version of its rows is kept" in first and "Nobody has looked for faults" in first
    assert browser.get("/p/forms/data/nothing/").status_code == 404
    assert browser.get("/p/forms/data/train/versions/1/").status_code == 404
    asking.event()
    asking.event(eventType="FAIL", run={"runId": RUN + "7"}, eventTime="2026-06-02T12:00:00Z")
    profile = measured(pa.table({"x": list(range(90)), "name": ["<b>a</b>", "b", None] * 30})).plain()
    for number in range(1, 12):
        digest = f"{number:02x}" * 32
        asking.put(
            number, digest=digest, parent=number - 1 or None, message="<b>new</b>", profile=profile,
            columns=[["x", "int64"], ["name", "string"]],
        )  # fmt: skip
    with django_assert_max_num_queries(30):
        text = browser.get("/p/forms/data/train/").content.decode()
    assert "Overdue" in text and "0b" * 6 in text and "&lt;b&gt;new" in text and "dataset:raw@v1" in text
    assert "The job clean did not run to its end" in text and 'class="spark"' in text
    with django_assert_max_num_queries(30):
        assert "Overdue" in browser.get("/p/forms/data/").content.decode()
    version = browser.get("/p/forms/data/train/versions/3/").content.decode()
    assert "Version 2</a>" in version and "Version 4</a>" in version and "33.3 %" in version


def test_a_profile_that_cannot_be_read_is_refused(asking: Asking) -> None:
    for bad, said in (({"rows": 1}, "no profile"), ({"format": 9, "columns": []}, "format 9")):
        response = asking.put(1, profile=bad)
        assert response.status_code == 422 and said in response.json()["detail"]


def test_a_freshness_check_says_when_it_came(asking: Asking) -> None:
    when = datetime.now(UTC) - timedelta(days=2)
    fresh = Freshness(
        data=Version.of("dataset", "train", "v1"), last_refreshed_at=when, cadence_days=7, estimand="when it came",
        setting=Setting.MONITORING, at=datetime.now(UTC), producer=Producer(name="test"),
    )  # fmt: skip
    records.add_evidence(asking.project, LOCAL, [fresh])
    [found] = queries.freshness(asking.project, datetime.now(UTC))
    assert found.last == when and not found.overdue


def _days(asking: Asking, count: int, *, moved_from: int, rows: int = 400) -> None:
    """Days up to today; the values of x are moved by half their range from day `moved_from` on."""
    for i in range(count):
        values = [n % 100 + 50 * (i >= moved_from) for n in range(rows)]
        found = measured(pa.table({"x": values, "city": ["Oslo", "Bergen"] * (rows // 2)})).plain()
        day = datetime.now(UTC).date() - timedelta(days=count - 1 - i)
        answer = asking.client.put(
            f"/api/v1/projects/forms/datasets/train/days/{day}",
            {"profile": found},
            content_type="application/json",
        )
        assert answer.status_code == 200, answer.content


def test_days_drift_from_the_first_ones_and_from_a_version(
    asking: Asking, django_assert_max_num_queries: Any
) -> None:
    browser = client(account("boss", is_superuser=True))
    assert "sextant data days train" in browser.get("/p/forms/data/train/drift/").content.decode()
    _days(asking, 5, moved_from=5)
    # Five days, and nothing to compare them with.
    assert "Nothing to compare with yet" in browser.get("/p/forms/data/train/drift/").content.decode()
    _days(asking, 12, moved_from=10)
    text = browser.get("/p/forms/data/train/drift/").content.decode()
    assert "its own first 7 days" in text and text.count('class="l4 drifted"') == 2
    # The day's city did not move: steady on all twelve days.
    assert text.count("l0 steady") >= 12
    today = datetime.now(UTC).date()
    cell = browser.get(f"/p/forms/data/train/drift/{today}/?feature=x").content.decode()
    assert "Drifted" in cell and 'path class="then"' in cell and 'path class="now"' in cell
    said = browser.get(f"/p/forms/data/train/drift/{today}/?feature=city").content.decode()
    assert "Steady" in said and "Oslo" in said
    # Against a version in which x was moved already, the earlier days are the odd ones.
    moved = measured(pa.table({"x": [n % 100 + 50 for n in range(900)]})).plain()
    asking.put(1, profile=moved, columns=[["x", "int64"]], rows=900)
    with django_assert_max_num_queries(60):
        text = browser.get("/p/forms/data/train/drift/?against=train@1").content.decode()
    assert text.count('class="l4 drifted"') == 10
    for odd in ("?against=train@9", "?against=nothing", "?against=train@" + "9" * 30):
        assert browser.get(f"/p/forms/data/train/drift/{odd}").status_code == 404
    for odd in (
        "2026-13-01/?feature=x",
        "yesterday/?feature=x",
        f"{today}/?feature=y",
        "1999-01-01/?feature=x",
    ):
        assert browser.get(f"/p/forms/data/train/drift/{odd}").status_code == 404
    assert audit.projections(asking.project) == []


def test_a_day_is_replaced_and_what_no_day_can_be_is_refused(asking: Asking) -> None:
    _days(asking, 1, moved_from=1)
    _days(asking, 1, moved_from=0)
    [day] = asking.client.get("/api/v1/projects/forms/datasets/train/days").json()["days"]
    assert day["rows"] == 400
    one = asking.client.get(f"/api/v1/projects/forms/datasets/train/days/{day['day']}").json()
    assert one["profile"]["columns"][0]["numbers"]["maximum"] == 149
    # The text is not in the log, so that it can be erased.
    assert not asking.project.records.filter(body__contains="Bergen").exists()
    for when in ("2990-01-01", "1066-10-14"):
        answer = asking.client.put(
            f"/api/v1/projects/forms/datasets/train/days/{when}", {"profile": one["profile"]},
            content_type="application/json",
        )  # fmt: skip
        assert answer.status_code == 422 and "between 1970 and today" in answer.json()["detail"]


def test_what_differs_between_two_versions(asking: Asking) -> None:
    browser = client(account("boss", is_superuser=True))
    old = measured(pa.table({"x": list(range(100)), "city": ["Oslo"] * 100})).plain()
    new = measured(pa.table({"x": list(range(50, 150)), "city": ["Oslo", "Bergen"] * 50})).plain()
    asking.put(1, profile=old, columns=[["x", "int64"], ["city", "string"], ["gone", "string"]])
    changes = {
        "against": 1,
        "key": "x",
        "added": 50,
        "removed": 50,
        "changed": 25,
        "same": 25,
        "cells": {"city": 25},
    }
    kinds = [["x", "double"], ["city", "string"], ["new", "bool"]]
    answer = asking.put(2, digest="cd" * 32, parent=1, profile=new, columns=kinds, changes=changes)
    assert answer.json()["changes"] == changes
    text = browser.get("/p/forms/data/train/diff/1/2/").content.decode()
    for said in (
        "new is new",
        "gone is gone",
        "int64 became double",
        "the same x, other values",
        "Bergen",
        ">50 %<",
    ):
        assert said in text, said
    # Backwards nobody has compared rows; profiles tell all the same.
    text = browser.get("/p/forms/data/train/diff/2/1/").content.decode()
    assert "sextant data diff train 2 1" in text and "new is gone" in text
    assert browser.get("/p/forms/data/train/diff/1/9/").status_code == 404
    assert audit.projections(asking.project) == []


def test_a_project_that_counts_versions_goes_on_counting(asking: Asking) -> None:
    records.put_subject(asking.project, LOCAL, Version.parse("dataset:train@v1"))
    asking.put(1)
    asking.put(2, digest="cd" * 32, parent=1)
    assert SubjectRow.objects.get(kind="dataset", name="train").version == "v2"


def test_whole_numbers_that_name_rows_are_no_feature() -> None:
    rows = 600
    found = measured(
        pa.table(
            {
                "id": range(rows),
                "cents": [n % 100 for n in range(rows)],
                "share": [n / 7 for n in range(rows)],
            }
        )
    )
    assert [drifting.names_rows(column) for column in found.columns] == [True, False, False]
    assert not drifting.names_rows(measured(pa.table({"id": range(100)}))["id"])


def test_what_is_synthetic_and_what_a_classifier_tells_apart_stand_on_the_pages(asking: Asking) -> None:
    common: dict[str, Any] = {
        "setting": Setting.OFFLINE, "at": datetime.now(UTC), "producer": Producer(name="check"),
        "data": Version.parse("dataset:train@v2"),
    }  # fmt: skip
    point = Likeness(title="Copies", answer="unmet", said="3 rows equal a real one.")
    real = Version.parse("dataset:real@v1")
    report = SyntheticReport(**common, estimand="likeness", real=real, rows=50, real_rows=60, points=(point,))
    told = Separability.of(
        **common, estimand="told apart", unit="share", reference=real, area=0.8, error=0.02, reference_held=300,
        current_held=300, depends=(real,),
    )  # fmt: skip
    records.add_evidence(asking.project, LOCAL, [report, told])
    browser = client(account("boss", is_superuser=True))
    home = browser.get("/p/forms/data/train/").content.decode()
    assert "How like real rows it is" in home and "3 rows equal a real one." in home
    page = browser.get("/p/forms/data/train/drift/").content.decode()
    assert "all columns together" in page and "50 % is chance" in page and "80 %" in page
    assert "which is which" in browser.get(f"/p/forms/proof/{told.digest()}/").content.decode()
