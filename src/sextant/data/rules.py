"""Rules of a table: evaluated in one pass over the rows, or learned from a reference and then edited.

What a rule may ask stands in `sextant.config.rules`, since a `sextant.yaml` may hold rules, too.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sextant.config.rules import Kind, QualityRule
from sextant.data.quality.issues import Issue, count_of, where
from sextant.data.quality.looks import Look, as_number, is_disguise, looks, vocabulary
from sextant.data.quality.numbers import fences
from sextant.data.quality.words import shape
from sextant.errors import InvalidInput
from sextant.phrases import number, with_unit
from sextant.tables import Table, equals, present

#: A text column with at most so many different values is learned as a set.
SET = 50
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "=": operator.eq, "==": operator.eq,
    "!=": operator.ne,
}  # fmt: skip

Test = Callable[[Any], Any]


def broken(table: Table, rules: Sequence[QualityRule], now: datetime | None = None) -> tuple[Issue, ...]:
    """The rules that a table breaks, in their order. All that is asked of rows is counted in one pass.

    `now` is what freshness is measured against (default: the clock). Raises `InvalidInput` for a rule on a column that
    is not there, and for one that does not fit its column, such as a range on text.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> people = table(pa.table({"age": [30, 200], "mail": ["a@b.c", "none"]}), name="people")
    >>> rules = [QualityRule(column="age", at_most=120), QualityRule(column="mail", matches=".+@.+")]
    >>> [(i.key, i.count) for i in broken(people, rules)]
    [('rule-age-range', 1), ('rule-mail-pattern', 1)]
    """
    rows_test: dict[int, Test] = {}
    asked: dict[str, Any] = {"rows": table.expr.count()}
    for i, rule in enumerate(rules):
        if (test := _test(table, rule)) is not None:
            rows_test[i] = test
            asked[f"r{i}"] = test(table.expr).fill_null(False).cast("int8").sum()
        if rule.unique:
            parts = [table.column(c) for c in rule.unique]
            one = parts[0] if len(parts) == 1 else _together(rule.unique)(table.expr)
            asked[f"u{i}"], asked[f"n{i}"] = one.nunique(), one.count()
        if rule.fresh_within_days is not None:
            asked[f"f{i}"] = table.expr[rule.column].cast("timestamp").max()
    row = table.fetch(table.expr.aggregate(**asked))[0]
    rows = row["rows"]
    found = []
    for i, rule in enumerate(rules):
        if issue := _broken(table, rule, i, row, rows, rows_test.get(i), now or datetime.now(UTC)):
            found.append(issue)
    return tuple(found)


def _broken(
    table: Table, rule: QualityRule, i: int, row: dict[str, Any], rows: int, test: Test | None, now: datetime
) -> Issue | None:
    said, count = _asks(rule), 0
    concerned: Callable[[Any], Any] | None = None
    columns: tuple[str, ...] = (rule.column,) if rule.column else ()
    if rule.columns:
        odd = sorted(set(rule.columns) ^ set(table.columns))
        if not odd:
            return None
        be = "is" if len(odd) == 1 else "are"
        text = f"The columns are not those that were agreed: {', '.join(odd[:5])} {be} missing or new."
        return _issue(rule, text, rows, rows, None, ())
    if rule.holds is not None and not _is(table.column(str(rule.column)).type(), rule.holds):
        text = f"Column {rule.column} does not hold {_KINDS[rule.holds]}, as was agreed."
        return _issue(rule, text, rows, rows, None, columns)
    if rule.fresh_within_days is not None:
        newest = row[f"f{i}"]
        age = None if newest is None else (now - _utc(newest)).total_seconds() / 86400
        if age is None or age > rule.fresh_within_days:
            old = "there is none" if age is None else f"the newest is {number(age)} days old"
            text = f"Column {rule.column} should have a value of the last {number(rule.fresh_within_days)} days; {old}."
            return _issue(rule, text, rows, rows, None, columns)
    if rule.unique:
        count, columns = row[f"n{i}"] - row[f"u{i}"], rule.unique
        concerned = _repeated(table, rule.unique)
    if test is not None:
        count = row[f"r{i}"] or 0
        concerned = where(lambda t: test(t).fill_null(False))
        if rule.relation:
            left, _, right = rule.sides()
            columns = (left, right)
    if not count or count <= rule.allow * rows:
        return None
    but = f", and {with_unit(rule.allow, 'share')} may" if rule.allow else ""
    does = "breaks" if count == 1 else "break"
    text = f"{count_of(count, 'row')} ({with_unit(count / rows, 'share')}) {does} the rule: {said}{but}."
    return _issue(rule, text, count, rows, concerned, columns)


def _issue(
    rule: QualityRule,
    text: str,
    count: int,
    rows: int,
    concerned: Callable[[Any], Any] | None,
    columns: tuple[str, ...],
) -> Issue:
    fix = "Look at the rows and mend them where they come from; or change the rule, if it is wrong."
    return Issue(
        "rule",
        columns[0] if len(columns) == 1 else "",
        text,
        rule.severity,
        count,
        rows,
        fix,
        concerned,
        columns,
        name=rule.id,
    )


def _test(table: Table, rule: QualityRule) -> Test | None:
    """Whether a row breaks the rule; None for a rule that is not about single rows."""
    if rule.relation:
        left, sign, right = rule.sides()
        table.column(left), table.column(right)
        return lambda t: present(t[left]) & present(t[right]) & ~_SIGNS[sign](t[left], t[right])
    if rule.column is None:
        return None
    name = rule.column
    kind, at = table.column(name).type(), f"rule {rule.id}"
    tests: list[Test] = []
    if rule.required:
        tests.append(
            lambda t: ~present(t[name]) | (is_disguise(t[name]) if kind.is_string() else ~present(t[name]))
        )
    for end, sign in ((rule.at_least, ">="), (rule.at_most, "<=")):
        if end is not None:
            if isinstance(end, date) != kind.is_temporal() or not (kind.is_temporal() or kind.is_numeric()):
                raise InvalidInput(
                    f"{end} does not fit column {name}",
                    where=at,
                    rule="numbers are compared with numbers, dates with dates",
                )
            tests.append(_beyond(name, _SIGNS[sign], end))
    if rule.one_of:
        for value in rule.one_of:
            equals(table.column(name), value, where=at)
        if kind.is_string():
            known = [str(v).lower() if isinstance(v, bool) else str(v) for v in rule.one_of]
            tests.append(lambda t: present(t[name]) & ~t[name].isin(known))
        else:

            def outside(t: Any) -> Any:
                inside = equals(t[name], rule.one_of[0], where=at)
                for value in rule.one_of[1:]:
                    inside = inside | equals(t[name], value, where=at)
                return present(t[name]) & ~inside

            tests.append(outside)
    if rule.matches is not None:
        if not kind.is_string():
            raise InvalidInput(
                f"column {name} holds no text", where=at, rule="a pattern is matched against text"
            )
        pattern = f"^(?:{rule.matches})$"
        tests.append(lambda t: present(t[name]) & ~t[name].re_search(pattern))
    if not tests:
        return None

    def any_of(t: Any) -> Any:
        broken = tests[0](t)
        for test in tests[1:]:
            broken = broken | test(t)
        return broken

    return any_of


def _beyond(name: str, sign: Callable[[Any, Any], Any], end: Any) -> Test:
    return lambda t: present(t[name]) & ~sign(t[name], end)


def _together(columns: Sequence[str]) -> Test:
    import ibis

    return lambda t: ibis.struct({c: t[c] for c in columns})


def _repeated(table: Table, columns: Sequence[str]) -> Callable[[Any], Any]:
    counted = table.expr.select(*columns).group_by(list(columns)).aggregate(sextant_n=lambda t: t.count())
    many = counted.filter(counted.sextant_n > 1)
    return lambda t: t.semi_join(many, list(columns))


def _asks(rule: QualityRule) -> str:
    """What a rule asks, in words."""
    if rule.relation:
        return rule.relation
    if rule.unique:
        return f"{' and '.join(rule.unique)} {'are' if len(rule.unique) > 1 else 'is'} different in every row"
    parts = []
    if rule.required:
        parts.append("every row has a value")
    if rule.at_least is not None:
        parts.append(f"at least {_said(rule.at_least)}")
    if rule.at_most is not None:
        parts.append(f"at most {_said(rule.at_most)}")
    if rule.one_of:
        shown = ", ".join(str(v) for v in rule.one_of[:5])
        parts.append(
            f"one of {shown}" + (f" and {len(rule.one_of) - 5} more" if len(rule.one_of) > 5 else "")
        )
    if rule.matches is not None:
        parts.append(f"matches {rule.matches}")
    return f"{rule.column}: {', '.join(parts)}"


def _said(value: float | date) -> str:
    return value.isoformat() if isinstance(value, date) else number(value)


_KINDS: dict[Kind, str] = {
    "number": "numbers", "text": "text", "date": "dates or times", "yes_no": "yes/no values", "nested": "nested values",
}  # fmt: skip


def _is(kind: Any, wanted: Kind) -> bool:
    return _kind(kind) == wanted


def _kind(kind: Any) -> Kind:
    if kind.is_boolean():
        return "yes_no"
    if kind.is_numeric():
        return "number"
    return "text" if kind.is_string() else "date" if kind.is_temporal() else "nested"


def _utc(value: date) -> datetime:
    moment = (
        value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    )
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# --- learned


def learn(table: Table) -> tuple[QualityRule, ...]:
    """Rules that a reference keeps, to be read and edited before they are used.

    columns    the columns that there are, and what each holds
    required   a column without a gap
    range      numbers and times: from the lowest to the highest, or as far as the tail leads (`quality.numbers`)
    set        text of at most 50 different values, if each is in at least two rows
    pattern    codes whose values are all made up in one of three ways, as `[A-Z]{2}-[0-9]{4}`
    unique     a column of whole numbers or text that is different in every row
    relation   of two columns of dates or times: the earlier one, if it is that in every row

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> [r.id for r in learn(table(pa.table({"id": [1, 2, 3, 4], "c": ["a", "b", "a", "b"]})))]
    ['columns', 'id-required-kind', 'id-unique', 'c-required-set-kind']
    """
    rows = table.count()
    if rows == 0:
        raise InvalidInput("the reference has no rows", where=table.name, rule="rules are learned from rows")
    rules = [QualityRule(columns=table.columns)]
    seen = list(looks(table, rows))
    for look in seen:
        rules += _learned(table, look, rows)
    rules += _order(table, [k.column for k in seen if k.type.is_timestamp() or k.type.is_date()])
    return tuple(rules)


def _learned(table: Table, look: Look, rows: int) -> Iterator[QualityRule]:
    asked: dict[str, Any] = {"column": look.column, "holds": _kind(look.type)}
    words = vocabulary(table, look.column) if look.text and look.longest <= 1000 else None
    gap = sum(n for v, n in words or () if v.strip() == "")
    if look.present == rows and not gap:
        asked["required"] = True
    names = look.type.is_integer() or look.text
    unique = names and look.present == rows and look.distinct >= 0.9 * rows and _unique(table, look, rows)
    # A number that only names a row goes on and on.
    if look.measured and look.low is not None and look.type.is_numeric() and not unique:
        edge = fences(look)
        low, high = float(look.low), float(look.high)
        if edge and len(set(look.quantiles)) > 5:
            # Where nothing was negative, nothing is expected to be.
            low = low if low >= 0 > edge.low else min(low, edge.low)
            high = max(high, edge.high)
        low, high = (float(f"{v:.6g}") if v not in (look.low, look.high) else v for v in (low, high))
        asked |= {"at_least": low, "at_most": high}
    if words:
        if len(words) <= SET and all(n >= 2 for _, n in words):
            asked["one_of"] = tuple(sorted(v for v, _ in words if v.strip()))
        elif pattern := _pattern([v for v, _ in words]):
            asked["matches"] = pattern
    yield QualityRule.model_validate(asked)
    if unique:
        yield QualityRule(unique=(look.column,))


def _unique(table: Table, look: Look, rows: int) -> bool:
    return bool(table.fetch(table.expr.aggregate(n=table.expr[look.column].nunique()))[0]["n"] == rows)


def _pattern(values: Sequence[str]) -> str:
    """A pattern for codes of up to three make-ups; empty if the values are no codes."""
    shapes = {shape(v) for v in values}
    if not values or len(shapes) > 3 or not all("9" in s and s.count(" ") <= 3 for s in shapes):
        return ""
    return "|".join(sorted(_of_shape(s, [v for v in values if shape(v) == s]) for s in shapes))


def _of_shape(made: str, values: Sequence[str]) -> str:
    runs = re.compile(
        "".join("([^\\W\\d_]+)" if c == "a" else "(\\d+)" if c == "9" else re.escape(c) for c in made)
    )
    parts = list(zip(*(found.groups() for v in values if (found := runs.fullmatch(v))), strict=True))
    out, at = "", 0
    for c in made:
        if c not in "a9":
            out += f"\\{c}" if c in r".^$*+?{}[]\|()" else c
            continue
        run = parts[at]
        at += 1
        low, high = min(map(len, run)), max(map(len, run))
        letters = (
            "0-9"
            if c == "9"
            else "A-Z"
            if all(r.isupper() for r in run)
            else "a-z"
            if all(r.islower() for r in run)
            else "A-Za-z"
        )
        if c == "a" and not all(r.isascii() for r in run):
            letters = r"\p{L}"
        out += f"[{letters}]{{{low}}}" if low == high else f"[{letters}]{{{low},{high}}}"
    return out


def _order(table: Table, times: Sequence[str]) -> Iterator[QualityRule]:
    pairs = [(a, b) for a in times[:10] for b in times[:10] if a != b]
    if not pairs:
        return
    asked = {}
    for i, (a, b) in enumerate(pairs):
        both = present(table.expr[a]) & present(table.expr[b])
        one, two = as_number(table.expr[a]), as_number(table.expr[b])
        asked[f"n{i}"] = both.cast("int8").sum()
        asked[f"o{i}"] = (both & (one <= two)).cast("int8").sum()
    row = table.fetch(table.expr.aggregate(**asked))[0]
    for i, (a, b) in enumerate(pairs):
        if row[f"n{i}"] and row[f"n{i}"] == row[f"o{i}"]:
            yield QualityRule(relation=f"{a} <= {b}")
