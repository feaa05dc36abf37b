"""An A/B test out of its rows."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import ttest_ind

from sextant.errors import InvalidInput
from sextant.evaluation.experiment import arms, effect, level_of, ratio_check, recommend
from sextant.evidence import Mean, MeanDifference, Proportion, ProportionDifference
from sextant.tables import Table, engine, table
from sextant.verdicts import Status, Verdict


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def of(on: Any, **columns: Any) -> Table:
    return table(pa.table(columns), name="users", on=on)


SIDES = {"candidate": "new", "control": "old"}
COMMON = {"criterion": "c", "unit": "share", "setting": "experiment", "estimand": "e", "at": "2026-01-01T00:00:00Z",
          "producer": {"name": "t"}}  # fmt: skip


def test_by_hand(on: Any) -> None:
    found = arms(
        of(on, user=[1, 2, 3, 4, 5], arm=["new", "new", "old", "old", "old"], bought=[True, False, True, None, False],
           spent=[1.0, 3.0, 2.0, 4.0, 6.0]),
        "arm", columns=["bought", "spent"], unit="user", **SIDES,
    )  # fmt: skip
    assert found.units == {"new": 2, "old": 3}
    bought, spent = found.outcomes["bought"], found.outcomes["spent"]
    assert effect(bought).kind is ProportionDifference
    assert effect(bought).statistics == {
        "successes": 1,
        "trials": 2,
        "control_successes": 1,
        "control_trials": 2,
    }
    assert effect(bought).left_out == 1
    assert level_of(bought).kind is Proportion and level_of(bought).statistics == {
        "successes": 1,
        "trials": 2,
    }
    assert effect(spent).kind is MeanDifference
    # 1 and 3: mean 2, squares 2. 2, 4, 6: mean 4, squares 8.
    assert effect(spent).statistics == pytest.approx(
        {"n": 2, "mean": 2.0, "m2": 2.0, "control_n": 3, "control_mean": 4.0, "control_m2": 8.0}
    )
    assert level_of(spent).kind is Mean


def test_the_published_figures_of_cookie_cats(on: Any, shared_data: Path) -> None:
    with (shared_data / "abtest" / "cookie_cats.csv").open() as stream:
        assert "retention_1" in next(csv.reader(stream))
    found = arms(
        table(shared_data / "abtest" / "cookie_cats.csv", on=on), "version", candidate="gate_40", control="gate_30",
        columns=["retention_1", "retention_7"], unit="userid",
    )  # fmt: skip
    assert found.units == {"gate_40": 45_489, "gate_30": 44_700}
    chance, sound, words = ratio_check(found.units, {"gate_40": 0.5, "gate_30": 0.5})
    assert round(chance, 4) == 0.0086 and sound
    assert (
        words
        == "45,489 in gate_40 and 44,700 in gate_30, where 50 % and 50 % were planned; the chance of that is 0.00861"
    )
    weekly = ProportionDifference.of(**effect(found.outcomes["retention_7"]).statistics, **COMMON)
    assert round(weekly.value * 100, 2) == -0.82
    assert weekly.interval is not None and weekly.interval.upper < 0


def test_effects_against_scipy(on: Any) -> None:
    rng = np.random.default_rng(0)
    arm = rng.choice(["new", "old"], 2000)
    spent = rng.gamma(2, 3, 2000) + (arm == "new")
    found = arms(of(on, arm=arm, spent=spent), "arm", columns=["spent"], **SIDES)
    ours = MeanDifference.of(**effect(found.outcomes["spent"]).statistics, **{**COMMON, "unit": "USD"})
    theirs = ttest_ind(spent[arm == "new"], spent[arm == "old"], equal_var=False).confidence_interval()
    assert ours.interval is not None
    assert (ours.interval.lower, ours.interval.upper) == pytest.approx((theirs.low, theirs.high), rel=1e-9)


BAD: dict[str, tuple[dict[str, list[Any]], str]] = {
    "a user twice": ({"user": [1, 1], "arm": ["new", "old"]}, "2 rows are about 1 different user"),
    "a row without a user": ({"user": [1, None], "arm": ["new", "old"]}, "1 rows have no user"),
    "an arm that nobody planned": ({"user": [1, 2], "arm": ["new", "blue"]}, "rows in arm blue"),
    "a row in no arm": ({"user": [1, 2], "arm": ["new", None]}, r"rows in arm \(none\)"),
    "an empty arm": ({"user": [1, 2], "arm": ["new", "new"]}, "nobody is in arm old"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_would_count_wrong_is_refused(on: Any, case: str) -> None:
    columns, said = BAD[case]
    with pytest.raises(InvalidInput, match=said):
        arms(of(on, **columns, x=[1.0, 2.0]), "arm", columns=["x"], unit="user", **SIDES)


def test_a_broken_split_is_unsound() -> None:
    assert ratio_check({"new": 1000, "old": 1200}, {"new": 0.5, "old": 0.5})[1] is False
    assert ratio_check({"new": 100, "old": 900}, {"new": 0.1, "old": 0.9})[1] is True


def verdict(status: Status, *, guardrail: bool = False) -> Verdict:
    return Verdict(status, "As it is.", "harm" if guardrail else "gain", guardrail=guardrail)


MET, UNMET, UNSURE = Status.MET, Status.UNMET, Status.NOT_ENOUGH


@pytest.mark.parametrize(
    ("primary", "guardrails", "more", "says"),
    [
        (MET, [MET, MET], {}, "ship"),
        (MET, [], {}, "ship"),
        (MET, [MET, UNMET], {}, "iterate"),
        (MET, [UNSURE], {}, "iterate"),
        (UNSURE, [MET], {}, "iterate"),
        (UNMET, [MET], {}, "iterate"),
        (UNMET, [MET], {"no_better": True}, "kill"),
        (UNSURE, [MET], {"no_better": True}, "iterate"),
        (MET, [MET], {"sound": False}, "iterate"),
        (MET, [MET], {"unfinished": "3 of 14 days."}, "keep_running"),
        (UNMET, [UNMET], {"unfinished": "3 of 14 days.", "sound": False, "no_better": True}, "keep_running"),
    ],
)
def test_the_rule(primary: Status, guardrails: list[Status], more: dict[str, Any], says: str) -> None:
    harm = [verdict(s, guardrail=True) for s in guardrails]
    found, why = recommend(primary=verdict(primary), guardrails=harm, **{"sound": True, **more})
    assert found == says
    assert why.endswith(".")
    if UNMET in guardrails and not more:
        assert "Guardrail harm is broken" in why
