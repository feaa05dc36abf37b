"""What a rater sent, checked against the guideline; how an answer reads; how far answers to one item differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from sextant.data.guidelines import Guideline
from sextant.errors import InvalidInput

#: The longest free note, and the most passages in one text.
MOST_TEXT, MOST_SPANS = 10_000, 500
#: Kinds of answers that are one word out of a list.
ONE = ("choice", "rating", "pair")


def read_answer(guideline: Guideline, content: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as it is stored: {"value": ...}, {"values": [...]}, {"spans": [...]} or {"text": ...}.

    Raises `InvalidInput`, with `where` set to "answer", for what the guideline does not offer.
    """
    kind, choices = guideline.answer, guideline.choices
    if kind in ONE:
        return {"value": _one(str(given.get("value") or "").strip(), choices)}
    if kind == "choices":
        values = given.get("values")
        if values is None or not isinstance(values, list | tuple):
            raise _fault("nothing was chosen", "choose the classes that apply, or say that none does")
        chosen = {_one(str(v).strip(), choices) for v in values}
        return {"values": [c for c in choices if c in chosen]}
    if kind == "spans":
        return {"spans": _spans(given.get("spans"), choices, str(content.get("text", "")))}
    text = str(given.get("text") or "").strip()
    if not text:
        raise _fault("the note is empty", "write what you see, or skip the item with a reason")
    if len(text) > MOST_TEXT:
        raise _fault(f"the note has {len(text):,} characters", f"at most {MOST_TEXT:,}")
    return {"text": text}


def _fault(what: str, todo: str) -> InvalidInput:
    return InvalidInput(what, where="answer", todo=todo)


def _one(value: str, choices: Sequence[str]) -> str:
    if value not in choices:
        what = f"{value[:80]!r} is no value of the guideline" if value else "nothing was chosen"
        raise InvalidInput(what, where="answer", rule=f"one of {', '.join(choices[:20])}")
    return value


def _spans(given: Any, choices: Sequence[str], text: str) -> list[dict[str, Any]]:
    if isinstance(given, str):
        try:
            given = json.loads(given or "[]")
        except ValueError as error:
            raise _fault("the passages cannot be read", "mark them again") from error
    if not isinstance(given, list | tuple):
        raise _fault("no passages were sent", "mark passages, or save without any if there is none")
    if len(given) > MOST_SPANS:
        raise _fault(f"{len(given):,} passages", f"at most {MOST_SPANS}")
    found = []
    for one in given:
        try:
            start, end, label = int(one["start"]), int(one["end"]), str(one["label"])
        except (KeyError, TypeError, ValueError) as error:
            raise _fault("a passage has no start, end or label", "mark it again") from error
        if not 0 <= start < end <= len(text):
            raise _fault(f"a passage from {start} to {end} of {len(text)} characters", "mark it again")
        found.append({"start": start, "end": end, "label": _one(label, choices), "text": text[start:end]})
    unique = {(s["start"], s["end"], s["label"]): s for s in found}
    return [unique[place] for place in sorted(unique)]


def typed_spans(text: str, lines: str, choices: Sequence[str]) -> list[dict[str, Any]]:
    """Passages typed as `label: words`, one a line, for who has no JavaScript: the first place of those words that no
    earlier line took.

    >>> typed_spans("Ada met Bob", "person: Bob", ["person"])
    [{'start': 8, 'end': 11, 'label': 'person'}]
    """
    found: list[dict[str, Any]] = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        label, colon, words = line.partition(":")
        words = words.strip()
        if not colon or not words or label.strip() not in choices:
            raise _fault(
                f"the line {line[:80]!r} cannot be read", f"write {choices[0] if choices else 'class'}: words"
            )
        taken = [
            s["end"] for s in found if text[s["start"] : s["end"]] == words and s["label"] == label.strip()
        ]
        at = text.find(words, max(taken, default=0))
        if at < 0:
            raise _fault(f"{words[:80]!r} does not stand in the text", "copy the words as they are")
        found.append({"start": at, "end": at + len(words), "label": label.strip()})
    return found


def written(answer: Mapping[str, Any] | None) -> str:
    """An answer as one text: what is counted, compared and exported."""
    if not answer:
        return ""
    if "value" in answer:
        return str(answer["value"])
    if "values" in answer:
        return " | ".join(answer["values"]) or "none"
    if "spans" in answer:
        return " | ".join(f"{s['start']}-{s['end']} {s['label']}" for s in answer["spans"]) or "none"
    return str(answer.get("text", ""))


def same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two answers say the same."""
    return written(one) == written(other)


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """How far two answers agree, from 0 to 1: of several values the shared ones among all of both (Jaccard), of
    passages twice the shared ones among those of each (F1), else whether they are the same."""
    if "values" in one and "values" in other:
        a, b = set(one["values"]), set(other["values"])
        return len(a & b) / len(a | b) if a | b else 1.0
    if "spans" in one and "spans" in other:
        a, b = ({(s["start"], s["end"], s["label"]) for s in x["spans"]} for x in (one, other))
        return 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0
    return float(same(one, other))


def settled_share(answers: Sequence[Mapping[str, Any]]) -> float:
    """The share of the most frequent answer; of several values or passages the mean overlap of each two answers.

    >>> settled_share([{"value": "x"}, {"value": "x"}, {"value": "y"}])
    0.6666666666666666
    """
    if not answers:
        return 0.0
    if "values" in answers[0] or "spans" in answers[0]:
        pairs = [overlap(a, b) for a, b in combinations(answers, 2)]
        return sum(pairs) / len(pairs) if pairs else 1.0
    return max(Counter(map(written, answers)).values()) / len(answers)
