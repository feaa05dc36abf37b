"""What is wrong between columns: dependencies that are broken, a value that sits in the wrong column, a column that
gives the answer away.

Dependencies are found by looking: one column settles another if rows that agree in the first nearly always agree in
the second. Which pairs are worth counting is screened on at most `SCREENED` rows; whether a dependency holds, and
which cells break it, is counted on all. The screen can only overlook a dependency, never make one up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sextant.data.quality.issues import Issue, grave, where
from sextant.data.quality.looks import Look, as_number, listed, nested, spread
from sextant.phrases import number, with_unit
from sextant.tables import Table, present

#: Rows on which pairs of columns are screened.
SCREENED = 20_000
#: A dependency that more rows break than this share is none.
BROKEN = 0.05
#: Only columns with at most this many different values settle others.
_MOST_VALUES = 200_000
_PAIRS = 80
_WITNESSES = 5

Absent = Mapping[str, Callable[[Any], Any]]


@dataclass(frozen=True, slots=True)
class Dependency:
    """`of`, one column or two, settles `to`, but for `broken` of `rows` rows."""

    of: tuple[str, ...]
    to: str
    rows: int
    broken: int

    @property
    def share(self) -> float:
        return self.broken / self.rows


def dependencies(table: Table, seen: Sequence[Look], absent: Absent, rows: int) -> Iterator[Issue]:
    """Columns that another column settles, where some rows say otherwise. What most columns that settle it say is
    taken as right; a group of fewer than three rows says nothing."""
    names = [k.column for k in seen if _settles(k, rows)]
    codes = _codes(table, names, absent, rows)
    found: dict[str, list[Dependency]] = {}
    for of, to in _screened(names, codes):
        i, j = names.index(of), names.index(to)
        by: tuple[str, ...] = (of,)
        if (other := _together(codes, i, j)) is not None:
            by = (of, names[other])
        # The screen has seen all rows of a small table: it can count, too.
        here = rows <= SCREENED and codes.shape[1] == rows
        counted = (
            _counted_here(_key(codes, [names.index(c) for c in by]), codes[j])
            if here
            else _counted(table, by, to, absent)
        )
        if counted is not None and counted[1] <= BROKEN * counted[0]:
            found.setdefault(to, []).append(Dependency(by, to, *counted))
    for to, held_by in found.items():
        witnesses = sorted(held_by, key=lambda d: (d.share, d.of))[:_WITNESSES]
        if not any(d.broken for d in witnesses):
            continue
        by_ = [d.of for d in witnesses]
        needs = tuple(dict.fromkeys((to, *(c for of in by_ for c in of))))
        concerned = _outvoted(table, to, by_, absent)
        count = table.count(concerned(table.expr.select(needs)))
        if not count:
            continue
        text = (
            f"Column {to} follows from {listed([' with '.join(d.of) for d in witnesses])} in all rows but {number(count)} "
            f"({with_unit(count / rows, 'share')}), which say otherwise."
        )
        fix = "Look at the rows: write what the others say, or mend the column that it follows from."
        mend = ({"step": "agree", "column": to, "by": [list(of) for of in by_]},)
        yield Issue(
            "dependency",
            to,
            text,
            grave(count / rows),
            count,
            rows,
            fix,
            concerned,
            (to,),
            needs=needs,
            mend=mend,
        )


def _settles(look: Look, rows: int) -> bool:
    """Whether a column's values name things, and repeat: only then can it settle another, or be settled."""
    kind = look.type
    names = kind.is_string() or kind.is_boolean() or kind.is_integer() or kind.is_date()
    return bool(names) and 2 <= look.distinct <= min(max(rows // 2, 2), _MOST_VALUES) and look.longest <= 1000


def _codes(table: Table, names: Sequence[str], absent: Absent, rows: int) -> Any:
    """The columns' values as small numbers, -1 for none, on all rows or on every k-th."""
    import ibis
    import numpy as np

    if len(names) < 2:
        return np.empty((len(names), 0), dtype=np.int32)
    picked = table.expr.select(
        **{n: ibis.ifelse(absent[n](table.expr[n]), None, table.expr[n]) for n in names}
    )
    # Spread over the table, so that a sorted file is seen whole, and each time the same.
    some = spread(replace(table, expr=picked), rows, SCREENED)
    arrow = some.arrow(some.expr.limit(2 * SCREENED))
    codes = np.empty((len(names), arrow.num_rows), dtype=np.int32)
    for i, name in enumerate(names):
        found = arrow[name].combine_chunks().dictionary_encode(null_encoding="encode")
        # By DLPack, as Arrow's own way into NumPy loads pandas where it is installed.
        codes[i] = np.from_dlpack(found.indices)
        if found.dictionary.null_count:
            codes[i][codes[i] == found.dictionary.is_null().to_pylist().index(True)] = -1
    return codes


def _screened(names: Sequence[str], codes: Any) -> list[tuple[str, str]]:
    """Pairs of columns that may depend on each other, the surest first: rows that agree in one agree in the other,
    far beyond chance (as Cohen's kappa: two columns of one value each agree always, and say nothing)."""
    import numpy as np

    there = codes >= 0
    chance = [_same_by_chance(c[t]) for c, t in zip(codes, there, strict=True)]
    sure: list[tuple[float, str, str]] = []
    for i, name in enumerate(names):
        order = np.argsort(codes[i], kind="stable")
        one, here = codes[:, order], there[:, order]
        same = (one[i, 1:] == one[i, :-1]) & here[i, 1:]
        both = here[:, 1:] & here[:, :-1] & same
        pairs = both.sum(axis=1)
        agreed = ((one[:, 1:] == one[:, :-1]) & both).sum(axis=1)
        for j, other in enumerate(names):
            if i == j or pairs[j] < 20 or chance[j] >= 1:
                continue
            share = agreed[j] / pairs[j]
            if share >= 0.85 and (share - chance[j]) / (1 - chance[j]) >= 0.5:
                sure.append((-float(share), name, other))
    return [(of, to) for _, of, to in sorted(sure)[:_PAIRS]]


def _same_by_chance(codes: Any) -> float:
    import numpy as np

    if not len(codes):
        return 1.0
    shares = np.bincount(codes) / len(codes)
    return float((shares**2).sum())


def _together(codes: Any, i: int, j: int) -> int | None:
    """A further column that explains a good part of what breaks the dependency of j on i: then the two together
    settle j. It must leave nearly all rows in groups, or it would explain whatever it is given."""
    alone = _counted_here(codes[i], codes[j])
    if alone is None or not alone[1]:
        return None
    best, explained = None, 0.75 * alone[1]
    for other in range(len(codes)):
        if other in (i, j):
            continue
        both = _counted_here(_key(codes, [i, other]), codes[j])
        if both is not None and both[0] >= 0.9 * alone[0] and both[1] < explained:
            best, explained = other, both[1]
    return best


def _key(codes: Any, of: Sequence[int]) -> Any:
    """One code for several columns, -1 where one of them has no value."""
    import numpy as np

    joined = codes[of[0]].astype(np.int64)
    for other in of[1:]:
        there = (joined >= 0) & (codes[other] >= 0)
        joined = np.where(there, joined * (int(codes[other].max(initial=0)) + 1) + codes[other], -1)
        joined[there] = np.unique(joined[there], return_inverse=True)[1]
    return joined


def _counted(table: Table, of: Sequence[str], to: str, absent: Absent) -> tuple[int, int] | None:
    """In how many rows one column could settle the other, and in how many it does not; None if too few could tell."""
    kept, keys = _narrow(table, of, to, absent, "of")
    pairs = kept.group_by(*keys, "to_").aggregate(n=kept.count())
    groups = pairs.group_by(*keys).aggregate(total=pairs.n.sum(), top=pairs.n.max())
    groups = groups.filter(groups.total >= 2)
    row = table.fetch(
        groups.aggregate(groups=groups.count(), rows=groups.total.sum(), right=groups.top.sum())
    )[0]
    return _enough(row["groups"] or 0, int(row["rows"] or 0), int(row["right"] or 0))


def _narrow(table: Table, of: Sequence[str], to: str, absent: Absent, prefix: str) -> tuple[Any, list[str]]:
    """The columns of one dependency under names of their own, without rows that lack one."""
    keys = {f"{prefix}_{k}": table.expr[c] for k, c in enumerate(of)}
    kept = table.expr.select(**keys, to_=table.expr[to])
    for key, column in zip(keys, of, strict=True):
        kept = kept.filter(~absent[column](kept[key]))
    return kept.filter(~absent[to](kept.to_)), list(keys)


def _counted_here(of: Any, to: Any) -> tuple[int, int] | None:
    """The same from all rows' codes."""
    import numpy as np

    there = (of >= 0) & (to >= 0)
    pairs, n = np.unique(of[there].astype(np.int64) << 32 | to[there].astype(np.int64), return_counts=True)
    groups, starts = np.unique(pairs >> 32, return_index=True)
    if not len(groups):
        return None
    total, top = np.add.reduceat(n, starts), np.maximum.reduceat(n, starts)
    told = total >= 2
    return _enough(int(told.sum()), int(total[told].sum()), int(top[told].sum()))


def _enough(groups: int, rows: int, right: int) -> tuple[int, int] | None:
    return (rows, rows - right) if groups >= 3 and rows >= 20 else None


def _outvoted(
    table: Table, to: str, witnesses: Sequence[Sequence[str]], absent: Absent
) -> Callable[[Any], Any]:
    """The rows whose value more witnesses deny than confirm. A witness is a column or two; what it says of a row is
    the value that two thirds of at least three rows of its group have."""
    says = []
    for i, of in enumerate(witnesses):
        kept, keys = _narrow(table, of, to, absent, f"of{i}")
        pairs = kept.group_by(*keys, "to_").aggregate(n=kept.count())
        groups = pairs.group_by(*keys).aggregate(
            **{f"best{i}": pairs.to_.argmax(pairs.n), "total": pairs.n.sum(), "top": pairs.n.max()}
        )
        clear = groups.filter((groups.total >= 3) & (groups.top * 3 >= groups.total * 2))
        says.append((clear.select(*keys, f"best{i}"), keys))

    def concerned(rows: Any) -> Any:
        joined, columns = rows, list(rows.columns)
        for (said, keys), of in zip(says, witnesses, strict=True):
            joined = joined.left_join(
                said, [joined[c] == said[k] for c, k in zip(of, keys, strict=True)]
            ).drop(*keys)
        votes = sum(
            (joined[f"best{i}"] != joined[to]).fill_null(False).cast("int8")
            - (joined[f"best{i}"] == joined[to]).fill_null(False).cast("int8")
            for i in range(len(witnesses))
        )
        return joined.filter((votes > 0) & ~absent[to](joined[to])).select(*columns)

    return concerned


def merged(
    table: Table,
    words: Mapping[str, Sequence[tuple[Any, int]] | None],
    gaps: Mapping[str, int],
    absent: Absent,
    rows: int,
) -> Iterator[Issue]:
    """Values that end in what belongs into another column, which is empty in that row: "Ulm BW", and no state."""
    for empty, values in words.items():
        if values is None or not 0 < gaps[empty] < rows / 2 or not 2 <= len(values) <= 1000:
            continue
        known = {v for v, _ in values if v.strip()}
        for full, others in words.items():
            ends = [
                (v, n)
                for v, n in others or ()
                if v.strip().rpartition(" ")[0] and v.strip().rpartition(" ")[2] in known
            ]
            total = sum(n for _, n in ends)
            # Which rows these are in has to be asked only if there are enough of them.
            if full == empty or total < max(3, gaps[empty] / 2):
                continue
            bad = [v for v, _ in ends]

            def test(t: Any, empty: str = empty, full: str = full, bad: list[str] = bad) -> Any:
                return absent[empty](t[empty]) & t[full].isin(bad).fill_null(False)

            kept = table.expr.select(empty, full)
            count = table.count(kept.filter(test(kept)))
            # Where such ends are as usual in the other rows, they mean nothing.
            if count < max(3, gaps[empty] / 2) or total - count > 0.1 * (rows - gaps[empty]):
                continue
            text = (
                f"In {number(count)} rows ({with_unit(count / rows, 'share')}) column {full} ends in a value of column "
                f"{empty}, which is empty there."
            )
            fix = f"Move the last word from {full} to {empty}."
            yield Issue(
                "merged", full, text, grave(count / rows), count, rows, fix, where(test), (full, empty),
                mend=({"step": "split", "column": full, "into": empty},),
            )  # fmt: skip


# --- the answer


def leaks(
    table: Table, seen: Sequence[Look], absent: Absent, target: str, key: str | None, rows: int
) -> Iterator[Issue]:
    """Columns that give the target away.

    Of a target with classes: each row is guessed from the other rows with the same value of the column (numbers in
    a hundred bins); a leak takes away at least 95 % of the errors that always guessing the most frequent class
    would make, and guesses at least 99 % right. Whether a value is there at all is tried too. Of a target of numbers:
    the column's correlation with it is at least 0.999.
    """
    answer = next(k for k in seen if k.column == target)
    others = [k for k in seen if k.column not in (target, key) and not nested(k.type)]
    if answer.measured and answer.distinct > 100:
        yield from _same_numbers(table, others, target, absent, rows)
        return
    if not 2 <= answer.distinct <= 200:
        return
    for look in others:
        column = table.expr[look.column]
        tries: list[tuple[str, Any]] = []
        if look.measured and look.distinct > 100:
            low, high = look.at(0.01), look.at(0.99)
            if high > low:
                bin_ = ((as_number(column) - low) / (high - low) * 100).clip(-1, 101).floor()
                tries.append(("", bin_))
        else:
            tries.append(("", column))
        if 0 < look.present < rows:
            tries.append(("there", present(column)))
        for what, value in tries:
            share, base = _guessed(table, value, absent[target](table.expr[target]), target)
            if share >= 0.99 and base < 1 and (share - base) / (1 - base) >= 0.95:
                how = f"Whether column {look.column} has a value" if what else f"Column {look.column}"
                text = (
                    f"{how} gives {target} away: it is guessed right in {with_unit(share, 'share')} of rows from this "
                    f"alone ({with_unit(base, 'share')} by always guessing the most frequent class)."
                )
                yield _leak(look.column, text, rows)
                break


def _guessed(table: Table, value: Any, no_answer: Any, target: str) -> tuple[float, float]:
    """The share of rows guessed right from the others with the same value, and by the most frequent class."""
    kept = table.expr.select(value_=value, target_=table.expr[target], none_=no_answer)
    kept = kept.filter(~kept.none_)
    pairs = kept.group_by("value_", "target_").aggregate(n=kept.count())
    groups = pairs.group_by("value_").aggregate(total=pairs.n.sum(), top=pairs.n.max())
    # A row of the most frequent class of its group is guessed right, if that is still the most frequent without it.
    right = (groups.total > 1) & (groups.top * 2 > groups.total)
    one = table.fetch(groups.aggregate(rows=groups.total.sum(), right=groups.top.sum(where=right)))[0]
    by_class = kept.group_by("target_").aggregate(n=kept.count())
    most = table.fetch(by_class.aggregate(most=by_class.n.max()))[0]["most"]
    return (one["right"] or 0) / one["rows"], most / one["rows"]


def _same_numbers(
    table: Table, others: Sequence[Look], target: str, absent: Absent, rows: int
) -> Iterator[Issue]:
    measured = [k for k in others if k.measured and k.distinct > 2]
    if not measured or rows < 10:
        return
    # A column that is the target itself has to be told before it is worked with, so both are centred first.
    centre = {k.column: k.at(0.5) for k in measured}
    answer = as_number(table.expr[target])
    tests = {}
    for i, look in enumerate(measured):
        ok = ~absent[look.column](table.expr[look.column]) & ~absent[target](table.expr[target])
        value = as_number(table.expr[look.column]) - centre[look.column]
        tests[f"r{i}"] = value.corr(answer, where=ok, how="pop")
    row = table.fetch(table.expr.aggregate(**tests))[0]
    for i, look in enumerate(measured):
        r = row[f"r{i}"]
        if r is not None and abs(r) >= 0.999:
            text = f"Column {look.column} gives {target} away: their correlation is {number(r)}."
            yield _leak(look.column, text, rows)


def _leak(column: str, text: str, rows: int) -> Issue:
    fix = "Leave the column out, unless it is known before the answer is, wherever the model is used."
    return Issue(
        "leak", column, text, "critical", rows, rows, fix, mend=({"step": "remove", "columns": [column]},)
    )
