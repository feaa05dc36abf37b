"""`sextant evaluate-lists`, `evaluate-texts` and `find-errors`: ranked lists, generated texts, and where a model
fails."""

from __future__ import annotations

import click

from sextant_cli import output
from sextant_cli.common import as_json_option
from sextant_cli.evaluate import (
    answers_with_labels,
    as_plain,
    format_option,
    key_option,
    labels_option,
    level_option,
    source_of,
)

_CLUSTER = click.option(
    "--cluster", metavar="COLUMN", help="The unit that has several cases, such as a user: ranges are widened for it."
)  # fmt: skip


@click.command("evaluate-lists")
@click.argument("lists")
@click.option("--query", required=True, metavar="COLUMN", help="The column that names the list.")
@click.option("--item", metavar="COLUMN", help="The column with the item.")
@click.option("--relevance", metavar="COLUMN", help="How relevant it is: 0 or 1, or a grade.")
@click.option("--rank", metavar="COLUMN", help="Its place in the list, from 1 on.")
@click.option("--score", metavar="COLUMN", help="In place of a rank: the highest comes first.")
@click.option("--clicked", metavar="COLUMN", help="Whether it was clicked.")
@click.option("--category", metavar="COLUMN", help="What kind of item it is, for diversity.")
@click.option("--popularity", metavar="COLUMN", help="The item's share of all interactions, for novelty.")
@click.option("--catalogue", type=click.IntRange(1), help="How many items there are.")
@click.option("-k", type=click.IntRange(1), default=10, show_default=True, help="How many items are shown.")
@_CLUSTER
@level_option
@format_option
def lists_(
    lists: str, query: str, item: str | None, relevance: str | None, rank: str | None, score: str | None,
    clicked: str | None, category: str | None, popularity: str | None, catalogue: int | None, k: int, cluster: str | None,
    level: float, form: str,
) -> None:  # fmt: skip
    """How good ranked lists are: search results and recommendations.

    LISTS is a table with a row for each item of each list. NDCG, MAP, MRR, recall, precision and hit rate of the first
    k; click-through rate; diversity, novelty and how much of the catalogue is shown: what the columns allow.

    \b
      sextant evaluate-lists shown.parquet --query session --item sku --rank place --clicked clicked --cluster user
    """
    from sextant.evaluation.ranking import evaluate_lists

    found = evaluate_lists(
        source_of(lists), query=query, item=item, relevance=relevance, rank=rank, score=score, clicked=clicked,
        category=category, popularity=popularity, catalogue=catalogue, k=k, cluster=cluster, level=level,
    )  # fmt: skip
    _print(found, form)


@click.command("evaluate-texts")
@click.argument("texts")
@click.option("--text", metavar="COLUMN", help="The column with the generated text.")
@click.option(
    "--reference", "references", multiple=True, metavar="COLUMN", help="An expected text; may be given again."
)
@click.option("--citations", metavar="COLUMN", help="How many sources the text names, or which.")
@click.option("--rating", metavar="COLUMN", help="What people gave.")
@click.option(
    "--logprob", metavar="COLUMN", help="The summed natural logarithm of its tokens' probabilities."
)
@click.option("--tokens", metavar="COLUMN", help="How many tokens that were.")
@click.option(
    "--resamples",
    type=click.IntRange(100),
    default=1000,
    show_default=True,
    help="For the ranges of BLEU and chrF.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws other resamples.")
@_CLUSTER
@level_option
@format_option
def texts_(
    texts: str, text: str | None, references: tuple[str, ...], citations: str | None, rating: str | None,
    logprob: str | None, tokens: str | None, resamples: int, seed: int, cluster: str | None, level: float, form: str,
) -> None:  # fmt: skip
    """How good generated texts are.

    Against references, by sources, by people, by their own probabilities.

    TEXTS is a table with a row for each text. BLEU and chrF (with the extra `generation`), ROUGE, exact match, token F1,
    length, citation coverage, ratings, perplexity: what the columns allow.

    \b
      sextant evaluate-texts drafts.parquet --text draft --reference sent --citations sources --rating stars
    """
    from sextant.evaluation.generation import evaluate_texts

    found = evaluate_texts(
        source_of(texts), text=text, references=references, citations=citations, rating=rating, logprob=logprob,
        tokens=tokens, resamples=resamples, seed=seed, cluster=cluster, level=level,
    )  # fmt: skip
    _print(found, form)


