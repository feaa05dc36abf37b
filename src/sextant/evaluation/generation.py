"""How good generated texts are: against references, by their own probabilities, by their sources and by people.

    bleu, chrf               overlap with the references over all texts, by sacrebleu
    rouge1, rouge2, rougeL   overlap text by text
    exact_match, token_f1    the same text, the same words
    length, length_ratio     words, and words beside the reference's
    perplexity               from the probabilities that the model gave its own tokens
    citation_coverage        texts that name a source
    rating                   what people gave

Each text is a case; ranges are over texts, or over the units (documents, users) that have several.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sextant.errors import InvalidInput, Unavailable
from sextant.evaluation.counting import label
from sextant.evaluation.evaluate import Answer, Evaluation, made
from sextant.evaluation.meanings import sentence
from sextant.evaluation.rouge import rouge_l, rouge_n
from sextant.evaluation.units import ratio_sums
from sextant.evidence import Estimate, Mean, Proportion
from sextant.model_evidence import Ratio
from sextant.phrases import number
from sextant.stats.moments import Moments
from sextant.stats.resampling import bootstrap_units
from sextant.tables import Table
from sextant.tables import table as open_table

_ANY = "name the text, its references, its sources, its rating or its log-probability"


def evaluate_texts(
    source: Any,
    *,
    text: str | None = None,
    references: Sequence[str] = (),
    citations: str | None = None,
    rating: str | None = None,
    logprob: str | None = None,
    tokens: str | None = None,
    cluster: str | None = None,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Evaluation:
    """Every metric of generated texts that the columns allow.

    text         the column with the generated text; a missing text is an empty one
    references   columns with expected texts
    citations    a column that says how many sources a text names (a number, yes/no, or text that is empty without any)
    rating       a column with what people gave
    logprob      a column with the summed natural logarithm of the probabilities of a text's tokens
    tokens       a column with how many tokens that were
    cluster      the unit that has several texts

    BLEU and chrF need the extra `generation`. Raises `InvalidInput` for a reference that is missing, a log-probability
    above 0, or where there is nothing to judge.

    >>> import pyarrow as pa
    >>> rows = {"said": ["a cat sat", "no"], "right": ["a cat sat down", "yes"]}
    >>> found = evaluate_texts(pa.table(rows), text="said", references=["right"])
    >>> round(found["rougeL"].value, 3), found["exact_match"].value
    (0.429, 0.0)
    """
    table = source if isinstance(source, Table) else open_table(source)
    asked = [c for c in (text, *references, citations, rating, logprob, tokens, cluster) if c]
    if not asked or asked == [cluster]:
        raise InvalidInput("there is nothing to judge", where=table.name, rule=_ANY)
    rows = table.arrow(table.expr.select(**{f"c{i}": table.column(c) for i, c in enumerate(asked)}))
    columns = {c: rows[f"c{i}"].to_pylist() for i, c in enumerate(asked)}
    n = rows.num_rows
    if not n:
        raise InvalidInput("there are no rows", where=table.name)
    unit = _units(table, columns, cluster)
    answers: list[Answer] = []
    notes: list[str] = []

    def mean(metric: str, values: Sequence[float | None], unit_name: str = "1") -> None:
        answers.append(_mean(metric, values, unit, level, unit_name))

    if text is not None:
        said = ["" if t is None else str(t) for t in columns[text]]
        silent = sum(t is None for t in columns[text])
        if silent:
            notes.append(f"{number(silent)} texts are missing and count as empty.")
        mean("length", [float(len(t.split())) for t in said])
        if references:
            wanted = [_references(table, references, columns, i) for i in range(n)]
            answers += _against(said, wanted, unit, resamples, seed, level, notes)
    if citations is not None:
        cited = [_cites(v) for v in columns[citations]]
        answers.append(_share("citation_coverage", cited, unit, level))
    if rating is not None:
        given = [None if v is None or v != v else float(v) for v in columns[rating]]
        lacking = sum(v is None for v in given)
        if lacking:
            notes.append(f"{number(lacking)} texts have no rating.")
        mean("rating", given)
    if logprob is not None:
        answers.append(_perplexity(table, columns, logprob, tokens, unit, level))
    if not answers:
        raise InvalidInput("there is nothing to judge", where=table.name, rule=_ANY)
    return Evaluation(
        table=table.name, task="generation", rows=n, level=level, answers=tuple(answers), notes=tuple(notes)
    )


def _units(table: Table, columns: dict[str, list[Any]], cluster: str | None) -> Any:
    import numpy as np

    if cluster is None:
        return None
    if any(v is None for v in columns[cluster]):
        raise InvalidInput(
            "a text says of no unit that it is its own", where=f"{table.name}, column {cluster}"
        )
    _, unit = np.unique([label(v) for v in columns[cluster]], return_inverse=True)
    return unit


def _references(table: Table, names: Sequence[str], columns: dict[str, list[Any]], i: int) -> list[str]:
    found = [str(columns[name][i]) for name in names if columns[name][i] is not None]
    if not found:
        raise InvalidInput(
            f"row {i + 1} has no reference",
            where=f"{table.name}, {', '.join(names)}",
            rule="a text is compared with what was expected",
            todo="give it one, or leave the row out on purpose",
        )
    return found


def _against(
    said: list[str],
    wanted: list[list[str]],
    unit: Any,
    resamples: int,
    seed: int,
    level: float,
    notes: list[str],
) -> list[Answer]:
    def best(measure: Callable[[str, str], float]) -> list[float | None]:
        return [max(measure(r, t) for r in refs) for t, refs in zip(said, wanted, strict=True)]

    answers = [
        _share("exact_match", [float(t.strip() in {r.strip() for r in refs}) for t, refs in zip(said, wanted, strict=True)],
               unit, level)
    ]  # fmt: skip
    for metric, measure in (
        ("token_f1", token_f1),
        ("rouge1", lambda r, t: rouge_n(r, t, 1).f),
        ("rouge2", lambda r, t: rouge_n(r, t, 2).f),
        ("rougeL", lambda r, t: rouge_l(r, t).f),
    ):
        answers.append(_mean(metric, best(measure), unit, level, "1"))
    lengths = [len(t.split()) / max(len(refs[0].split()), 1) for t, refs in zip(said, wanted, strict=True)]
    answers.append(_mean("length_ratio", lengths, unit, level, "1"))
    try:
        answers += [
            _corpus(metric, said, wanted, unit, resamples, seed, level) for metric in ("bleu", "chrf")
        ]
    except Unavailable as lacking:
        notes.append(f"BLEU and chrF are left out: {lacking.what}. {lacking.todo}.")
    return answers


def token_f1(reference: str, text: str) -> float:
    """The harmonic mean of precision and recall of words, as in SQuAD: small letters, no punctuation, no articles; two
    empty texts are alike.

    Source: Rajpurkar, Zhang, Lopyrev and Liang, "SQuAD: 100,000+ questions for machine comprehension of text" (2016),
    section 6.1.

    >>> token_f1("The cat sat.", "a cat sat down")
    0.8
    """
    import string

    def plain(value: str) -> list[str]:
        kept = "".join(c for c in value.lower() if c not in string.punctuation)
        return [w for w in kept.split() if w not in ("a", "an", "the")]

    wanted, said = plain(reference), plain(text)
    if not wanted or not said:
        return float(wanted == said)
    shared = sum((Counter(wanted) & Counter(said)).values())
    return 2 * shared / (len(wanted) + len(said))


def _corpus(
    metric: str, said: list[str], wanted: list[list[str]], unit: Any, resamples: int, seed: int, level: float
) -> Answer:
    """BLEU or chrF over all texts; its range from drawing texts (or units) again, by their own sums."""
    try:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise Unavailable(
            "sacrebleu is not installed", todo="Install Sextant with its extra: sextant[generation]"
        ) from error
    import numpy as np

    scorer = BLEU() if metric == "bleu" else CHRF()
    most = max(map(len, wanted))
    streams: Any = [[refs[k] if k < len(refs) else None for refs in wanted] for k in range(most)]
    stats = np.asarray(scorer._extract_corpus_statistics(said, streams), dtype=np.float64)
    if unit is not None:
        by = np.zeros((int(unit.max()) + 1, stats.shape[1]))
        np.add.at(by, unit, stats)
        stats = by

    def score(totals: Any) -> Any:
        return np.array([scorer._compute_score_from_stats([int(v) for v in row]).score for row in totals])

    bounds = bootstrap_units(stats, score, resamples=resamples, seed=seed, level=level)
    says = sentence(metric, bounds.value, bounds.lower, bounds.upper, n=len(said))
    statistics = {"value": bounds.value, "n": len(said)}
    return Answer(
        metric, bounds.value, bounds.lower, bounds.upper, bounds.method, len(said), "1", says, Estimate, statistics,
        bounds.undefined,
    )  # fmt: skip


def _mean(metric: str, values: Sequence[float | None], unit: Any, level: float, unit_name: str) -> Answer:
    import numpy as np

    kept = np.array([v for v in values if v is not None], dtype=np.float64)
    if unit is None:
        m = Moments.of(kept)
        statistics = {"n": m.n, "mean": m.mean if m.n else 0.0, "m2": m.m2}
        return made(metric, Mean, statistics, level=level, unit=unit_name)
    there = np.array([v is not None for v in values])
    top = np.bincount(unit[there], weights=kept, minlength=int(unit.max()) + 1)
    bottom = np.bincount(unit[there], minlength=int(unit.max()) + 1).astype(float)
    return made(metric, Ratio, ratio_sums(top, bottom), level=level, unit=unit_name)


def _share(metric: str, values: Sequence[float], unit: Any, level: float) -> Answer:
    if unit is None:
        return made(metric, Proportion, {"successes": int(sum(values)), "trials": len(values)}, level=level)
    return _mean(metric, values, unit, level, "share")


def _cites(value: Any) -> float:
    if value is None or value != value:
        return 0.0
    if isinstance(value, bool | int | float):
        return float(value > 0)
    return float(bool(value.strip()) if isinstance(value, str) else len(value) > 0)


def _perplexity(
    table: Table, columns: dict[str, list[Any]], logprob: str, tokens: str | None, unit: Any, level: float
) -> Answer:
    import numpy as np

    if tokens is None:
        raise InvalidInput(
            "nobody says how many tokens that were",
            where=f"{table.name}, column {logprob}",
            rule="perplexity is e to the mean surprise of a token",
            todo="name the column with the number of tokens",
        )
    logs = np.array([math.nan if v is None else float(v) for v in columns[logprob]])
    many = np.array([math.nan if v is None else float(v) for v in columns[tokens]])
    if np.isnan(logs).any() or np.isnan(many).any() or (many <= 0).any():
        raise InvalidInput(
            "a row lacks its log-probability or its tokens", where=table.name, rule="each text has both"
        )
    if (logs > 0).any():
        raise InvalidInput(
            f"{int((logs > 0).sum())} log-probabilities are above 0",
            where=f"{table.name}, column {logprob}",
            rule="the logarithm of a probability is 0 or less",
            todo="take the natural logarithm of each token's probability, and add them up",
        )
    top, bottom = -logs, many
    if unit is not None:
        top, bottom = (np.bincount(unit, weights=v) for v in (top, bottom))
    return made("perplexity", Ratio, {**ratio_sums(top, bottom), "shown": "exp"}, level=level, unit="1")
