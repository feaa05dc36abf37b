"""Rounds on a real Label Studio: pushed, labeled there by several people, pulled, again and again.

The server takes a minute to start: once for this file, which one worker owns. Each test makes a round of its own there.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from benchmarks.harness import peer_folder
from sextant.data.guidelines import Guideline, LabelValue
from sextant.errors import Conflict, Unavailable
from sextant_client import Project, connect
from sextant_client.label_studio import pull, push
from sextant_integrations.label_studio.client import LabelStudio
from sextant_integrations.label_studio.outgoing import ANSWER, ITEM, REMARK, result
from sextant_integrations.label_studio.settings import TOKEN, URL, Settings
from sextant_server.labeling import queries
from sextant_server.labeling.models import Dealt, Item, Rater, Round
from sextant_server.projects.models import Project as Row
from sextant_server.records import audit
from tests.cli.conftest import Shell, mine
from tests.peers import programs, serving
from tests.server.labeling.making import invite, make_round, truth
from tests.serving import free_port

__all__ = ["mine"]
pytestmark = pytest.mark.django_db
#: Of the owner there, as the server is told when it starts.
SECRET = "5ec2e7" * 6 + "abcd"


class Studio(LabelStudio):
    """Label Studio with what people do there, by the number of who does it."""

    ask: Any = LabelStudio._ask

    def annotate(
        self, task: int, who: int, answer: dict[str, Any] | None, by: Guideline, *, kind: str = "text", **more: Any
    ) -> int:  # fmt: skip
        parts = [] if answer is None else result(answer, by, kind, more.pop("text", ""))
        if note := more.pop("note", ""):
            about = {"from_name": REMARK, "to_name": parts[0]["to_name"], "type": "textarea"}
            parts.append({**about, "value": {"text": [note]}})
        body = {
            "result": parts,
            "completed_by": who,
            "was_cancelled": answer is None,
            "lead_time": 3.5,
            **more,
        }
        return int(self.ask("POST", f"/api/tasks/{task}/annotations/", body=body)["id"])

    def change(self, number: int, **fields: Any) -> None:
        self.ask("PATCH", f"/api/annotations/{number}/", body=fields)

    def delete(self, path: str) -> None:
        self.ask("DELETE", path)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Label Studio of its own, with an owner."""
    program, folder, port = (
        programs("labelstudio") / "label-studio",
        tmp_path_factory.mktemp("studio"),
        free_port(),
    )
    env = {
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true", "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LATEST_VERSION_CHECK": "false", "COLLECT_ANALYTICS": "false", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "",
    }  # fmt: skip
    command = [
        program, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port), "--data-dir", folder,
        "--username", "owner@example.org", "--password", "a-long-password", "--user-token", SECRET,
    ]  # fmt: skip
    # Its tables take most of the minute. They are kept beside the program, which is made anew when its lock changes.
    kept, own = peer_folder("labelstudio") / "fresh.sqlite3", folder / "label_studio.sqlite3"
    if kept.exists():
        shutil.copy(kept, own)
    with serving(command, f"http://127.0.0.1:{port}", env=env, folder=folder, alive="/health") as url:
        if not kept.exists():
            with (
                closing(sqlite3.connect(own)) as made,
                closing(sqlite3.connect(kept.with_suffix(".part"))) as copy,
            ):
                made.backup(copy)
            kept.with_suffix(".part").replace(kept)
        yield url


@pytest.fixture(scope="module")
def people(address: str) -> dict[str, int]:
    """Who labels there."""
    with Studio(Settings(address, SECRET)) as studio:
        return {
            name: studio.ask(
                "POST", "/api/users/",
                body={"email": f"{name}@example.org", "username": name, "first_name": name.title(), "last_name": "Example",
                      "password": f"{name}-password"},
            )["id"]
            for name in ("ann", "bob", "cy")
        }  # fmt: skip


@pytest.fixture
def studio(address: str) -> Iterator[Studio]:
    with Studio(Settings(address, SECRET)) as opened:
        yield opened


