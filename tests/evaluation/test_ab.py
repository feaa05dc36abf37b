"""A/B tests from their rows: published results, the peer's figures, and everything that can be wrong with one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sextant.errors import InvalidInput
from sextant.evaluation.ab import Rule, analyze
from sextant.evaluation.ab_power import outlook
from sextant.evaluation.ab_report import Analysis
from sextant.tables import table
from tests.peers import programs


def users(n: int = 4000, effect: float = 0.3, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    before = rng.gamma(2, 2, n)
    new = rng.random(n) < 0.5
    views = rng.poisson(5, n) + 1
    return {
        "id": np.arange(n),
        "arm": np.where(new, "new", "control"),
        "before": before,
        "spent": 0.8 * before + rng.normal(3, 1, n) + effect * new,
        "bought": rng.random(n) < 0.3 + 0.05 * new,
        "views": views,
        "clicks": rng.binomial(views, 0.2 + 0.02 * new),
        "day": np.datetime64("2026-03-02") + (np.arange(n) * 14 // n),
        "country": np.where(rng.random(n) < 0.7, "DE", "FR"),
        "visits_before": rng.poisson(4, n) + 1,
    }


def found(rows: dict[str, Any], metrics: list[str], **options: Any) -> Analysis:
    return analyze(table(pa.table(rows), name="users"), metrics, variant="arm", **options)


def said(analysis: Analysis, name: str) -> tuple[bool | None, str]:
    return next((c.holds, c.said) for c in analysis.checks if c.name == name)


def test_cookie_cats_has_its_published_figures(shared_data: Path) -> None:
    cats = table(shared_data / "abtest/cookie_cats.csv")
    one = analyze(
        cats,
        ["retention_7", "retention_1", "sum_gamerounds"],
        variant="version",
        control="gate_30",
        unit="userid",
    )
    day_7, day_1 = one["retention_7"], one["retention_1"]
    assert (day_1.control, day_1.candidate) == pytest.approx((0.4482, 0.4423), abs=5e-5)
    assert day_1.p == pytest.approx(0.0744, abs=5e-5)
    assert (day_7.control, day_7.candidate) == pytest.approx((0.1902, 0.1820), abs=5e-5)
    assert day_7.p == pytest.approx(0.00155, abs=5e-6) and day_7.verdict == "worse"
    assert said(one, "sample_ratio")[0] is True and "0.0086" in said(one, "sample_ratio")[1]
    assert "49,854" in said(one, "outlier_sum_gamerounds")[1]
    capped = analyze(cats, ["sum_gamerounds"], variant="version", control="gate_30", winsorize=0.999)
    assert capped["sum_gamerounds"].difference.upper < one["sum_gamerounds"].difference.upper
    assert not [c for c in capped.checks if c.name.startswith("outlier")]


def test_tea_tasting_finds_the_same(tmp_path: Path) -> None:
    folder = programs("teatasting")
    path = tmp_path / "users.parquet"
    pq.write_table(pa.table(users()), path)
    script = """
