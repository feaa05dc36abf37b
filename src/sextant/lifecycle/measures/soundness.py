"""Whether a number counts: conditions that are looked at together with it, and written beside it."""

from __future__ import annotations

from sextant.config.model import Dataset
from sextant.evaluation.leakage import Shared, feature_columns, shared_rows
from sextant.evidence import Soundness
from sextant.lifecycle.measures.inputs import Answers, Inputs
from sextant.phrases import number


def whole_test_set(answers: Answers) -> list[Soundness]:
    """Whether every row of the dataset was answered: an accuracy on the rows that somebody picked is no
    accuracy."""
    if answers.answered is None or answers.rows is None:
        return []
    detail = f"{number(answers.answered)} of {number(answers.rows)} rows have an answer"
    return [Soundness(rule="whole_test_set", holds=answers.answered == answers.rows, detail=detail)]


def unseen(inputs: Inputs, test: str | None, train: str | None) -> list[Soundness]:
    """Whether the model never saw the test rows, and whether the training data holds equal ones.

    Both are looked at by content. A row that stands in both under one key was not held out; one that stands
    in both under any key has leaked. Without keys the two are one question.
    """
    if train is None:
        return []
    if test is None:
        detail = "nobody says which dataset was answered"
        return [Soundness(rule=rule, detail=detail) for rule in ("held_out", "no_leakage")]
    if inputs.digest(test) == inputs.digest(train):
        detail = "test and training data are one and the same"
        return [Soundness(rule=rule, holds=False, detail=detail) for rule in ("held_out", "no_leakage")]
    columns = features(inputs, test, train)
    if not columns:
        detail = f"{test} and {train} have no feature columns in common"
        return [Soundness(rule=rule, detail=detail) for rule in ("held_out", "no_leakage")]
    shared = compare(inputs, test, train, columns)
    key, other = inputs.config.datasets[test].key, inputs.config.datasets[train].key
    known = compare(inputs, test, train, (key, *columns)) if key is not None and key == other else shared
    said = "{} of {} test rows are in the training data"
    return [
        Soundness(
            rule="held_out",
            holds=known.shared_rows == 0,
            detail=said.format(number(known.shared_rows), number(known.test_rows))
            + (f" under the same {key}" if key is not None and key == other else ""),
        ),
        Soundness(
            rule="no_leakage",
            holds=shared.shared_rows == 0,
            detail=said.format(number(shared.shared_rows), number(shared.test_rows)),
        ),
    ]


def features(inputs: Inputs, test: str, train: str) -> tuple[str, ...]:
    """The columns by which rows of two datasets are compared."""
    one, other = inputs.config.datasets[test], inputs.config.datasets[train]
    stated = one.features or other.features
    return stated or feature_columns(
        inputs.table(test), inputs.table(train), but=[*_labels(one), *_labels(other)]
    )


def compare(inputs: Inputs, test: str, train: str, columns: tuple[str, ...]) -> Shared:
    """Rows that stand in both, looked up once for all checks that ask."""
    asked = (test, train, columns)
    if asked not in inputs.shared:
        inputs.shared[asked] = shared_rows(inputs.table(test), inputs.table(train), columns)
    return inputs.shared[asked]


def _labels(dataset: Dataset) -> list[str | None]:
    return [dataset.key, dataset.target, dataset.time, *dataset.groups]


def not_opposed(counts: tuple[int, int, int, int]) -> Soundness:
    """Whether two models err together rather than on opposite rows, so that the range of their difference
    is wide enough though both answered the same rows."""
    both, first, second, neither = counts
    detail = f"both right {number(both)}, only one of them {number(first)} and {number(second)}, neither {number(neither)}"
    return Soundness(rule="errors_not_opposed", holds=first * second <= both * neither, detail=detail)
