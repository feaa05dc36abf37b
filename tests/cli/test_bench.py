"""An endpoint under load, from the command line: what is told, what is stored, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sextant.errors import InvalidInput
from sextant.evaluation.load import Load, Price, Request
from sextant.evidence import Quantile
from sextant_cli.bench import _Proof, bench
from tests.integrations.slow_server import slow_server


def asked(*words: str) -> str:
    result = CliRunner().invoke(bench, words, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.output


def test_what_it_tells(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text('{"q": 1}\n{"q": 2}\n')
    load = (
        "--rate",
        "200",
        "--count",
        "20",
        "--arrivals",
        "steady",
        "--body",
        str(tmp_path / "prompts.jsonl"),
    )
    with slow_server(broken=10) as server:
        told = asked(server.url, *load, "--price-in", "1000", "--price-out", "2000")
    assert "20 requests in" in told and "2 HTTP 503" in told
    assert "10 tokens read on average, 180 in all" in told
    # 10 tokens at 0.001 and 5 at 0.002: 0.02 an answer, and all alike.
    assert "A request cost 0.02 USD, all together 0.36." in told
    with slow_server() as server:
        found = json.loads(asked(server.url, *load, "--format", "json"))
    assert found["requests"] == 20 and found["errors"] == {} and found["latency"]["0.5"]["value"] < 2


def test_proof_is_what_the_target_asks_for() -> None:
    from sextant.criteria import Criterion

    common: dict[str, Any] = {"family": "system", "metric": "m", "direction": "at_most", "threshold": 1}
    proof = _Proof({}, None, None)
    proof.criteria = {
        "latency": Criterion(key="p95", name="P", unit="ms", **common),
        "errors": Criterion(key="failing", name="F", unit="share", **common),
        "cost": Criterion(key="cost", name="C", unit="USD", **common),
    }
    requests = tuple(
        Request(i, i, i + 0.1 + i / 1000, "" if i else "timeout", 1000, 10 + i) for i in range(100)
    )
    from datetime import UTC, datetime

    taken = proof.taken(
        Load(requests, 1.0), Price(1.0, 10.0), 0.5, target="http://who:secret@here:1/a?token=x", model="reader@m1",
        began=datetime.now(UTC),
    )  # fmt: skip
    latency, errors, cost = taken
    assert isinstance(latency, Quantile) and latency.unit == "ms"
    # The 50th of 100, the failed one last: 0.1 s and 50 ms.
    assert latency.value == pytest.approx(150) and latency.ranks[50] == latency.value
    assert (errors.value, errors.unit, cost.unit) == (0.01, "share", "USD")
    assert "secret" not in str(latency.plain()) and "token" not in latency.estimand
    assert (
        "http://here:1/a at 1 requests a second" in latency.estimand
        and str(latency.model) == "model:reader@m1"
    )


def test_bad_use() -> None:
    for words, rule in (
        (("json:loads", "--header", "a:b"), "a function takes no headers"),
        (("http://", "--count", "1"), "is no address"),
        (("http://localhost:1", "--header", "nothing"), "is no header"),
        (("http://localhost:1", "--bearer-from", "NOT_THERE"), "the environment has no NOT_THERE"),
        (("nothing:here",), "cannot be called"),
    ):
        with pytest.raises(InvalidInput, match=rule):
            asked(*words)
