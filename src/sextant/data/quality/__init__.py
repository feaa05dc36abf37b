"""What is wrong with a table: counted on every row, gravest first, with what it would cost a model and how to mend it.

issues      what a finding says, its severity and its impact
looks       one pass over the rows: what every later question starts from
together    several questions at a time, where there are many rows
numbers     missing, infinite, constant, far out (or only a heavy tail)
texts       text of a column: by its different values, or by their shapes where these are too many
words       what can be wrong with a value: encodings, white space, dates, units, spellings, misspellings, codes
repeats     rows that are there twice, texts that are nearly the same
relations   broken dependencies, values in the wrong column, columns that give the answer away
balance     rare classes and groups, gaps by group

`quality()` gives what evidence keeps: findings without contents of cells. They name columns, counts and row numbers,
and of the target and the groups the classes; a row number counts from 1 in the order of the file, without its header.
`examine()` gives the same with examples, the values that should stand there, and steps of a recipe; it is for the eyes
of whoever may read the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sextant.data.quality import balance, numbers, relations, repeats, texts
from sextant.data.quality.issues import COSTS, Issue, ranked, with_examples
from sextant.data.quality.looks import DISGUISES, VOCABULARY, Look, is_disguise, looks, told, vocabulary
from sextant.data.quality.together import together
from sextant.tables import Table

if TYPE_CHECKING:
    from sextant.config.rules import QualityRule
    from sextant.reports import Finding

__all__ = ["COSTS", "DISGUISES", "Issue", "Report", "examine", "quality"]

#: Texts that share at least this much of their word triples are near-duplicates.
SIMILAR = 0.8


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, the gravest first, in a table of so many rows and columns."""

    table: str
    rows: int
    columns: int
    issues: tuple[Issue, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The same without contents of cells, as evidence keeps it."""
        return tuple(i.finding() for i in self.issues)

    def issue(self, key: str) -> Issue:
        return next(i for i in self.issues if i.key == key)


def quality(
    table: Table,
    *,
    key: str | None = None,
    target: str | None = None,
    groups: Sequence[str] = (),
    rules: Sequence[QualityRule] = (),
    now: datetime | None = None,
) -> tuple[Finding, ...]:
    """Every finding about a table, the gravest first; empty if nothing was found. See `examine`.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> people = table(pa.table({"id": [1, 2, 2], "city": ["Ulm", "n/a", "Bonn"]}), name="people")
    >>> [(f.key, f.severity, f.count) for f in quality(people, key="id")]
    [('repeated-key-id', 'critical', 1), ('missing-city', 'medium', 1)]
    """
    return examine(table, key=key, target=target, groups=groups, rules=rules, now=now).findings


def examine(
    table: Table,
    *,
    key: str | None = None,
    target: str | None = None,
    groups: Sequence[str] = (),
    rules: Sequence[QualityRule] = (),
    now: datetime | None = None,
    similar: float | None = SIMILAR,
    examples: bool = True,
) -> Report:
    """What is wrong with a table, and where.

    missing       null, nan, blank text, or a disguise such as "n/a", -999 or 1970-01-01; more than 50 % is critical
                  in the target and high elsewhere, more than 5 % is medium (high in the target), less is low (medium)
    infinite      numbers without end (high)
    constant      a column with one value only (low): it tells nothing
    far-out       numbers and times beyond where the tail leads (`numbers`); medium if the farthest lies a thousand
                  widths of the middle half away, else low; heavy-tail (low) if the tail itself leads there
    encoding, space, date, unit, type, variant, format, typo
                  text (`words`): high from 20 % of rows on, medium from 1 %, else low
    repeated      a value of `key` that names several rows (critical); rows equal in everything but the key (medium
                  from 1 % of rows on, else low); texts that share `similar` of their word triples (by share)
    dependency    a column that another settles, in rows that say otherwise (by share); merged (by share): a value
                  that ends in what belongs into an empty column
    leak          a column that gives `target` away (critical)
    one-sided     of the target: one class is more than 90 % of the rows (high from 99 % on, else medium), or a class
                  has fewer than 30 rows (medium); of a group column: a group with fewer than 30 rows (low)
    rule          one of `rules` that the table breaks (as grave as the rule says; see `data.rules`)
    gap-by-group  a column that lacks values in some group more often than elsewhere (medium, high from 20 % of rows)

    Within a severity they are ranked by impact: the share of rows concerned times what such a row loses (`COSTS`).
    `similar=None` leaves near-duplicate texts out, `examples=False` the rows. Raises `InvalidInput` for a column
    that is not there.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> wine = table(pa.table({"colour": ["red"] * 60 + ["Red"] + ["white"] * 39}), name="wine")
    >>> variant = examine(wine).issue("variant-colour")
    >>> variant.text, variant.replace, str(variant.examples[0])
    ('1 value of colour (1 %): another spelling of a more frequent value (capitals, spaces or signs).', {'Red': 'red'}, 'row 61')
    """
    for column in (key, target, *groups):
        if column is not None:
            table.column(column)
    rows = table.count()
    if rows == 0:
        issue = Issue("empty", "", "The table has no rows.", "critical", 1, 0, "Find out why.")
        return Report(table.name, 0, len(table.columns), (issue,))
    with together(table, rows) as run:
        seen = list(looks(table, rows, run))
        worded = [look.column for look in seen if _has_words(look)]
        words = dict(zip(worded, run([partial(vocabulary, column=column) for column in worded]), strict=True))
        gaps, lacking = _gaps(table, seen, words, rows)
        issues = _single(seen, words, gaps, lacking, rows, target)
        absent: dict[str, Callable[[Any], Any]] = {name: found.test for name, found in gaps.items()}

        # What takes longest comes first, so that nothing is waited for at the end.
        def work() -> Iterator[Callable[[Table], Iterable[Issue]]]:
            yield lambda t: repeats.repeated_rows(t, seen, key, rows)
            if key is not None:
                yield lambda t: repeats.repeated_keys(t, key, rows)
            yield lambda t: relations.dependencies(t, [k for k in seen if k.column != key], absent, rows)
            yield lambda t: numbers.far_out(t, [k for k in seen if k.column not in (key, target)], gaps, rows)
            for look in seen:
                if look.text and look.present and look.column != key:
                    yield partial(_of_text, look=look, words=words, gaps=gaps, rows=rows, similar=similar)
            yield lambda t: relations.merged(t, words, lacking, absent, rows)
            if target is not None:
                yield lambda t: balance.one_sided(t, target, rows)
                yield lambda t: relations.leaks(t, seen, absent, target, key, rows)
            for group in groups:
                yield partial(balance.rare_groups, column=group, rows=rows)
                yield partial(balance.gaps_by_group, column=group, lacking=lacking, absent=absent, rows=rows)
            if rules:
                from sextant.data.rules import broken

                yield lambda t: broken(t, rules, now)

        for found in run([_all_of(piece) for piece in work()]):
            issues += found
        ranks = ranked(issues)
        if examples:
            ranks = tuple(run([partial(with_examples, issue=issue, key=key) for issue in ranks]))
    return Report(table.name, rows, len(table.columns), ranks)


def _all_of(piece: Callable[[Table], Iterable[Issue]]) -> Callable[[Table], list[Issue]]:
    return lambda table: list(piece(table))


def _single(
    seen: Sequence[Look],
    words: dict[str, list[tuple[Any, int]] | None],
    gaps: dict[str, numbers.Gaps],
    lacking: dict[str, int],
    rows: int,
    target: str | None,
) -> list[Issue]:
    """What is known of each column already."""
    issues: list[Issue] = []
    for look in seen:
        weighs, as_numbers = look.column == target, texts.all_numbers(words.get(look.column))
        gap, n = gaps[look.column], lacking[look.column]
        issues += numbers.missing(look, gap, n, rows, weighs=weighs, as_numbers=as_numbers)
        issues += numbers.infinite(look, rows)
        issues += numbers.constant(look, rows)
    return issues


def _of_text(
    table: Table,
    look: Look,
    words: dict[str, list[tuple[Any, int]] | None],
    gaps: dict[str, numbers.Gaps],
    rows: int,
    similar: float | None,
) -> Iterator[Issue]:
    yield from texts.text_faults(table, look, words.get(look.column), gaps[look.column], rows)
    if similar is not None:
        yield from repeats.near_texts(table, look, rows, similar)


def _has_words(look: Look) -> bool:
    return look.text and look.longest <= texts.LONG and look.distinct <= VOCABULARY * 1.1


def _gaps(
    table: Table, seen: Sequence[Look], words: dict[str, list[tuple[Any, int]] | None], rows: int
) -> tuple[dict[str, numbers.Gaps], dict[str, int]]:
    """How each column says that it has no value, and in how many rows it does: counted for all in one pass."""
    disguised: dict[str, int] = {}
    for look in seen:
        if (known := words.get(look.column)) is not None:
            disguised[look.column] = sum(n for v, n in known if v.strip().lower() in ("", *DISGUISES))
    asked = [k.column for k in seen if k.text and k.column not in disguised]
    row = told(table, {f"d{i}": is_disguise(table.expr[c]).cast("int8").sum() for i, c in enumerate(asked)})
    disguised |= {c: row[f"d{i}"] or 0 for i, c in enumerate(asked)}
    gaps = numbers.gaps(table, seen, disguised)
    lacking = {k.column: rows - k.present + disguised.get(k.column, 0) for k in seen}
    counted = [c for c, g in gaps.items() if g.numbers]
    row = told(
        table, {f"m{i}": gaps[c].test(table.expr[c]).cast("int8").sum() for i, c in enumerate(counted)}
    )
    lacking |= {c: row[f"m{i}"] for i, c in enumerate(counted)}
    return gaps, lacking
