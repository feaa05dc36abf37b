"""Labels that a model confidently contradicts: which are probably wrong, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sextant.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """What confident learning says of a set of labels.

    joint       given label by probable label: estimated numbers of items, each row adding up to the items that
                have the given label
    wrong       estimated share of wrong labels: what lies off the joint's diagonal
    suspects    places of the items that were confidently taken for another label, the surest error first
    better      of each suspect the place of the label that it probably has
    margin      of each suspect the probability of its label minus that of the better one: below zero, and the
                lower the surer
    thresholds  of each label how sure the model is on the average of items that have it; nan where none has it
    """

    joint: NDArray[np.float64]
    wrong: float
    suspects: NDArray[np.int64]
    better: NDArray[np.int64]
    margin: NDArray[np.float64]
    thresholds: NDArray[np.float64]


def label_errors(label: NDArray[np.int64], probability: NDArray[np.float64]) -> LabelErrors:
    """Find labels that are probably wrong, by confident learning.

    label         of each item the place of its label among the columns of `probability`
    probability   items by labels: what a model gives each label. **Out of sample**: from a model that did not see
                  the item in training (cross-validation), else it only repeats the label

    An item is counted as of label j when the model is at least as sure of j as it is on the average of items
    labeled j; of several such labels the likeliest counts. Who is labeled i and counted as j is a suspect.

    Raises `InvalidInput` for arrays that do not fit, labels out of range, and probabilities outside 0 to 1 or
    whose rows do not add up to 1 (to 1e-3).

    Source: Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels" (2021),
    section 3.1 (equations 1 and 2, and the calibration of equation 3); the order is by normalized margin (3.2).

    >>> import numpy as np
    >>> sure = np.array([[.9, .1], [.8, .2], [.1, .9], [.05, .95], [.2, .8]])
    >>> found = label_errors(np.array([0, 0, 0, 1, 1]), sure)
    >>> found.suspects.tolist(), found.better.tolist(), round(found.wrong, 2)
    ([2], [1], 0.2)
    """
    import numpy as np

    label, probability = np.asarray(label), np.asarray(probability, dtype=np.float64)
    if probability.ndim != 2 or label.shape != (len(probability),) or not len(label):
        raise InvalidInput(
            f"{label.shape} labels do not fit probabilities of shape {probability.shape}",
            rule="one label and one row of probabilities an item, at least one item",
        )
    n, k = probability.shape
    if label.min() < 0 or label.max() >= k:
        raise InvalidInput(
            f"a label is {label.min() if label.min() < 0 else label.max()}",
            rule=f"the place of one of the {k} columns of probabilities",
        )
    bad = ~(
        (probability >= 0).all(axis=1)
        & (probability <= 1).all(axis=1)
        & (abs(probability.sum(axis=1) - 1) < 1e-3)
    )
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        raise InvalidInput(
            f"row {place + 1} has the probabilities {', '.join(f'{p:.4g}' for p in probability[place][:6])}",
            rule="each is 0 to 1, and a row adds up to 1",
            todo="give probabilities of all labels, not scores",
        )
    count = np.bincount(label, minlength=k)
    own = probability[np.arange(n), label]
    sums = np.bincount(label, weights=own, minlength=k)
    thresholds = np.divide(sums, count, out=np.full(k, np.nan), where=count > 0)
    # A label that no item has cannot be somebody's better label: nothing is at or above nan.
    with np.errstate(invalid="ignore"):
        reaches = probability >= thresholds[None, :] - 1e-12
    counted = reaches.any(axis=1)
    likely = np.where(reaches, probability, -1.0).argmax(axis=1)
    joint = np.bincount(label[counted] * k + likely[counted], minlength=k * k).reshape(k, k).astype(float)
    # Each given label has at least its own place, so that a row of zeros keeps its items.
    empty = joint.sum(axis=1) == 0
    joint[empty, empty] = 1
    joint *= (count / joint.sum(axis=1))[:, None]
    suspect = np.flatnonzero(counted & (likely != label))
    margin = own[suspect] - probability[suspect, likely[suspect]]
    order = np.argsort(margin, kind="stable")
    return LabelErrors(
        joint,
        float(1 - np.trace(joint) / n),
        suspect[order],
        likely[suspect][order],
        margin[order],
        thresholds,
    )
