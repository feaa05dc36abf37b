"""Which segments do worse."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from scipy.stats import false_discovery_control, fisher_exact

from sextant.errors import InvalidInput
from sextant.evaluation.metrics import score
from sextant.evaluation.slices import MOST_GROUPS, slices
from sextant.stats.intervals import wilson
from sextant.tables import engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def scored(on: Any, groups: dict[str, list[Any]], right: list[bool], metric: str = "accuracy") -> Any:
    truth = ["a"] * len(right) if metric == "accuracy" else ["b"] * len(right)
    said = ["a" if r else "b" for r in right]
    found = table(pa.table({**groups, "truth": truth, "said": said}), name="answers", on=on)
    return score(
        found, metric, target="truth", prediction="said", positive=None if metric == "accuracy" else "a"
    )


def test_slices_by_hand(on: Any) -> None:
    # Web: 8 of 10 right; app: 20 of 20; no channel: 1 of 2. And one column with one value only.
    channel = ["web"] * 10 + ["app"] * 20 + [None] * 2
    right = [True] * 8 + [False] * 2 + [True] * 20 + [True, False]
    found = slices(scored(on, {"channel": channel, "all": ["x"] * 32}, right), ["channel", "all"])
    counts = {next(iter(r.slice.values())): (r.successes, r.trials) for r in found}
    assert counts == {"web": (8, 10), "app": (20, 20), "missing": (1, 2), "x": (29, 32)}
    chances = [
        fisher_exact([[s, n - s], [29 - s, 3 - (n - s)]]).pvalue for s, n in ((20, 20), (1, 2), (8, 10))
    ]
    adjusted = dict(zip(("app", "missing", "web"), false_discovery_control(chances), strict=True))
    for row in found:
        name = next(iter(row.slice.values()))
        assert row.adjusted_p == (pytest.approx(adjusted[name]) if name in adjusted else None)
        bounds = wilson(row.successes, row.trials)
        assert (row.lower, row.upper) == (bounds.lower, bounds.upper)


def test_the_worst_first_is_the_one_that_is_surely_bad(on: Any) -> None:
    # One unlucky row in three is less of a reason than 300 in 1,000.
    group = ["few"] * 3 + ["many"] * 1000 + ["good"] * 1000
    right = [True, True, False] + [False] * 300 + [True] * 700 + [True] * 1000
    found = slices(scored(on, {"g": group}, right), ["g"])
    assert [r.slice["g"] for r in found] == ["many", "few", "good"]
    # Where a success is a false alarm, more is worse.
    found = slices(scored(on, {"g": group}, [not r for r in right], "false_positive_rate"), ["g"])
    assert [r.slice["g"] for r in found] == ["many", "few", "good"]


def test_what_is_no_segment(on: Any) -> None:
    ids = [str(i) for i in range(MOST_GROUPS + 1)]
    with pytest.raises(InvalidInput, match="more than 100 values"):
        slices(scored(on, {"id": ids}, [True] * len(ids)), ["id"])
    with pytest.raises(InvalidInput, match="no column 'gone'"):
        slices(scored(on, {"id": ids}, [True] * len(ids)), ["gone"])


def test_only_shares_have_slices(on: Any) -> None:
    found = table(pa.table({"truth": [1.0], "said": [1.0]}), on=on)
    with pytest.raises(InvalidInput, match="mae is no share"):
        slices(score(found, "mae", target="truth", prediction="said"), ["truth"])