@pytest.fixture
def shell(mine: Shell, address: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv(URL, address)
    monkeypatch.setenv(TOKEN, SECRET)
    return mine


@pytest.fixture
def project(shell: Shell) -> Iterator[Project]:
    with connect() as client:
        yield client.project(shell.slug)


def begun(**settings: Any) -> Round:
    """A round here, open."""
    return make_round(Row.objects.get(slug="forms"), **settings)


def tasks_of(studio: Studio, number: int) -> dict[str, dict[str, Any]]:
    return {t["data"][ITEM]: t for t in studio.tasks(number)}


def labels(row: Round) -> dict[tuple[str, str], str]:
    """What counts: by item and labeler."""
    rows = Dealt.objects.filter(round=row, state="labeled", void=False).select_related("item", "rater")
    return {(d.item.key, d.rater.email.lower()): str((d.answer or {}).get("value")) for d in rows}


def holds(row: Round) -> None:
    """What is true after every pull: the counts of items and people are those of the answers."""
    for item in Item.objects.filter(round=row, is_gold=False):
        assert item.given == item.dealt.filter(state="labeled", void=False).count(), item.key
    for rater in row.raters.all():
        counted = rater.deals.filter(state="labeled").exclude(why_void="deleted")
        known = [d for d in counted.select_related("item") if d.item.is_gold]
        assert rater.given == counted.count()
        assert rater.skipped == rater.deals.filter(state="skipped").count()
        assert (rater.gold_seen, rater.gold_right) == (
            len(known),
            sum(d.answer == d.item.gold for d in known),
        )
    assert audit.projections(row.project) == []


def test_a_round_goes_there_and_its_labels_come_back_once(
    shell: Shell, project: Project, studio: Studio, people: dict[str, int]
) -> None:
    row = begun(many=4, gold=2, gold_least=5)
    known = invite(row, "Ann of this round")
    Rater.objects.filter(pk=known.pk).update(email="ANN@example.org")
    made = shell("labels", "push", "first", "--format", "json").json
    assert (made["made"], made["sent"], made["there"]) == (True, 6, 0)
    again = shell("labels", "push", "first", "--format", "json").json
    assert (again["made"], again["sent"], again["there"], again["number"]) == (False, 0, 6, made["number"])
    there = studio.project(made["number"])
    assert 'Choice value="spam" hint="It sells what nobody asked for."' in there["label_config"]
    assert "You have won." in there["expert_instruction"]
    tasks = tasks_of(studio, made["number"])
    # Known items are there as the others are, and nothing tells them apart.
    assert {key: set(t["data"]) for key, t in tasks.items()} == {f"m{n}": {ITEM, "text"} for n in range(1, 7)}
    assert not any(t["annotations"] or t["predictions"] for t in tasks.values())
    by = Guideline.model_validate(project.round_link("first")["guideline"])
    numbers: dict[tuple[str, str], int] = {}
    for key, task in tasks.items():
        for name in ("ann", "bob"):
            said = {"value": truth(task["data"]["text"]) if name == "ann" else "spam"}
            numbers[key, name] = studio.annotate(
                task["id"], people[name], said, by, note="clear" if name == "ann" else ""
            )
    skipped = studio.annotate(tasks["m1"]["id"], people["cy"], None, by)
    found = shell("labels", "pull", "first", "--format", "json").json
    assert (found["new"], found["labels"], found["skips"], found["refused"]) == (13, 12, 1, [])
    # Who is known by their address is one labeler here, whoever is not is one of their own.
    raters = {r.email.lower(): r for r in row.raters.all()}
    assert set(raters) == {"ann@example.org", "bob@example.org", "cy@example.org"}
    assert raters["ann@example.org"].pk == known.pk
    assert raters["cy@example.org"].skipped == 1
    assert labels(row)["m2", "bob@example.org"] == "spam"
    deal = Dealt.objects.get(item__key="m3", rater=known)
    assert (deal.seconds, deal.note) == (3.5, "clear")
    assert (raters["bob@example.org"].gold_seen, raters["bob@example.org"].gold_right) == (2, 1)
    holds(row)
    same = shell("labels", "pull", "first", "--format", "json").json
    assert (same["new"], same["changed"], same["deleted"], same["same"]) == (0, 0, 0, 13)
    # Changed, deleted, marked as ground truth.
    studio.change(numbers["m1", "bob"], result=result({"value": "ham"}, by, "text"))
    studio.delete(f"/api/annotations/{numbers['m2', 'bob']}/")
    studio.delete(f"/api/annotations/{skipped}/")
    studio.change(numbers["m4", "ann"], ground_truth=True)
    told = shell("labels", "pull", "first").out
    assert "0 annotations are new, 2 changed, 2 were deleted, 9 are as they were" in told
    assert "1 labels, 0 skips, 1 known answers" in told
    assert labels(row)["m1", "bob@example.org"] == "ham"
    assert ("m2", "bob@example.org") not in labels(row)
    item = Item.objects.get(round=row, key="m4")
    assert (item.is_gold, item.gold) == (True, {"value": "spam"})
    assert row.raters.get(email="bob@example.org").gold_seen == 3
    holds(row)
    studio.change(numbers["m4", "ann"], ground_truth=False)
    pull(project, "first", studio)
    assert labels(row)["m4", "ann@example.org"] == "spam"
    assert not Item.objects.get(round=row, key="m4").is_gold
    holds(row)
    states = [one["state"] for one in project.link_annotations("first")]
    assert (states.count("label"), states.count("deleted")) == (11, 2)
    assert SECRET not in "".join(r.body for r in row.project.records.all())


def test_a_labelers_second_does_not_count_and_what_fits_no_answer_is_named(
    shell: Shell, project: Project, studio: Studio, people: dict[str, int]
) -> None:
    row = begun(many=3)
    made = push(project, "first", studio)
    by = Guideline.model_validate(project.round_link("first")["guideline"])
    tasks = tasks_of(studio, made.number)
    first = studio.annotate(tasks["m1"]["id"], people["ann"], {"value": "spam"}, by)
    later = studio.annotate(tasks["m1"]["id"], people["ann"], {"value": "ham"}, by)
    studio.annotate(tasks["m2"]["id"], people["ann"], {"value": "unheard of"}, by)
    empty = studio.annotate(tasks["m3"]["id"], people["ann"], {"values": []}, by)
    [strange] = studio.add_tasks(made.number, [{"data": {"text": "somebody's own"}}])
    studio.annotate(strange, people["ann"], {"value": "spam"}, by)
    found = shell("labels", "pull", "first", "--format", "json", code=1).json
    assert (found["labels"], found["seconds"]) == (1, 1)
    assert labels(row) == {("m1", "ann@example.org"): "ham"}
    why = {one["item"]: one["why"] for one in found["refused"]}
    assert "'unheard of' is no value of the guideline" in why["m2"]
    assert "nothing was chosen" in why["m3"]
    assert "no item of this round" in why[""]
    # They are told each time until somebody mends them there; and the first one counts once the later one is gone.
    studio.change(empty, result=result({"value": "spam"}, by, "text"))
    studio.delete(f"/api/annotations/{later}/")
    assert len(pull(project, "first", studio).refused) == 2
    assert labels(row) == {("m1", "ann@example.org"): "spam", ("m3", "ann@example.org"): "spam"}
    assert first in {one["number"] for one in project.link_annotations("first") if one["state"] == "label"}
    holds(row)


KINDS = {
    "choices": ({"values": ["spam", "ham"]}, {"values": []}),
    "spans": ({"spans": [{"start": 2, "end": 5, "label": "spam", "text": "Ada"}]}, {"spans": []}),
    "note": ({"text": "About Ada."}, {"text": "Two\nlines"}),
    "rating": ({"value": "2"}, {"value": "1"}),
}


@pytest.mark.parametrize("answer", KINDS)
def test_every_kind_of_answer_goes_both_ways(
    shell: Shell, project: Project, studio: Studio, people: dict[str, int], answer: str
) -> None:
    from sextant_server.labeling import actions, items
    from tests.server.world import LOCAL

    values = ("1", "2", "3") if answer == "rating" else () if answer == "note" else ("spam", "ham")
    given = Guideline(
        task="Look.",
        answer=answer,
        published_on="2026-01-01",
        values=tuple(LabelValue(value=v) for v in values),  # type: ignore[arg-type]
    )
    owner = Row.objects.get(slug="forms")
    actions.save_guideline(owner, LOCAL, given, "other")
    row = actions.put_round(owner, LOCAL, "other", guideline="other", gold_share=0)
    # A character beyond the first plane is one to Python, and two to a browser.
    text = "\N{ROCKET} Ada"
    rows = [{"id": "a", "text": text}, {"id": "b", "text": text}]
    actions.add_items(
        owner, LOCAL, row, items.drafts(rows, items.Columns("text", ("text",), key="id"), given)
    )
    row = actions.set_state(owner, LOCAL, row, "open")
    tasks = tasks_of(studio, push(project, "other", studio).number)
    for task, said in zip(tasks.values(), KINDS[answer], strict=True):
        studio.annotate(task["id"], people["bob"], said, given, text=text)
    assert pull(project, "other", studio).refused == []
    stored = dict(Dealt.objects.filter(round=row).values_list("item__key", "answer"))
    assert stored == {"a": KINDS[answer][0], "b": KINDS[answer][1]}
    assert ANSWER in studio.project(queries.link_of(row).number)["label_config"]


def test_a_push_that_broke_off_is_taken_up_where_it_stopped(
    shell: Shell, project: Project, address: str, studio: Studio
) -> None:
    begun(many=9)
    imports: list[str] = []

    class Breaking(httpx.HTTPTransport):
        """Goes down just after the server took the second import, before it is told so."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            if request.url.path.endswith("/import"):
                imports.append(request.url.path)
                if len(imports) == 2:
                    answer.read()
                    raise httpx.ReadError("went down", request=request)
            return answer

    from sextant_client import label_studio

    monkey = pytest.MonkeyPatch()
    monkey.setattr(label_studio, "TASKS", 4)
    http = httpx.Client(transport=Breaking())
    with (
        LabelStudio(Settings(address, SECRET), http=http) as broken,
        pytest.raises(Unavailable, match="went down"),
    ):
        push(project, "first", broken)
    made = push(project, "first", studio)
    monkey.undo()
    assert (made.made, made.there, made.sent) == (False, 8, 1)
    assert len(tasks_of(studio, made.number)) == len(list(studio.tasks(made.number))) == 9
    assert len(project.link_tasks("first")) == 9


def test_a_project_that_was_made_as_the_connection_broke_is_found_again(
    shell: Shell, project: Project, address: str, studio: Studio
) -> None:
    begun(many=2)

    class Breaking(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            if request.method == "POST" and request.url.path == "/api/projects/":
                raise httpx.ReadTimeout("too late", request=request)
            return answer

    http = httpx.Client(transport=Breaking())
    with (
        LabelStudio(Settings(address, SECRET), http=http) as broken,
        pytest.raises(Unavailable, match="no answer in"),
    ):
        push(project, "first", broken)
    assert push(project, "first", studio).made is False


def test_what_is_wrong_is_said_with_what_to_do(
    shell: Shell, project: Project, studio: Studio, people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(many=2, opened=False)
    assert "the round is not on Label Studio" in shell("labels", "pull", "first", code=2).err
    assert "the round is draft" in shell("labels", "push", "first", code=2).err
    shell("labels", "state", "first", "open")
    monkeypatch.setenv(TOKEN, "f" * 40)
    said = shell("labels", "push", "first", code=2).err
    assert "does not take the token: Invalid token" in said
    assert "f" * 40 not in said
    monkeypatch.setenv(TOKEN, "")
    assert "token is not known" in shell("labels", "push", "first", code=2).err
    monkeypatch.setenv(TOKEN, SECRET)
    assert (
        "cannot be reached"
        in shell("labels", "push", "first", "--url", f"http://127.0.0.1:{free_port()}", code=2).err
    )
    number = shell("labels", "push", "first", "--format", "json").json["number"]
    # A class that people labeled by cannot be taken away there.
    task = tasks_of(studio, number)["m1"]
    by = Guideline.model_validate(project.round_link("first")["guideline"])
    studio.annotate(task["id"], people["ann"], {"value": "spam"}, by)
    pull(project, "first", studio)
    # A task that was deleted there is not sent again by itself.
    studio.delete(f"/api/tasks/{tasks_of(studio, number)['m2']['id']}/")
    assert "1 tasks were deleted there" in shell("labels", "push", "first").out
    assert "1 items were sent; 1 were there already" in shell("labels", "push", "first", "--again").out
    studio.delete(f"/api/projects/{number}/")
    for command in ("push", "pull"):
        said = shell("labels", command, "first", code=2).err
        assert f"project {number} is not there any more" in said
        assert "--new" in said
    assert labels(queries.round_of(Row.objects.get(slug="forms"), "first")) == {
        ("m1", "ann@example.org"): "spam"
    }
    fresh = shell("labels", "push", "first", "--new", "--format", "json").json
    assert (fresh["made"], fresh["sent"]) == (True, 2)
    assert fresh["number"] != number
    # Labels that came from the project before stay.
    assert len(labels(queries.round_of(Row.objects.get(slug="forms"), "first"))) == 1
    with (
        pytest.raises(Conflict, match="the round is on"),
        LabelStudio(Settings("http://127.0.0.1:1", SECRET)) as other,
    ):
        push(project, "first", other)


def test_a_pull_while_people_label_takes_what_is_there_and_the_next_takes_the_rest(
    shell: Shell, project: Project, address: str, studio: Studio, people: dict[str, int]
) -> None:
    row = begun(many=6)
    made = push(project, "first", studio)
    by = Guideline.model_validate(project.round_link("first")["guideline"])
    tasks = list(tasks_of(studio, made.number).values())
    turns = iter(tasks)

    class Busy(httpx.HTTPTransport):
        """Somebody labels each time that we ask."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if (task := next(turns, None)) is not None:
                studio.annotate(task["id"], people["cy"], {"value": "ham"}, by)
            return super().handle_request(request)

    with LabelStudio(Settings(address, SECRET), http=httpx.Client(transport=Busy())) as busy:
        first = pull(project, "first", busy)
        rest = [pull(project, "first", busy) for _ in range(3)]
    assert first.refused == []
    assert first.new + sum(p.new for p in rest) == 6
    assert sum(p.deleted + p.changed for p in rest) == 0
    assert len(labels(row)) == 6
    holds(row)
