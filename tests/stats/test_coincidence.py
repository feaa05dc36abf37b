"""Agreement between two, and with an order of labels: by hand, published, and against the peers."""

from __future__ import annotations

import csv
import math
import warnings
from collections import Counter
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from sextant.errors import InvalidInput
from sextant.stats import (
    agreement_interval,
    cohen_interval,
    cohen_kappa,
    krippendorff_alpha,
    krippendorff_alpha_nominal,
    krippendorff_interval,
    percent_agreement,
)

#: Rows of 0 to 4 ratings over four labels.
tables = st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=1, max_size=12)
confusions = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 30), min_size=k, max_size=k), min_size=k, max_size=k)
)


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
@given(patterns=tables)
def test_alpha_is_that_of_the_krippendorff_package(patterns: list[list[int]], metric: str) -> None:
    ours = krippendorff_alpha(patterns, metric=metric)
    if math.isnan(ours):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = krippendorff.alpha(value_counts=np.array(patterns), level_of_measurement=metric)
    assert ours == pytest.approx(float(theirs), abs=1e-12)


@given(tables)
def test_the_two_ways_to_the_nominal_alpha_agree(patterns: list[list[int]]) -> None:
    assert krippendorff_alpha(patterns) == pytest.approx(krippendorff_alpha_nominal(patterns), nan_ok=True)


def test_alpha_of_the_textbook(shared_data: Path) -> None:
    with (shared_data / "labels" / "krippendorff.csv").open() as rows:
        found = list(csv.DictReader(rows))
    labels = sorted({r["label"] for r in found})
    items: dict[str, Counter[str]] = {}
    for row in found:
        items.setdefault(row["item"], Counter())[row["label"]] += 1
    patterns = [[one[label] for label in labels] for one in items.values()]
    assert krippendorff_alpha(patterns) == pytest.approx(0.691, abs=5e-4)
    values = [float(label) for label in labels]
    assert krippendorff_alpha(patterns, metric="interval", values=values) == pytest.approx(0.811, abs=5e-4)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("none", None), ("linear", "linear"), ("quadratic", "quadratic")]
)
@given(confusion=confusions)
def test_kappa_is_scikit_learns(confusion: list[list[int]], ours: str, theirs: str | None) -> None:
    found = cohen_kappa(confusion, weights=ours)
    if math.isnan(found):
        return
    one, other = np.nonzero(np.array(confusion) >= 0)
    times = np.array(confusion).ravel()
    labels = list(range(len(confusion)))
    peer = cohen_kappa_score(one, other, labels=labels, weights=theirs, sample_weight=times)
    assert found == pytest.approx(float(peer), abs=1e-12)


def test_one_label_throughout_is_undefined_and_says_why() -> None:
    assert math.isnan(cohen_kappa([[9, 0], [0, 0]]))
    assert math.isnan(krippendorff_alpha([[2, 0], [3, 0]], metric="interval"))
    assert math.isnan(percent_agreement([[1, 0]]))
    assert "cannot be told from chance" in str(cohen_interval([[9, 0], [0, 0]]).undefined)
    assert "two items" in str(cohen_interval([[1, 0], [0, 0]]).undefined)


def test_values_move_the_interval_alpha_and_only_that() -> None:
    patterns = [[2, 0, 0], [1, 1, 0], [0, 0, 2], [0, 1, 1]]
    assert krippendorff_alpha(patterns, metric="interval", values=[1, 2, 9]) != krippendorff_alpha(
        patterns, metric="interval"
    )
    turned = [row[::-1] for row in patterns]
    assert krippendorff_alpha(turned, metric="ordinal", values=[3, 2, 1]) == pytest.approx(
        krippendorff_alpha(patterns, metric="ordinal")
    )
    with pytest.raises(InvalidInput, match="only the ordinal and the interval"):
        krippendorff_alpha(patterns, values=[1, 2, 3])
    with pytest.raises(InvalidInput, match="one for each label"):
        krippendorff_alpha(patterns, metric="interval", values=[1, 2])
    with pytest.raises(InvalidInput, match="one row and one column"):
        cohen_kappa([[1, 2]])


@pytest.mark.parametrize("times", [[40, 10, 10, 40], [5, 0, 0, 6]])
def test_the_two_intervals_of_the_nominal_alpha_are_one(times: list[int]) -> None:
    patterns = [[3, 0], [2, 1], [1, 2], [0, 3]]
    ours, other = krippendorff_interval(patterns, times), agreement_interval(patterns, times)
    assert (ours.value, ours.lower, ours.upper) == pytest.approx((other.value, other.lower, other.upper))


def test_the_bootstrap_of_kappa_covers_like_that_of_alpha() -> None:
    # Two raters are a special case of many: the intervals are nearly the same.
    kappa = cohen_interval([[40, 6], [6, 48]])
    alpha = agreement_interval([[2, 0], [1, 1], [0, 2]], [40, 12, 48])
    assert (kappa.lower, kappa.upper) == pytest.approx((alpha.lower, alpha.upper), abs=0.03)