def _print(found: object, form: str) -> None:
    from sextant.evaluation.evaluate import Evaluation
    from sextant.evaluation.evaluate_text import markdown

    assert isinstance(found, Evaluation)  # noqa: S101 - for the type checker
    if form == "json":
        output.as_json(as_plain(found))
    elif form == "markdown":
        click.echo(markdown(found), nl=False)
    else:
        output.say(str(found))


@click.command("find-errors")
@click.argument("predictions")
@click.option("--target", required=True, metavar="COLUMN", help="The column with the right answer.")
@click.option("--prediction", required=True, metavar="COLUMN", help="The column with the model's answer.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="COLUMN",
    help="Look in this column only; may be given again.",
)
@click.option("--text", metavar="COLUMN", help="Texts of the cases: wrong ones are gathered by their words.")
@click.option("--score", metavar="COLUMN", help="A score from 0 to 1: the surest mistakes come first.")
@click.option(
    "--fewest",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="Slices with fewer rows are not looked at.",
)
@click.option(
    "--false-alarms", type=click.FloatRange(0, 1, min_open=True), default=0.05, show_default=True,
    help="Of the slices shown, at most this share are luck.",
)  # fmt: skip
@click.option(
    "--examples",
    type=click.IntRange(0, 1000),
    default=5,
    show_default=True,
    help="How many wrong cases are shown.",
)
@labels_option
@key_option
@level_option
@as_json_option
def errors(
    predictions: str, target: str, prediction: str, columns: tuple[str, ...], text: str | None, score: str | None,
    fewest: int, false_alarms: float, examples: int, labels: str | None, key: str | None, level: float, form: str,
) -> int:  # fmt: skip
    """Where a model fails: slices that do worse by more than luck, wrong cases.

    Every value of every column and every pair of two is looked at; what is shown does worse by more than luck, adjusted
    for looking at all of them. First comes what costs most right answers.

    The exit code is 1 if a slice does worse, else 0.

    \b
      sextant find-errors answers.parquet --target label --prediction said --text message
    """
    from sextant.evaluation.worst import error_clusters, worst_slices, wrong_cases

    table = answers_with_labels(predictions, labels, key, target)
    look_in = columns or tuple(c for c in table.columns if c not in (target, prediction, text, score, key))
    found = worst_slices(
        table, target=target, prediction=prediction, columns=look_in, fewest=fewest, false_alarms=false_alarms,
        level=level,
    )  # fmt: skip
    worst = found.worse[0].slice if found.worse else {}
    values = {
        k: v for k, v in worst.items() if v != "missing" and " to " not in v and not v.startswith("above ")
    }
    cases = wrong_cases(
        table, target=target, prediction=prediction, score=score, where=values, most=examples
    ) if examples else []  # fmt: skip
    clusters = []
    if text is not None:
        wrong = wrong_cases(table, target=target, prediction=prediction, show=[text], most=20_000)
        clusters = error_clusters([str(c.shown[text]) for c in wrong if c.shown[text] is not None])
    if form == "json":
        output.as_json({"search": found, "examples": cases, "clusters": clusters})
        return 1 if found.worse else 0
    output.say(str(found))
    if clusters:
        output.say()
        rows = [(f"{c.cases:,}", ", ".join(c.words), c.example) for c in clusters]
        output.table(("WRONG", "WORDS IN COMMON", "ONE OF THEM"), rows)
    if cases:
        output.say()
        shown = list(cases[0].shown)
        output.table(
            ("RIGHT", "ANSWERED", *(c.upper() for c in shown)),
            [(c.right, c.answered, *(str(c.shown[s])[:80] for s in shown)) for c in cases],
        )
    return 1 if found.worse else 0
