"""Slices that do worse: planted ones are found, and where there are none nothing is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sextant.errors import InvalidInput
from sextant.evaluation.worst import error_clusters, worst_slices, wrong_cases
from sextant.tables import table


def made(seed: int, planted: bool) -> Any:
    rng = np.random.default_rng(seed)
    n = 3000
    device, new = rng.choice(["phone", "desk", "pad"], n), rng.choice(["yes", "no"], n)
    age = rng.normal(40, 12, n)
    wrong = rng.random(n) < np.where(planted & (device == "phone") & (new == "yes"), 0.35, 0.1)
    is_ = rng.integers(0, 2, n)
    rows = {"is": is_, "said": np.where(wrong, 1 - is_, is_), "device": device, "new": new, "age": age,
            "hour": rng.integers(0, 24, n), "id": [f"case {i}" for i in range(n)]}  # fmt: skip
    return table(pa.table(rows), name="rows")


def test_a_planted_pair_is_found_and_comes_first() -> None:
    found = worst_slices(made(1, True), target="is", prediction="said")
    assert found.worse[0].slice == {"device": "phone", "new": "yes"} or found.worse[0].slice.items() <= {
        "device": "phone", "new": "yes",
    }.items()  # fmt: skip
    pair = next(w for w in found.worse if w.slice == {"device": "phone", "new": "yes"})
    assert pair.adjusted_p < 1e-6 and pair.gap.upper < -0.15
    assert ("id", "it has 3,000 values that are no numbers") in found.passed_over
    # Numbers with many values are looked at in bands.
    assert found.looked_at > 40
    assert "device=phone" in str(found)


def test_where_nothing_is_planted_hardly_anything_is_found() -> None:
    alarms = sum(
        bool(worst_slices(made(seed, False), target="is", prediction="said").worse) for seed in range(8)
    )
    assert alarms <= 1


def test_small_slices_are_not_looked_at() -> None:
    all_ = worst_slices(made(1, True), target="is", prediction="said", columns=["device", "new"], fewest=1)
    none = worst_slices(made(1, True), target="is", prediction="said", columns=["device", "new"], fewest=2900)
    assert all_.looked_at == 3 + 2 + 6 and none.looked_at == 0 and not none.worse
    with pytest.raises(InvalidInput, match="no column 'devices'"):
        worst_slices(made(1, True), target="is", prediction="said", columns=["devices"])


def test_wrong_cases_are_the_wrong_ones_the_surest_first() -> None:
    rows = {
        "is": ["a", "b", "b", None],
        "said": ["a", "a", None, "a"],
        "sure": [0.9, 0.99, 0.5, 0.9],
        "t": list("wxyz"),
    }
    found = wrong_cases(
        table(pa.table(rows), name="rows"), target="is", prediction="said", score="sure", show=["t"]
    )
    assert [(c.right, c.answered, c.shown["t"]) for c in found] == [("b", "a", "x"), ("b", "no answer", "y")]


def test_errors_are_gathered_by_their_words() -> None:
    refunds = [f"please refund order {i} now" for i in range(30)]
    logins = [f"cannot reset password for account {i}" for i in range(20)]
    found = error_clusters([*refunds, *logins])
    assert [c.cases for c in found][:1] == [30] and "refund" in found[0].words
    assert error_clusters([]) == [] and error_clusters(["one"])[0].cases == 1
