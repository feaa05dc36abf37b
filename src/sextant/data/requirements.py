"""Data requirements that can be checked: reads a rule, and says which of the five sides still have none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sextant.data.documents import Aspect, DataRequirement

Comparison = Literal["at_least", "at_most", "above", "below", "equal", "one_of"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)

#: Signs, words, and what they mean; the longer ones first.
_COMPARISONS: tuple[tuple[str, str, Comparison], ...] = (
    (">=|≥", "at least|no fewer than|no less than", "at_least"),
    ("<=|≤", "at most|no more than|up to", "at_most"),
    (">", "more than|above|over", "above"),
    ("<", "fewer than|less than|below|under", "below"),
    ("∈", "one of", "one_of"),
    ("==?", "equals?|exactly", "equal"),
)
_NUMBER = re.compile(r"[-−]?\d[\d,]*(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it can be checked: what is looked at, the comparison, and the number or the values.

    `unit` is what stands behind the number (`%`, `days`, `rows`); empty where there is none.
    """

    subject: str
    comparison: Comparison
    number: float | None = None
    unit: str = ""
    values: tuple[str, ...] = ()


def read_rule(text: str) -> Rule | None:
    """The rule in a text, or None where it is not one that can be checked.

    It takes something to look at, a comparison and a value: a number after `at least`, `at most`, `above`
    or `below` (or their signs), one value after `is`, several after `one of`.

    >>> read_rule("missing values in amount at most 1 %")
    Rule(subject='missing values in amount', comparison='at_most', number=1.0, unit='%', values=())
    >>> read_rule("good data") is None
    True
    """
    words = " ".join(text.split()).rstrip(".")
    for signs, phrases, comparison in _COMPARISONS:
        found = re.search(rf"\s*(?:\b(?:is|are|must be|has|have)\s+)?(?:{signs}|\b(?:{phrases})\b)\s*", words)
        if not found:
            continue
        subject, value = words[: found.start()].strip(" :,"), words[found.end() :].strip()
        if not subject or not value:
            return None
        if comparison == "one_of":
            return Rule(
                subject,
                comparison,
                values=tuple(v for v in re.split(r"\s*,\s*|\s+(?:or|and)\s+", value) if v),
            )
        number = _NUMBER.match(value)
        if number:
            unit = value[number.end() :].strip()
            return Rule(subject, comparison, float(number[0].replace(",", "").replace("−", "-")), unit)
        return Rule(subject, comparison, values=(value,)) if comparison == "equal" else None
    return None


def uncheckable(requirement: DataRequirement, criteria: Mapping[str, object]) -> str | None:
    """Why nobody can check the requirement, or None if it can be: by a target that exists, or by a rule."""
    if requirement.criterion:
        return (
            None
            if requirement.criterion in criteria
            else f"its target {requirement.criterion} does not exist"
        )
    if not requirement.rule:
        return "it has neither a target nor a rule"
    if read_rule(requirement.rule) is None:
        return f"“{requirement.rule}” is not a rule: write what, a comparison and a value"
    return None


def without_rule(requirements: Iterable[DataRequirement], *, labels_needed: bool = True) -> list[Aspect]:
    """The sides of the data that no requirement is about; labels are left out where none are needed."""
    there = {r.aspect for r in requirements}
    return [a for a in ASPECTS if a not in there and (labels_needed or a != "labels")]
