"""Labels that a model contradicts: planted errors are found, and the numbers are cleanlab's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sextant.data.label_errors import label_errors
from sextant.errors import InvalidInput


def test_wrong_labels_that_were_planted_among_digits_are_found() -> None:
    x, truth = load_digits(return_X_y=True)
    rng = np.random.default_rng(3)
    given, wrong = truth.copy(), rng.choice(len(truth), 90, replace=False)
    given[wrong] = (truth[wrong] + rng.integers(1, 10, 90)) % 10
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    found = label_errors(given, cross_val_predict(model, x, given, cv=5, method="predict_proba"))
    hit = np.isin(found.suspects, wrong)
    # Half of what it suspects is wrong, where one of twenty is; among the surest seven of ten.
    assert hit.mean() > 0.45 and hit[:40].mean() > 0.7
    assert hit.sum() > 0.7 * len(wrong)
    assert (truth[found.suspects] == found.better)[hit].mean() > 0.85
    assert 0.04 < found.wrong < 0.12
    assert found.joint.sum() == pytest.approx(len(truth))
    assert found.joint.sum(axis=1) == pytest.approx(np.bincount(given, minlength=10))


#: cleanlab 2.9.0: find_label_issues(..., filter_by="confident_learning", return_indices_ranked_by="normalized_margin")
#: and compute_confident_joint(..., calibrate=True), which rounds to whole items, on the arrays below.
CLEANLAB = [14, 15, 13, 12]
CLEANLAB_JOINT = [[4, 1, 0], [0, 4, 1], [2, 0, 4]]


def test_as_cleanlab() -> None:
    rng = np.random.default_rng(0)
    label = np.array([0] * 4 + [1] * 4 + [2] * 4 + [0, 1, 2, 2])
    probability = np.eye(3)[label] * 0.6 + rng.dirichlet([2, 2, 2], 16) * 0.4
    for place, better in ((12, 1), (13, 2), (14, 0), (15, 0)):
        probability[place] = np.eye(3)[better] * 0.7 + probability[place] * 0.3
    probability /= probability.sum(axis=1, keepdims=True)
    found = label_errors(label, probability)
    assert found.suspects.tolist() == CLEANLAB
    assert found.joint == pytest.approx(np.array(CLEANLAB_JOINT), abs=0.5)


def test_a_label_that_nobody_gave_is_nobodys_better_label() -> None:
    probability = np.array([[0.2, 0.2, 0.6], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    found = label_errors(np.array([0, 0, 1]), probability)
    assert 2 not in found.better
    assert np.isnan(found.thresholds[2])


@pytest.mark.parametrize(
    ("label", "probability", "words"),
    [
        ([0], [[0.5, 0.6]], "adds up to 1"),
        ([0], [[1.5, -0.5]], "0 to 1"),
        ([0], [[float("nan"), 1.0]], "0 to 1"),
        ([2], [[0.5, 0.5]], "a label is 2"),
        ([-1], [[0.5, 0.5]], "a label is -1"),
        ([0, 1], [[0.5, 0.5]], "do not fit"),
        ([], np.zeros((0, 2)), "do not fit"),
    ],
)
def test_bad_input(label: list[int], probability: list[list[float]], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        label_errors(np.array(label, dtype=np.int64), np.array(probability))
