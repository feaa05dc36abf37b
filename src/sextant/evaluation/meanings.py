"""What each metric says to somebody who builds or uses the product: one sentence, with the range in it."""

from __future__ import annotations

import math
from collections.abc import Callable

from sextant.phrases import number, with_unit


def _of_100(lower: float, upper: float) -> str:
    low, high = math.floor(lower * 100 + 1e-9), math.ceil(upper * 100 - 1e-9)
    return f"{low}" if low == high else f"{low} to {high}"


def _per_100(text: str) -> Callable[[float, float, float, str], str]:
    return lambda value, lower, upper, about: text.format(
        range=_of_100(lower, upper), about=about or "the class"
    )


def _share(text: str) -> Callable[[float, float, float, str], str]:
    return lambda value, lower, upper, about: text.format(
        low=number(lower), high=number(upper), about=about or "the class", value=number(value)
    )


_SAYS: dict[str, Callable[[float, float, float, str], str]] = {
    "accuracy": _per_100("Of 100 answers, {range} are right."),
    "precision": _per_100("Of 100 cases that it calls {about}, {range} really are."),
    "recall": _per_100("Of 100 cases that are {about}, it finds {range}."),
    "specificity": _per_100("Of 100 cases that are not {about}, it leaves {range} alone."),
    "false_positive_rate": _per_100("Of 100 cases that are not {about}, it calls {range} so all the same."),
    "f1": _share(
        "Finding {about} and being right about it, in one number from 0 to 1: between {low} and {high}."
    ),
    "balanced_accuracy": _per_100("Of 100 cases of a class, on average over the classes, it gets {range} right."),
    "precision_macro": _per_100("Of 100 answers of a class, on average over the classes, {range} are right."),
    "recall_macro": _per_100("Of 100 cases of a class, on average over the classes, it finds {range}."),
    "f1_macro": _share("F1 averaged over the classes, rare ones counting as much as common ones: {low} to {high}."),
    "precision_weighted": _per_100(
        "Of 100 answers of a class, {range} are right, classes weighed by how often they occur."
    ),
    "recall_weighted": _per_100("Of 100 cases, it gets {range} right, whatever their class."),
    "f1_weighted": _share("F1 averaged over the classes, common ones counting more: {low} to {high}."),
    "precision_micro": _per_100("Of 100 answers that it gives, {range} are right."),
    "recall_micro": _per_100("Of 100 cases, {range} are answered right."),
    "f1_micro": _share("F1 over all rows together, which is their share of right answers: {low} to {high}."),
    "roc_auc": _per_100("Shown one case of either kind, the score puts the right one first in {range} of 100 tries."),
    "pr_auc": _per_100("Going down from the highest score, {range} of 100 calls are right on average over the finds."),
    "log_loss": _share("How surprised the score is by what came true: {low} to {high}; 0 is never, and 0.693 a coin."),
    "brier": _share("The squared error of the score: {low} to {high}; 0 is perfect, 0.25 what always saying 50 % gets."),
    "calibration_error": _per_100(
        "Its percentages are off by {range} points on average: of cases that it calls 80 % sure, not 80 % come true."
    ),
    "ndcg": _share("How near its order comes to the best possible one, from 0 to 1: {low} to {high}."),
    "map": _share("How far up the relevant items stand, from 0 to 1: {low} to {high}."),
    "mrr": _share("1 over the place of the first relevant item, on average: {low} to {high}; 0.5 is the second place."),
    "recall_at_k": _per_100("Of 100 relevant items, {range} are on the first page."),
    "precision_at_k": _per_100("Of 100 items shown on the first page, {range} are relevant."),
    "hit_rate": _per_100("Of 100 lists, {range} show at least one relevant item."),
    "click_through_rate": _per_100("Of 100 items shown, {range} are clicked."),
    "catalogue_coverage": _per_100("Of 100 items in the catalogue, {range} are ever shown."),
    "diversity": _share("How different the items of one list are, from 0 (all alike) to 1: {low} to {high}."),
    "novelty": _share("How little known the shown items are, in bits: {low} to {high}; one bit more is half as popular."),
    "exact_match": _per_100("Of 100 texts, {range} are exactly the expected one."),
    "token_f1": _share("How far words of text and reference overlap, from 0 to 1: {low} to {high}."),
    "bleu": _share("Overlap of word sequences with the references, 0 to 100: {low} to {high}."),
    "chrf": _share("Overlap of letter sequences with the references, 0 to 100: {low} to {high}."),
    "rouge1": _share("How far single words overlap with the reference, from 0 to 1: {low} to {high}."),
    "rouge2": _share("How far pairs of words overlap with the reference, from 0 to 1: {low} to {high}."),
    "rougeL": _share("How long a run of the reference's words stands in order, from 0 to 1: {low} to {high}."),
    "perplexity": _share("At each step it hesitates as between so many equally likely words: {low} to {high}."),
    "length": _share("Words in a text on average: {low} to {high}."),
    "length_ratio": _share("So many times as long as the reference: {low} to {high}."),
    "citation_coverage": _per_100("Of 100 texts, {range} name a source."),
    "rating": _share("What people gave on average: {low} to {high}."),
    "r2": _share("So much of the ups and downs it explains: {low} to {high}; 1 is all, 0 no more than the mean does."),
    "mape": _per_100("It is off by {range} % of the right number on average."),
    "calls_found": _per_100("Of 100 cases, {range} are found."),
}  # fmt: skip
_IN_UNITS = {
    "mae": "On average it is off by between {low} and {high}.",
    "rmse": "It is off by between {low} and {high}, large misses counting more.",
    "mse": "Its squared error is between {low} and {high}.",
    "median_absolute_error": "Half of its answers are off by less than this: between {low} and {high}.",
    "bias": "On average it says too much by between {low} and {high}; below 0 it says too little.",
    "cost": "A case costs between {low} and {high} on average.",
}


def sentence(
    metric: str, value: float, lower: float, upper: float, *, n: int, about: str = "", unit: str = ""
) -> str:
    """What a metric means for users.

    >>> sentence("recall", 0.9, 0.86, 0.934, n=200, about="fraud")
    'Of 100 cases that are fraud, it finds 86 to 94.'
    """
    if metric in _IN_UNITS:
        return _IN_UNITS[metric].format(low=with_unit(lower, unit), high=with_unit(upper, unit))
    name, at, _k = metric.partition("@")
    if at:
        name = {"recall": "recall_at_k", "precision": "precision_at_k"}.get(name, name)
    says = _SAYS.get(name)
    if says is None:
        return f"It lies between {with_unit(lower, unit)} and {with_unit(upper, unit)}."
    return says(value, lower, upper, about)