import json, sys, pyarrow.parquet as pq, tea_tasting as tt
data = pq.read_table(sys.argv[1])
found = tt.Experiment(
    mean=tt.Mean("spent"), cuped=tt.Mean("spent", "before"), ratio=tt.RatioOfMeans("clicks", "views"),
    both=tt.RatioOfMeans("clicks", "views", "before", "visits_before"),
).analyze(data.append_column("variant", data["arm"].cast("string")), control="control")
print(json.dumps({k: v._asdict() for k, v in found.items()}))
"""
    answer = subprocess.run(
        [folder / "python", "-c", script, str(path)], check=True, capture_output=True, text=True, timeout=120
    )
    peer = json.loads(answer.stdout.splitlines()[-1])
    ours = analyze(
        table(path), ["spent", "clicks/views"], variant="arm", correction="none"
    ).effects + analyze(
        table(path), ["spent~before", "clicks/views~before/visits_before"], variant="arm", correction="none"
    ).effects  # fmt: skip
    for effect, name in zip(ours, ("mean", "ratio", "cuped", "both"), strict=True):
        theirs = peer[name]
        assert (effect.control, effect.candidate, effect.p) == pytest.approx(
            (theirs["control"], theirs["treatment"], theirs["pvalue"]), rel=1e-9, abs=1e-14
        ), name
        for bounds, kind in ((effect.difference, "effect_size"), (effect.relative, "rel_effect_size")):
            assert (bounds.value, bounds.lower, bounds.upper) == pytest.approx(
                tuple(theirs[f"{kind}{end}"] for end in ("", "_ci_lower", "_ci_upper")), rel=1e-9
            ), name


def test_a_covariate_narrows_and_is_the_same_before() -> None:
    plain, adjusted = found(users(), ["spent"]), found(users(), ["spent~before"])
    assert adjusted["spent"].saved > 0.5
    assert said(adjusted, "covariate_of_spent")[0] is True
    assert adjusted["spent"].verdict == "better"
    width = [e["spent"].difference.upper - e["spent"].difference.lower for e in (plain, adjusted)]
    assert width[1] < 0.7 * width[0]


def test_a_covariate_measured_after_the_start_makes_it_unsound() -> None:
    rows = users()
    rows["before"] = rows["before"] + 1.0 * (rows["arm"] == "new")
    after = found(rows, ["spent~before"])
    assert said(after, "covariate_of_spent")[0] is False and not after.sound
    assert after.recommendation == "iterate" and "cannot be believed" in after.why


def test_a_split_that_is_not_as_planned_makes_it_unsound() -> None:
    rows = users()
    for sequential in (False, True):
        wrong = found(rows, ["spent"], shares={"control": 0.6, "new": 0.4}, continuous=sequential)
        assert said(wrong, "sample_ratio")[0] is False
        assert said(found(rows, ["spent"], continuous=sequential), "sample_ratio")[0] is True


def test_a_split_broken_in_one_segment_is_found() -> None:
    rows = users()
    keep = ~((rows["country"] == "FR") & (rows["arm"] == "new") & (np.arange(4000) % 2 == 0))
    part = found({k: v[keep] for k, v in rows.items()}, ["spent"], segments=["country"])
    holds, why = said(part, "sample_ratio_by_country")
    assert holds is False and "FR" in why


def test_values_that_lack_more_often_in_one_arm_make_it_unsound() -> None:
    rows = users()
    spent = rows["spent"].copy()
    spent[(rows["arm"] == "new") & (np.arange(4000) % 10 == 0)] = np.nan
    one_sided = found({**rows, "spent": spent}, ["spent~before"])
    assert said(one_sided, "missing_spent")[0] is False
    spent = rows["spent"].copy()
    spent[::10] = np.nan
    alike = found({**rows, "spent": spent}, ["spent~before", "clicks/views"])
    assert said(alike, "missing_spent")[0] is None and alike.sound
    # The other metric is not touched.
    assert alike["clicks/views"].candidate == found(rows, ["clicks/views"])["clicks/views"].candidate


def test_shares_that_rise_during_the_test_are_compared_day_by_day() -> None:
    rng = np.random.default_rng(3)
    late = np.arange(20_000) >= 10_000
    new = rng.random(20_000) < np.where(late, 0.5, 0.05)
    rows = {
        "arm": np.where(new, "new", "control"),
        "bought": rng.random(20_000) < np.where(late, 0.14, 0.10),
        "at": np.datetime64("2026-03-02") + np.arange(20_000) * 14 // 20_000,
    }
    blind, seen = (
        found(rows, ["bought"], shares={"control": 0.725, "new": 0.275}),
        found(rows, ["bought"], time="at"),
    )
    assert blind["bought"].verdict == "better"  # and wrong: nothing was changed
    assert seen["bought"].strata == 14 and seen["bought"].verdict == "unclear"
    assert said(seen, "constant_split")[0] is None


def test_days_end_at_the_whole_and_a_wearing_off_is_said() -> None:
    rows = users()
    daily = found(rows, ["spent"], time="day", continuous=True)
    last, whole = daily.days[-1].difference, daily["spent"].difference
    assert len(daily.days) == 14
    assert (last.lower, last.upper) == pytest.approx((whole.lower, whole.upper), rel=1e-12)
    assert said(daily, "whole_weeks")[0] is True
    half = np.arange(4000) < 2000
    worn = {**rows, "spent": rows["spent"] + 3.0 * ((rows["arm"] == "new") & half)}
    assert said(found(worn, ["spent"], time="day"), "steady_effect")[0] is None
    assert said(daily, "steady_effect")[0] is True


def test_rows_of_one_cluster_belong_together() -> None:
    rows = users(400)
    doubled = {k: np.repeat(v, 5) for k, v in rows.items()}
    alone, together = found(rows, ["spent"]), found(doubled, ["spent"], cluster="id")
    assert together["spent"].difference.value == pytest.approx(alone["spent"].difference.value)
    assert together["spent"].p == pytest.approx(alone["spent"].p, rel=1e-6)
    assert found(doubled, ["spent"])["spent"].p < alone["spent"].p
    with pytest.raises(InvalidInput, match="2,000 rows are about 400 different id"):
        found(doubled, ["spent"], unit="id")


def test_segments_are_drawn_towards_the_whole() -> None:
    rows = users()
    parts = found(rows, ["spent~before"], segments=["country"]).segments
    assert [s.value for s in parts] == ["DE", "FR"] and sum(s.units for s in parts) == 4000
    centre = found(rows, ["spent~before"])["spent"].difference.value
    for s in parts:
        assert abs(s.drawn.value - centre) <= abs(s.difference.value - centre) + 1e-9
    # Where they truly differ, they keep their own value.
    apart = {**rows, "spent": rows["spent"] + 5 * ((rows["arm"] == "new") & (rows["country"] == "FR"))}
    far = found(apart, ["spent~before"], segments=["country"]).segments
    assert far[0].differ < 1e-6 and far[1].drawn.value == pytest.approx(far[1].difference.value, rel=0.02)


def test_the_rule_decides() -> None:
    rows = users()
    assert found(rows, ["spent~before"]).recommendation == "ship"
    asked = Rule("spent", at_least={"spent": 1.0})
    assert found(rows, ["spent~before"], rule=asked).recommendation == "iterate"
    harmed = Rule("spent", guardrails={"bought": 0.0}, lower_is_better=frozenset({"bought"}))
    assert found(rows, ["spent~before", "bought"], rule=harmed).recommendation == "iterate"
    worse = Rule("spent", lower_is_better=frozenset({"spent"}))
    assert found(rows, ["spent~before"], rule=worse).recommendation == "kill"
    early = Rule("spent", planned_units=8000, planned_days=28)
    waits = found(rows, ["spent~before"], rule=early, time="day")
    assert waits.recommendation == "keep_running" and "14 more days" in waits.why
    # Continuous looking may stop as soon as it is decided.
    assert found(rows, ["spent~before"], rule=early, time="day", continuous=True).recommendation == "ship"


def test_several_metrics_are_judged_together() -> None:
    three = ["spent", "bought", "clicks/views"]
    fixed, looked = found(users(), three), found(users(), three, continuous=True)
    assert fixed["spent"].adjusted is None and fixed["bought"].adjusted >= fixed["bought"].p
    assert looked["bought"].level == pytest.approx(0.975) and looked["spent"].level == 0.95
    assert looked["bought"].discovery in (True, False)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"arm": ["new"] * 4000}, {}, "all units are in one arm"),
        ({}, {"control": "old"}, "nobody is in arm old"),
        ({"arm": [f"u{i}" for i in range(4000)]}, {"control": "u1"}, "there are 4000 arms"),
        ({"arm": [None, *["new", "control"] * 1999, "new"]}, {}, "1 rows have no value"),
        ({"spent": [float("inf")] + [1.0] * 3999}, {}, "infinite"),
        ({"id": [i // 2 for i in range(4000)]}, {"unit": "id"}, "are in two arms"),
        ({}, {"time": "country"}, "holds string"),
        ({}, {"winsorize": 0.2}, "winsorize is 0.2"),
        ({}, {"segments": ["id"]}, "4000 different values"),
        ({}, {"shares": {"control": 1.0, "other": 1.0}}, "planned shares"),
        ({}, {"rule": Rule("bought")}, "the rule names bought"),
    ],
)
def test_bad_input_is_said(change: dict[str, Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        found({**users(), **change}, ["spent"], **options)
    for wrong in ("", "a/", "~b", "a~"):
        with pytest.raises(InvalidInput, match="names no metric"):
            found(users(10), [wrong])


def test_a_plan_from_history() -> None:
    history = table(pa.table(users()), name="history")
    plain = outlook(history, "spent", per_day=300, effect=0.2)
    known = outlook(history, "spent~before", per_day=300, effect=0.2)
    looked = outlook(history, "spent~before", per_day=300, effect=0.2, continuous=True)
    assert plain.needed_units and known.needed_units and looked.needed_units
    assert known.needed_units < 0.5 * plain.needed_units
    assert known.needed_units < looked.needed_units < 2.5 * known.needed_units
    assert known.needed_days == 14 and known.saved > 0.5
    from statsmodels.stats.power import NormalIndPower

    each = NormalIndPower().solve_power(0.2 / plain.spread, power=0.8, alpha=0.05)
    assert plain.needed_units == pytest.approx(2 * each, rel=1e-3)
    assert outlook(history, "spent", per_day=1, effect=0.001).needed_days is None
    assert "within a year" in str(outlook(history, "spent", per_day=1, effect=0.001))
