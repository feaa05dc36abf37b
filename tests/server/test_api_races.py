"""Two at once, over HTTP and on both databases: one wins and the other is told, and the log has no fork."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.server.asking import API, problem, send
from tests.server.world import ACCURACY, World, client, make_world, share

FORMS = f"{API}/projects/forms"


@pytest.fixture
def world(both_databases: str) -> World:
    return make_world()


def at_once(asks: list[Callable[[], Any]]) -> list[Any]:
    """Ask all of this at the same moment, each over a connection of its own."""
    start = Barrier(len(asks))

    def one(ask: Callable[[], Any]) -> Any:
        start.wait(timeout=30)
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(one, asks))


def browsers(world: World, many: int, who: str = "owner") -> list[Client]:
    return [client(world.people[who]) for _ in range(many)]


def intact(world: World) -> None:
    from sextant_server.records import audit

    assert audit.check(world.project).intact
    assert audit.projections(world.project) == []


def test_of_many_new_versions_of_a_document_one_wins(world: World) -> None:
    url = f"{FORMS}/documents/interview/clerk"
    bodies = [{"body": {"role": "clerk", "notes": str(n)}, "expected_version": 1} for n in range(6)]
    asks = [
        lambda b=b, body=body: send(b, "PUT", url, body)  # type: ignore[misc]
        for b, body in zip(browsers(world, 6), bodies, strict=True)
    ]
    found = at_once(asks)
    won = [r for r in found if r.status_code == 200]
    assert len(won) == 1 and won[0].json()["version"] == 2
    for lost in found:
        if lost is not won[0]:
            assert "version 2, you had 1" in problem(lost, 409)
    assert send(browsers(world, 1)[0], "GET", url).json() == won[0].json()
    intact(world)


def test_two_decisions_at_once_are_both_recorded(world: World) -> None:
    people = browsers(world, 1) + browsers(world, 1, "reviewer")
    url = f"{FORMS}/gates/problem/decisions"
    found = at_once([lambda b=b: send(b, "POST", url, {"outcome": "hold"}) for b in people])  # type: ignore[misc]
    assert [r.status_code for r in found] == [201, 201]
    anchors = {r.json()["anchor"]["sequence"] for r in found}
    assert len(anchors) == 2, "each has the head as it was after its own record"
    listed = send(people[0], "GET", f"{FORMS}/decisions").json()
    assert {d["by"] for d in listed[:2]} == {"owner", "reviewer"}
    intact(world)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "criteria", [{**ACCURACY.plain(), "key": "recall"}]),
        ("PUT", "subjects/dataset/train", {"version": "v1"}),
        ("PUT", "risks?merge=true", [{"text": "Scanners change"}]),
        ("PUT", "timeline", [{"phase": "data", "planned_cost": 7}]),
        ("PUT", "members", {"username": "stranger", "role": "reader"}),
        ("POST", "evidence", [share(n).plain() for n in range(5)]),
        ("POST", "not-applicable", {"target": "1c", "reason": "r"}),
        ("POST", "phases/data/iterations", {"reason": "r"}),
        ("PATCH", "", {"summary": "The same from all."}),
    ],
)  # fmt: skip
def test_the_same_from_four_at_once_is_stored_without_a_fault(
    world: World, method: str, path: str, body: Any
) -> None:
    url = f"{FORMS}/{path}".rstrip("/")
    found = at_once([lambda b=b: send(b, method, url, body) for b in browsers(world, 4)])  # type: ignore[misc]
    assert {r.status_code for r in found} <= {200, 201}, [r.content for r in found]
    intact(world)


def test_different_writes_at_once_wait_for_each_other(world: World) -> None:
    """Each locks other rows besides; none waits for another that waits for it."""
    step = {
        "kind": "rollout_step", "rollout": "r", "step": 0, "share": 0.1, "exposed": 5, "decision": "start", "why": "w",
        "estimand": "e", "setting": "rollout", "at": "2026-01-01T00:00:00Z", "producer": {"name": "t"},
    }  # fmt: skip
    writes: list[tuple[str, str, Any]] = [
        ("POST", f"{FORMS}/evidence", step), ("PATCH", FORMS, {"summary": "s", "exposed_at": "2026-03-01T00:00:00Z"}),
        ("POST", f"{FORMS}/sync", {"base": {"a": "b"}, "expected": {}, "settings": {"name": "N"}}),
        ("PUT", f"{FORMS}/criteria", [{**ACCURACY.plain(), "threshold": 0.5}]),
        ("PUT", f"{FORMS}/risks", [{"text": "t"}]), ("POST", f"{FORMS}/gates/problem/decisions", {"outcome": "hold"}),
    ]  # fmt: skip
    asks = [
        lambda b=b, w=w: send(b, w[0], w[1], w[2])  # type: ignore[misc]
        for b, w in zip(browsers(world, 6), writes, strict=True)
    ]
    found = at_once(asks)
    assert {r.status_code for r in found} <= {200, 201}, [r.content for r in found]
    intact(world)
