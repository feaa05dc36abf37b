"""What changed between two versions of something written, word by word, and whether it matters.

`sections` gives a document as the texts that a person reads; `changes` compares two such lists. A change of a section
that signatures are about is material and asks for new ones; any other is wording.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_origin

from pydantic import BaseModel

from sextant.documents import Document

#: Comparing words takes time with the product of their numbers: beyond this, sentences are compared.
_MOST = 4_000_000

Run = tuple[Literal["same", "gone", "new"], str]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of something written: its name, its heading, its text, and whether signatures are about it."""

    name: str
    label: str
    text: str
    material: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """A section that reads otherwise now. `words` are runs of text that stayed (`same`), went (`gone`) or came
    (`new`), in the order of reading."""

    name: str
    label: str
    material: bool
    words: tuple[Run, ...]


def sections(document: Document) -> list[Section]:
    """The document's fields as texts, in their order; an empty one has an empty text.

    >>> from sextant.problem.documents import Brief
    >>> [s.text for s in sections(Brief(problem="Slow.", ml_metrics=("a", "b"))) if s.text]
    ['Slow.', 'a\\nb']
    """
    kind, plain = type(document), document.plain()
    return [
        Section(
            name, info.title or name.replace("_", " ").capitalize(),
            _text(plain.get(name), choice=get_origin(info.annotation) is Literal),
            kind.material is None or name in kind.material,
        )
        for name, info in kind.model_fields.items()
    ]  # fmt: skip


def _text(value: Any, *, choice: bool = False) -> str:
    match value:
        case None | "" | [] | ():
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value.replace("_", " ") if choice else value
        case list() | tuple():
            return "\n".join(_text(one) for one in value)
        case dict():
            said = [(k, _text(v)) for k, v in value.items()]
            return "; ".join(f"{k.replace('_', ' ')}: {v}" for k, v in said if v)
        case BaseModel():
            return _text(value.model_dump(mode="json"))
    # A sum of money that happens to be whole is written so: 8000, not 8000.0.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def changes(before: Sequence[Section], after: Sequence[Section]) -> list[Change]:
    """The sections that differ, in the order of `after`, then those that are gone.

    >>> [c.words for c in changes([Section("a", "A", "at least 10 posts")], [Section("a", "A", "at least 12 posts")])]
    [(('same', 'at least'), ('gone', ' 10'), ('new', ' 12'), ('same', ' posts'))]
    """
    old = {s.name: s for s in before}
    new = {s.name: s for s in after}
    found = []
    for name in [*new, *(n for n in old if n not in new)]:
        one, other = old.get(name), new.get(name)
        was, now = one.text if one else "", other.text if other else ""
        if was != now:
            kept = new.get(name) or old[name]
            found.append(Change(name, kept.label, kept.material, tuple(word_diff(was, now))))
    return found


def word_diff(before: str, after: str) -> list[Run]:
    """Runs of words that stayed, went and came. Joined without `gone` they give the words of `after`, without `new`
    those of `before`; white space is that of the text where a run comes from, and of `after` where it stayed."""
    old, new = re.findall(r"\s*\S+", before), re.findall(r"\s*\S+", after)
    if len(old) * len(new) > _MOST:
        old, new = _sentences(before), _sentences(after)
    if len(old) * len(new) > _MOST:
        return [("gone", before), ("new", after)]
    matcher = difflib.SequenceMatcher(
        None, [w.strip() for w in old], [w.strip() for w in new], autojunk=False
    )
    found: list[Run] = []

    def add(what: Literal["same", "gone", "new"], tokens: list[str]) -> None:
        text = "".join(tokens)
        if text:
            # The first word of a text has no space before it, and may come to stand behind another.
            found.append((what, f" {text}" if found and not text[0].isspace() else text))

    for what, a, b, c, d in matcher.get_opcodes():
        add("same", new[c:d] if what == "equal" else [])
        add("gone", old[a:b] if what != "equal" else [])
        add("new", new[c:d] if what != "equal" else [])
    return found


def _sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?])(?=\s)|(?=\n)", text) if s]
