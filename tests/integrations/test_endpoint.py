"""An endpoint under load: against a server of known delays, and one that stands still."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from typing import Any

import pytest

from sextant.errors import InvalidInput
from sextant.evaluation.load import Load, arrivals
from sextant_integrations.endpoint.client import find_callable, over_callable, over_http, put_under_load
from tests.integrations.slow_server import slow_server


def run(url: str, *, rate: float, count: int, bodies: tuple[Any, ...] = (), **how: Any) -> Load:
    with over_http(url, bodies=bodies) as target:
        return put_under_load(target, arrivals(rate, count=count, kind="steady"), rate=rate, **how)


def test_known_delays_come_out() -> None:
    with slow_server(delay=0.05) as server:
        found = run(server.url, rate=80, count=40)
    assert (found.n, found.failed, found.stopped) == (40, 0, False)
    # The network and a busy machine add to it, and take nothing away.
    assert 0.049 < min(found.latencies) < 0.5
    assert found.latency(0.5).value == found.latencies[19]
    assert found.tokens()[0].mean == 10 and found.tokens()[1].mean == 5


def test_a_stall_is_seen_by_all_who_would_have_waited() -> None:
    # Half a second of a second: of requests on schedule about half wait, a quarter of a second on average.
    with slow_server(stall=(0.2, 0.7)) as server:
        found = run(server.url, rate=50, count=50)
    assert found.latency(0.9).value > 0.3
    assert sum(seconds > 0.1 for seconds in found.latencies) >= 15

    # A loop that waits for each answer meets the stall once: its 90th percentile says that nothing happened.
    import httpx

    with slow_server(stall=(0.1, 0.6)) as server, httpx.Client(trust_env=False) as client:
        times = []
        for _ in range(30):
            began = time.monotonic()
            client.get(server.url)
            times.append(time.monotonic() - began)
            time.sleep(0.01)
    assert 1 <= sum(seconds > 0.3 for seconds in times) <= 3


def test_waiting_for_a_place_counts_as_waiting() -> None:
    # One open request at a time, each 50 ms, a hundred a second: the last of twenty waits about 20 x 50 - 200 ms.
    with slow_server(delay=0.05) as server:
        found = run(server.url, rate=100, count=20, most_open=1)
    assert max(found.latencies) > 0.7
    assert found.late > 0.6
    assert sum(found.latencies) - sum(found.service_times) > 4


def test_errors_by_kind_are_never_answered() -> None:
    with slow_server(broken=4) as server:
        found = run(server.url, rate=200, count=20)
    assert found.errors == {"HTTP 503": 5}
    assert found.latency(0.9).value == float("inf") and found.latency(0.5).value < 60
    assert found.error_share().value == 0.25
    with slow_server(broken=1) as server:
        assert run(server.url, rate=200, count=2).errors == {"HTTP 302": 2}
        assert len(server.seen) == 2
    assert run(server.url, rate=200, count=2).errors == {"cannot connect": 2}
    with slow_server(delay=0.4) as server:
        assert run(server.url, rate=200, count=2, timeout=0.05).errors == {"timeout": 2}


def test_what_is_sent() -> None:
    with slow_server() as server, over_http(
        server.url, bodies=[{"q": 1}, {"q": 2}], headers={"Authorization": "Bearer x"}
    ) as target:  # fmt: skip
        put_under_load(target, arrivals(100, count=3, kind="steady"), rate=100)
    assert sorted(seen["asked"]["q"] for seen in server.seen) == [1, 1, 2]
    assert {seen["authorization"] for seen in server.seen} == {"Bearer x"}


def test_functions_too() -> None:
    def answer(q: int) -> dict[str, Any]:
        if q == 2:
            raise LookupError("no")
        return {"usage": {"input_tokens": q, "output_tokens": 1}}

    async def later() -> str:
        await asyncio.sleep(0.01)
        return "done"

    with over_callable(answer, inputs=[1, 2]) as target:
        found = put_under_load(target, arrivals(500, count=4, kind="steady"), rate=500)
    assert found.errors == {"LookupError": 2} and found.tokens()[0].mean == 1
    with over_callable(later) as target:
        assert put_under_load(target, arrivals(500, count=4), rate=500).failed == 0
    assert find_callable("json:loads")("1") == 1
    for name in ("json:nothing", "no_such_module:x", "json"):
        with pytest.raises(InvalidInput, match="cannot be called"):
            find_callable(name)


def test_stopped_it_gives_what_it_has() -> None:
    def stop() -> None:
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=stop)
    with slow_server(delay=0.02) as server:
        thread.start()
        found = run(server.url, rate=50, count=100_000)
        thread.join()
    assert found.stopped and 1 <= found.n < 200 and found.failed == 0


def test_schedules() -> None:
    steady = list(arrivals(10, count=3, kind="steady"))
    assert steady == [0.0, 0.1, 0.2]
    many = list(arrivals(1000, seconds=5, seed=1))
    assert many == sorted(many) and many == list(arrivals(1000, seconds=5, seed=1)) != list(
        arrivals(1000, seconds=5)
    )
    assert abs(len(many) - 5000) < 4 * 5000**0.5
    with pytest.raises(InvalidInput, match="nothing says when it ends"):
        arrivals(1)
    with pytest.raises(InvalidInput, match="rate is 0"):
        arrivals(0, count=1)
