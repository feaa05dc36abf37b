"""Published results on public data, reproduced."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from sextant.stats import (
    Bounds,
    agreement_interval,
    difference_means,
    difference_proportions,
    krippendorff_alpha_nominal,
    sample_ratio_p,
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("column", "control", "candidate", "p", "slack"),
    [("retention_1", 0.4482, 0.4423, 0.0744, 5e-4), ("retention_7", 0.1902, 0.1820, 0.00155, 5e-5)],
)
def test_cookie_cats_retention(
    shared_data: Path, column: str, control: float, candidate: float, p: float, slack: float
) -> None:
    """z 1.784, p 0.0744 and z 3.164, p 0.00155."""
    seen: Counter[tuple[str, bool]] = Counter()
    for row in rows(shared_data / "abtest" / "cookie_cats.csv"):
        seen[row["version"], row[column].upper() == "TRUE"] += 1
    n0, n1 = (sum(seen[arm, came] for came in (False, True)) for arm in ("gate_30", "gate_40"))
    s0, s1 = seen["gate_30", True], seen["gate_40", True]
    assert s0 / n0 == pytest.approx(control, abs=5e-5)
    assert s1 / n1 == pytest.approx(candidate, abs=5e-5)

    # The p-value is where the interval just touches zero.
    def by_score(level: float) -> Bounds:
        return difference_proportions(s1, n1, s0, n0, level=level)

    def by_welch(level: float) -> Bounds:
        m2_1, m2_0 = s1 * (n1 - s1) / n1, s0 * (n0 - s0) / n0
        return difference_means(n1, s1 / n1, m2_1, n0, s0 / n0, m2_0, level=level)

    for interval in (by_score, by_welch):
        assert interval(1 - p - slack).upper < 0 < interval(1 - p + slack).upper


def test_cookie_cats_sample_ratio(shared_data: Path) -> None:
    arms = Counter(row["version"] for row in rows(shared_data / "abtest" / "cookie_cats.csv"))
    assert arms == {"gate_30": 44_700, "gate_40": 45_489}
    assert sample_ratio_p(list(arms.values()), [0.5, 0.5]) == pytest.approx(0.0086, abs=5e-5)


@pytest.mark.parametrize(
    ("success", "difference", "lower", "upper"),
    [("Enrollments", -0.0206, -0.0291, -0.0120), ("Payments", -0.0049, -0.0116, 0.0019)],
)
def test_udacity_conversions(
    shared_data: Path, success: str, difference: float, lower: float, upper: float
) -> None:
    """Gross and net conversion on the 23 days with payments."""
    sums = {}
    for arm in ("experiment", "control"):
        days = rows(shared_data / "abtest" / f"udacity_{arm}.csv")[:23]
        sums[arm] = tuple(sum(int(float(day[column])) for day in days) for column in (success, "Clicks"))
    found = difference_proportions(*sums["experiment"], *sums["control"])
    assert (found.value, found.lower, found.upper) == pytest.approx((difference, lower, upper), abs=1e-4)


def test_krippendorff_s_example(shared_data: Path) -> None:
    """Three coders, 15 units with missing ones: nominal alpha 0.691."""
    given: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows(shared_data / "labels" / "krippendorff.csv"):
        given[row["item"]][row["label"]] += 1
    labels = sorted({label for item in given.values() for label in item})
    patterns = [[item[label] for label in labels] for item in given.values()]
    assert krippendorff_alpha_nominal(patterns) == pytest.approx(0.691, abs=5e-4)
    found = agreement_interval(patterns)
    assert found.lower < 0.691 < found.upper
