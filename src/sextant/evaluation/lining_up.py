"""Answers and right answers that lie in two tables, put beside each other; cases without a partner are an error."""

from __future__ import annotations

from dataclasses import replace

from sextant.errors import InvalidInput
from sextant.phrases import number
from sextant.tables import Table, known_column, same_values


def joined(answers: Table, labels: Table, key: str, target: str) -> Table:
    """The answers with the columns of the table of right answers, by a key that both have. A column that both have is
    taken from the answers, the target from the labels.

    Raises `InvalidInput` where a key stands twice on either side, or a case has an answer and no label, or a label and no
    answer: an evaluation on the cases that happen to line up is none.

    >>> import pyarrow as pa
    >>> from sextant.tables import engine, table
    >>> on = engine()
    >>> said = table(pa.table({"id": [1, 2], "said": ["a", "b"]}), name="said", on=on)
    >>> right = table(pa.table({"id": [2, 1], "is": ["b", "b"]}), name="right", on=on)
    >>> joined(said, right, "id", "is").count()
    2
    """
    known_column(target, labels.columns, labels.name)
    for side in (answers, labels):
        column = side.column(key)
        row = side.fetch(
            side.expr.aggregate(rows=side.expr.count(), keys=column.nunique(), there=column.count())
        )[0]
        if row["there"] < row["rows"]:
            raise InvalidInput(
                f"{number(row['rows'] - row['there'])} rows have no {key}",
                where=side.name,
                rule="a key names a row",
            )
        if row["keys"] < row["rows"]:
            raise InvalidInput(
                f"{number(row['rows'])} rows have {number(row['keys'])} different values of {key}",
                where=side.name,
                rule="a key names one row: a case that stands twice counts twice",
                todo="keep one row for each, or name another key",
            )
    mine, theirs = same_values(
        answers.column(key), labels.column(key), where=f"column {key} of {answers.name} and {labels.name}"
    )
    more = [c for c in labels.columns if c != key and (c == target or c not in answers.columns)]
    left = answers.expr.mutate(sextant_key=mine)
    left = left.drop(target) if target in answers.columns else left
    right = labels.expr.select(*more, sextant_label_key=theirs)
    both = left.join(right, left.sextant_key == right.sextant_label_key, how="outer")
    lost = answers.fetch(
        both.aggregate(
            unlabelled=both.sextant_label_key.isnull().sum(), unanswered=both.sextant_key.isnull().sum()
        )
    )[0]
    if lost["unlabelled"] or lost["unanswered"]:
        parts = []
        if lost["unlabelled"]:
            parts.append(f"{number(lost['unlabelled'])} answers have no right answer in {labels.name}")
        if lost["unanswered"]:
            parts.append(f"{number(lost['unanswered'])} right answers have no answer in {answers.name}")
        raise InvalidInput(
            " and ".join(parts),
            where=f"{answers.name} and {labels.name}, by {key}",
            rule="answers and right answers line up case by case",
            todo="take both from one version of the test set; an answer that the model did not give is an empty cell",
        )
    return replace(answers, expr=both.drop("sextant_key", "sextant_label_key"))
