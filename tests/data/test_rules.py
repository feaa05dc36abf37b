"""Rules: what each asks, in one pass; what is learned from a reference, and that the reference keeps it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from sextant.config.rules import QualityRule
from sextant.data.quality import quality
from sextant.data.rules import broken, learn
from sextant.errors import InvalidInput
from sextant.tables import Table, engine, table

NOW = datetime(2026, 6, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


@pytest.fixture(scope="module")
def visits(on: Any) -> Table:
    return table(
        pa.table(
            {
                "id": [1, 2, 2, 4], "age": [30, 200, None, -1], "town": ["Ulm", "Bonn", "n/a", "Rom"],
                "code": ["A-1", "A-22", "b-3", None], "came": [date(2026, 6, d) for d in (1, 2, 3, 4)],
                "left": [date(2026, 6, d) for d in (1, 1, 5, 9)], "ok": [True, False, True, None],
            }
        ),
        name="visits", on=on,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "key", "count"),
    [
        ({"column": "age", "at_least": 0, "at_most": 120}, "rule-age-range", 2),
        ({"column": "age", "required": True}, "rule-age-required", 1),
        ({"column": "town", "required": True}, "rule-town-required", 1),
        ({"column": "town", "one_of": ["Ulm", "Bonn"]}, "rule-town-set", 2),
        ({"column": "id", "one_of": [1, 2]}, "rule-id-set", 1),
        ({"column": "ok", "one_of": [True]}, "rule-ok-set", 1),
        ({"column": "code", "matches": "[A-Z]-[0-9]"}, "rule-code-pattern", 2),
        ({"column": "code", "matches": "A-1|A-22|b-3"}, None, 0),
        ({"unique": ["id"]}, "rule-id-unique", 1),
        ({"unique": ["id", "age"]}, None, 0),
        ({"relation": "came <= left", "name": "order"}, "rule-order", 1),
        ({"relation": "came <= left", "allow": 0.25}, None, 0),
        ({"column": "came", "fresh_within_days": 11}, None, 0),
        ({"column": "came", "fresh_within_days": 10}, "rule-came-fresh", 4),
        ({"column": "came", "at_least": date(2026, 6, 3)}, "rule-came-range", 2),
        ({"column": "age", "holds": "text"}, "rule-age-kind", 4),
        ({"column": "age", "holds": "number"}, None, 0),
        ({"columns": ["id", "age", "town", "code", "came", "left", "ok"]}, None, 0),
        ({"columns": ["id", "age", "town", "code", "came", "left", "gone"]}, "rule-columns", 4),
    ],
)  # fmt: skip
def test_each_rule(visits: Table, rule: dict[str, Any], key: str | None, count: int) -> None:
    found = broken(visits, [QualityRule.model_validate(rule)], NOW)
    assert [(i.key, i.count) for i in found] == ([] if key is None else [(key, count)])


def test_a_rule_is_a_finding_as_grave_as_it_says(visits: Table) -> None:
    rule = QualityRule(column="age", at_most=120, severity="critical")
    first = quality(visits, rules=[rule])[0]
    assert (first.key, first.severity, first.examples) == ("rule-age-range", "critical", ("row 2",))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"at_least": 1}, "`column` says which column"),
        ({"column": "age"}, "a rule on a column asks"),
        ({"column": "age", "required": True, "unique": ["id"]}, "about one thing"),
        ({"relation": "came before left"}, "is no relation"),
        ({"column": "code", "matches": "("}, "no regular expression"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        QualityRule.model_validate(rule)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"column": "gone", "required": True}, "no column 'gone'"),
        ({"relation": "came <= gone"}, "no column 'gone'"),
        ({"unique": ["gone"]}, "no column 'gone'"),
        ({"column": "town", "at_least": 3}, "does not fit column town"),
        ({"column": "age", "matches": "[0-9]+"}, "holds no text"),
    ],
)
def test_a_rule_that_does_not_fit_its_table(visits: Table, rule: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        broken(visits, [QualityRule.model_validate(rule)], NOW)


def test_what_is_learned_the_reference_keeps_and_other_rows_break(on: Any) -> None:
    rows = 300
    columns: dict[str, list[Any]] = {
        "id": list(range(rows)),
        "plan": ["free", "pro", "team"] * 100,
        "sku": [f"AB-{1000 + i}" for i in range(rows)],
        "price": [round(5 + (i * 7919 % 1000) / 50, 2) for i in range(rows)],
        "opened": [NOW + timedelta(days=i % 50) for i in range(rows)],
        "closed": [NOW + timedelta(days=i % 50 + i % 7) for i in range(rows)],
        "note": [None if i % 3 else "x" for i in range(rows)],
    }
    rules = learn(table(pa.table(columns), on=on))
    assert broken(table(pa.table(columns), on=on), rules, NOW) == ()
    asked = {r.id: r for r in rules}
    assert asked["plan-required-set-kind"].one_of == ("free", "pro", "team")
    assert asked["sku-required-pattern-kind"].matches == "[A-Z]{2}-[0-9]{4}"
    assert asked["id-unique"] and asked["opened <= closed-relation"]
    assert not asked["note-set-kind"].required
    assert asked["price-required-range-kind"].at_least == 5.0
    worse = {k: list(v) for k, v in columns.items()}
    worse["plan"][0], worse["sku"][1], worse["price"][2], worse["id"][3] = "gold", "AB1001", 9999.0, 0
    worse["closed"][4] = NOW - timedelta(days=90)
    found = {i.key.split("-")[1]: i.count for i in broken(table(pa.table(worse), on=on), rules, NOW)}
    assert found.items() >= {"plan": 1, "sku": 1, "price": 1, "id": 1, "opened": 1}.items()
    again = [QualityRule.model_validate(r.model_dump(mode="json", exclude_defaults=True)) for r in rules]
    assert tuple(again) == rules
    with pytest.raises(InvalidInput, match="no rows"):
        learn(table(pa.table({"a": pa.array([], pa.int64())}), on=on))
