"""An evaluation as text and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sextant.phrases import number, number_text, with_unit

if TYPE_CHECKING:
    from sextant.evaluation.evaluate import Answer, Evaluation

#: So many classes still make a readable matrix, so many slices a readable list.
_MOST_CLASSES = 12
_MOST_SEGMENTS = 20
_NAMES = {
    "roc_auc": "ROC AUC", "pr_auc": "PR AUC", "f1": "F1", "mae": "mean absolute error", "rmse": "root mean squared error",
    "r2": "R²", "mape": "mean relative error", "brier": "Brier score", "ndcg": "NDCG", "map": "MAP", "mrr": "MRR",
    "bleu": "BLEU", "chrf": "chrF", "rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L", "token_f1": "token F1",
}  # fmt: skip


def name_of(metric: str) -> str:
    """How a metric is called on paper.

    >>> name_of("f1_macro"), name_of("roc_auc"), name_of("ndcg@10")
    ('F1 macro', 'ROC AUC', 'NDCG@10')
    """
    base, at, k = metric.partition("@")
    if base in _NAMES:
        return _NAMES[base] + at + k
    words = base.replace("_", " ")
    return ("F1" + words[2:] if words.startswith("f1") else words) + at + k


def text(found: Evaluation) -> str:
    """As it is printed."""
    return "\n".join(_lines(found))


def _lines(found: Evaluation) -> Iterator[str]:
    about = f", about {found.positive}" if found.positive else ""
    yield f"{found.table}: {number(found.rows)} rows{about}; ranges at {number(found.level * 100)} %"
    for note in found.notes:
        yield f"! {note}"
    yield ""
    yield from columns(
        ("METRIC", "VALUE", "RANGE", "WHAT IT MEANS"),
        [(name_of(a.metric), value_of(a), range_of(a), meaning_of(a)) for a in found.answers],
    )
    if found.confusion is not None and len(found.confusion.labels) <= _MOST_CLASSES:
        matrix = found.confusion
        silent = ("no answer",) if len(matrix.counts[0]) > len(matrix.labels) else ()
        yield ""
        yield from columns(
            ("RIGHT \\ ANSWERED", *matrix.labels, *silent),
            [
                (name, *(f"{n:,}" for n in row))
                for name, row in zip(matrix.labels, matrix.counts, strict=True)
            ],
        )
    if found.curve:
        yield ""
        yield from columns(
            ("SCORE", "ROWS", "MEAN SCORE", "CAME TRUE"),
            [
                (
                    f"{s.low:.2f}–{s.high:.2f}", f"{s.rows:,}", with_unit(s.mean_score, "share"),
                    with_unit(s.positives / s.rows, "share"),
                )
                for s in found.curve
            ],
        )  # fmt: skip
    if found.threshold is not None:
        t = found.threshold
        cut = "never" if math.isinf(t.threshold) else f"from a score of {number(t.threshold, 4)} on"
        yield ""
        yield (
            f"Cheapest: call it {found.positive} {cut}. That costs {number(t.cost)} a row: {t.false_positives:,} false "
            f"alarms, {t.false_negatives:,} misses, {t.true_positives:,} found. It was chosen on these rows, so expect "
            "somewhat more on others."
        )
    if found.segments:
        yield ""
        shown = found.segments[:_MOST_SEGMENTS]
        metrics = [a.metric for a in shown[0].answers]
        yield from columns(
            ("SLICE, WORST FIRST", "ROWS", *(name_of(m).upper() for m in metrics[:1]), "RANGE",
             *(name_of(m).upper() for m in metrics[1:4]), "BY CHANCE"),
            [
                (
                    ", ".join(f"{k}={v}" for k, v in s.slice.items()), f"{s.rows:,}", value_of(s.answers[0]),
                    range_of(s.answers[0]), *(value_of(a) for a in s.answers[1:4]), chance(s.adjusted_p),
                )
                for s in shown
            ],
        )  # fmt: skip
        if len(found.segments) > len(shown):
            yield f"... and {len(found.segments) - len(shown)} more."
        yield (
            "BY CHANCE: how likely so large a distance to the rest would be by luck, adjusted for looking at all of them; "
            "below 0.05 it is more than luck."
        )


def chance(p: float | None) -> str:
    """A chance as it is read."""
    return "–" if p is None else "below 0.001" if p < 0.001 else f"{p:.3f}"


def value_of(answer: Answer) -> str:
    return "–" if answer.undefined else number_text(answer.value, answer.unit)


def range_of(answer: Answer) -> str:
    from sextant.phrases import interval_text

    return (
        "–" if answer.undefined or not answer.says else interval_text(answer.lower, answer.upper, answer.unit)
    )


def meaning_of(answer: Answer) -> str:
    if answer.undefined:
        return f"No number: {answer.undefined}."
    return answer.says or "Everything was counted, so there is no range."


def columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns under headings; the last is not padded."""
    widths = [max(len(r[i]) for r in [headings, *rows]) for i in range(len(headings))]
    for row in [headings, *rows]:
        yield "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()


def markdown(found: Evaluation) -> str:
    """As a table for a pull request or a page."""
    lines = [f"**{found.table}**: {number(found.rows)} rows", ""]
    lines += [f"> {note}" for note in found.notes]
    lines += ["", "| metric | value | range | what it means |", "|---|---:|---|---|"]
    lines += [
        f"| {name_of(a.metric)} | {value_of(a)} | {range_of(a)} | {meaning_of(a)} |" for a in found.answers
    ]
    if found.segments:
        first = found.segments[0].answers[0].metric
        lines += [
            "",
            f"| slice, worst first | rows | {name_of(first)} | range | by chance |",
            "|---|---:|---:|---|---|",
        ]
        lines += [
            f"| {', '.join(f'{k}={v}' for k, v in s.slice.items())} | {s.rows:,} | {value_of(s.answers[0])} | "
            f"{range_of(s.answers[0])} | {chance(s.adjusted_p)} |"
            for s in found.segments[:_MOST_SEGMENTS]
        ]
    return "\n".join(lines) + "\n"
