"""Makers of project files, for property tests."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from hypothesis import strategies as st

from sextant.canonical import FIRST_YEAR, LAST_YEAR
from sextant.config import Config
from sextant.criteria import Criterion

KEYS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,11}", fullmatch=True)
#: Words that a careless writer would leave bare: they look like numbers, dates, truth, YAML.
TRAPS = st.sampled_from(
    [
        "yes",
        "null",
        "1e3",
        "0x1",
        "2026-01-01",
        "a: b",
        "- x",
        "#1",
        "'q'",
        '"',
        "{",
        "*a",
        "&b",
        "é ",
        "~",
        "1_0",
        ":",
    ]
)
TEXTS = (
    st.one_of(TRAPS, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
    .map(str.strip)
    .filter(bool)
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def criteria(draw: Any, key: str, role: str = "") -> Criterion:
    guardrail = (role or draw(st.sampled_from(["target", "guardrail"]))) == "guardrail"
    body: dict[str, Any] = {
        "key": key,
        "name": draw(TEXTS),
        "family": draw(st.sampled_from(["ml", "business", "cost"])),
        "metric": draw(TEXTS),
        "unit": draw(TEXTS),
        "direction": draw(st.sampled_from(["at_least", "at_most"])),
        "threshold": abs(draw(NUMBERS)) if guardrail else draw(NUMBERS),
        "role": "guardrail" if guardrail else "target",
        "slice": draw(st.dictionaries(TEXTS, TEXTS, max_size=2)),
        "requires": draw(st.lists(KEYS, max_size=2)),
        "continuous": draw(st.booleans()),
        "baseline": draw(
            st.none() | st.fixed_dictionaries({"value": st.floats(allow_nan=False), "source": TEXTS})
        ),
        "due": draw(st.none() | st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))),
        "owner": draw(st.none() | TEXTS),
        "note": draw(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)),
    }
    return Criterion.model_validate({k: v for k, v in body.items() if v is not None})


@st.composite
def configs(draw: Any) -> Config:
    keys = draw(st.lists(KEYS, max_size=3, unique=True))
    columns = TEXTS.map(lambda t: t[:200])
    scalars = (
        st.booleans()
        | st.integers()
        | TEXTS
        | NUMBERS.filter(lambda x: not math.isclose(x, round(x)) if abs(x) < 1e300 else False)
    )
    datasets = draw(
        st.dictionaries(
            KEYS.map(lambda k: f"d-{k}"),
            st.fixed_dictionaries(
                {
                    "path": columns,
                    "role": st.sampled_from(["train", "test", "other"]),
                    "groups": st.lists(columns, max_size=2),
                },
                optional={"key": columns, "cadence_days": st.floats(0.1, 400), "version": TEXTS},
            ),
            max_size=2,
        )
    )
    checks: list[dict[str, Any]] = [{"check": "quality", "dataset": name} for name in datasets]
    listed = [draw(criteria(key)) for key in keys]
    if datasets:
        where = st.dictionaries(
            columns,
            scalars
            | st.lists(scalars, min_size=1, max_size=2)
            | st.fixed_dictionaries({"at_least": NUMBERS}),
            max_size=2,
        )
        checks += [
            {"check": "mean", "criterion": c.key, "table": next(iter(datasets)), "column": draw(columns), "where": draw(where)}
            for c in listed if c.role == "target"
        ]  # fmt: skip
    return Config.model_validate(
        {
            "project": {"slug": draw(KEYS), "name": draw(TEXTS), "summary": draw(st.just("") | TEXTS)},
            "rigor": draw(st.sampled_from(["light", "standard", "regulated"])),
            "criteria": listed,
            "datasets": datasets,
            "checks": checks,
        }
    )
