"""Reads a pasted one-pager and prefills the five Ws and the brief, by rules that anybody can read.

Three kinds of rules, in this order; the first that fills a field wins, and each says what it took and from where:

1. **heading**: a heading that names a field, such as "Target users", takes the lines under it.
2. **label**: a line such as "Budget: $200K", or a row of a table that begins so, takes what follows.
3. **sentence**: what is still empty of the five Ws is looked for in the first sentences, by their words.

Nothing is made up: each value is words of the text (marks of lists and bold print taken off), a number, or a date
that stands there. What a rule saw and could not take is said in `left`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from sextant.problem.documents import Brief, FiveWs
from sextant.problem.plain_text import plain_text
from sextant.problem.reading import (
    a_date,
    a_sum,
    bare,
    cut,
    first_sentence,
    items,
    named,
    sentences,
)

Target = Literal["five_ws", "brief"]
#: A field that takes several lines takes no more than this many.
MOST_ITEMS = 40
#: Stands in quoted words where a line in between was taken by another rule.
GAP = "[…]"
#: Nobody reads a longer list of what was left.
MOST_LEFT = 100


@dataclass(frozen=True, slots=True)
class Taken:
    """One prefilled field: where it goes, the very words it was taken from, their first line (from 1), and the rule."""

    target: Target
    field: str
    words: str
    line: int
    rule: Literal["heading", "label", "sentence"]
    said: str

    @property
    def label(self) -> str:
        kind = FiveWs if self.target == "five_ws" else Brief
        return str(kind.model_fields[self.field].title)


@dataclass(frozen=True, slots=True)
class Left:
    """Words that a rule recognized and could not take, with the reason."""

    words: str
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Prefill:
    """What the rules made of a text. `text` is it without markup; lines are counted in it."""

    text: str
    five_ws: FiveWs
    brief: Brief
    currency: str | None
    taken: tuple[Taken, ...]
    left: tuple[Left, ...]


@dataclass(slots=True)
class _Line:
    number: int
    text: str


@dataclass(slots=True)
class _Section:
    """The lines under one heading; `field` is the key in `LABELS`' values, or empty for a heading nobody knows."""

    field: str
    said: str
    lines: list[_Line] = dataclasses.field(default_factory=list)


def read_one_pager(text: str) -> Prefill:
    """The five Ws and the brief, as far as the text says them.

    >>> found = read_one_pager("# Problem\\nClerks type 600 forms a day.\\n\\nBudget: EUR 50,000")
    >>> found.five_ws.what, found.brief.budget, found.currency
    ('Clerks type 600 forms a day.', 50000.0, 'EUR')
    >>> [(t.field, t.line, t.rule) for t in found.taken if t.rule != "sentence"]
    [('problem', 2, 'heading'), ('what', 2, 'heading'), ('budget', 4, 'label')]
    """
    plain = plain_text(text)
    made = _Made()
    sections = list(_sections([_Line(n, line) for n, line in enumerate(plain.split("\n"), 1)], made))
    for section in sections:
        made.section(section)
    _from_sentences(sections, made)
    five = {t.field: made.values[t.target, t.field] for t in made.taken if t.target == "five_ws"}
    brief = {t.field: made.values[t.target, t.field] for t in made.taken if t.target == "brief"}
    taken = sorted(made.taken, key=lambda t: (t.line, t.target))
    return Prefill(
        plain,
        FiveWs.model_validate(five),
        Brief.model_validate(brief),
        made.currency,
        tuple(taken),
        tuple(made.left),
    )


def title_of(found: Prefill) -> str:
    """The name that a text gives itself: its first line, if that is short, is no sentence, names no field and was not
    taken for one. "" where there is none.

    >>> title_of(read_one_pager("# Form reader\\n\\n## Problem\\nClerks type 600 forms a day."))
    'Form reader'
    >>> title_of(read_one_pager("Problem: clerks type 600 forms a day."))
    ''
    """
    for number, line in enumerate(found.text.split("\n"), 1):
        words = bare(line).rstrip(":").strip()
        if not words:
            continue
        taken = any(t.line == number for t in found.taken)
        is_name = len(words) <= 60 and words[-1] not in ".!?" and not named(words) and not taken
        return words if is_name else ""
    return ""


def _sections(lines: Sequence[_Line], made: _Made) -> Iterator[_Section]:
    """The text in sections, each under the heading that it belongs to; labelled lines are taken on the way."""
    now = _Section("", "")
    for place, line in enumerate(lines):
        stripped = line.text.strip()
        if _says_nothing(line):
            now.lines.append(line)
            continue
        underlined = (
            place + 1 < len(lines) and re.fullmatch(r"\s*(=|-){3,}\s*", lines[place + 1].text) is not None
        )
        heading = _heading(stripped, underlined)
        if heading is not None:
            yield now
            now = _Section(named(heading), heading)
        elif not made.label(line):
            now.lines.append(line)
    yield now


def _says_nothing(line: _Line) -> bool:
    """A blank line, or one that only rules off."""
    return re.fullmatch(r"\s*(?:[-=_*|: ]{3,})?\s*", line.text) is not None


def _heading(text: str, underlined: bool) -> str | None:
    """The words of a heading, or None. A mark makes one; without a mark only words that name a field do."""
    if len(text) > 120:
        return None
    if found := re.match(r"#{1,6}\s+(\S.*)", text):
        return bare(found[1])
    if (bold := re.fullmatch(r"(?:\d+[.)]\s*)?(\*\*|__)(.+?)\1:?", text)) and ":" not in bold[2][:-1]:
        return bare(bold[2])
    if underlined and len(text.split()) <= 8:
        return bare(text)
    words = bare(text)
    # "Business" alone opens the metrics of that kind; a sentence that happens to be short does not end in a field.
    short = 0 < len(words.split()) <= 6 and not text.endswith((".", "?", "!")) and ":" not in text[:-1]
    return words if short and named(words) else None


_LABEL = re.compile(
    r"^(?:[-*•·–]\s+|\d+[.)]\s+)?(?:\*\*|__)?([A-Za-z][A-Za-z &/'’-]{1,40}?)(?:\*\*|__)?\s*[:：](?:\*\*|__)?\s+(\S.*)$"
)


def _verbatim(lines: Sequence[_Line]) -> str:
    """The lines as they stand, with a mark where a labelled line between them went elsewhere."""
    found = [lines[0].text]
    for before, line in pairwise(lines):
        found += ([GAP] if line.number > before.number + 1 else []) + [line.text]
    return "\n".join(found).strip()


class _Made:
    """What has been taken so far."""

    def __init__(self) -> None:
        self.values: dict[tuple[Target, str], object] = {}
        self.taken: list[Taken] = []
        self.left: list[Left] = []
        self.currency: str | None = None

    def label(self, line: _Line) -> bool:
        """Take a line that begins with a field's name, or a row of a table that does; False for any other."""
        text = line.text.strip()
        if text.startswith("|"):
            cells = [bare(c) for c in text.strip("|").split("|")]
            field = named(cells[0]) if len(cells) > 1 else ""
            rest = [c for c in cells[1:] if c]
            if not field.endswith("_metrics") or not rest:
                return False
            words = text.strip("|").split("|", 1)[1].strip()
            return self._add("brief", field, ", ".join(rest), words, line.number, "label", cells[0])
        found = _LABEL.match(text)
        field = named(bare(found[1])) if found else ""
        if not found or not field:
            return False
        words = found[2].strip()
        return self._fill(field, bare(words), words, line.number, "label", bare(found[1]))

    def section(self, section: _Section) -> None:
        """Take the lines under a heading that names a field."""
        lines = [line for line in section.lines if not _says_nothing(line)]
        if section.field == "metrics":
            # Rows of a table that name their kind were taken on the way; its head says nothing by itself.
            lines = [line for line in lines if not line.text.strip().startswith("|")]
        if not section.field or not lines:
            return
        words = _verbatim([n for n in section.lines if lines[0].number <= n.number <= lines[-1].number])
        value = "\n".join(bare(line.text) for line in lines)
        self._fill(section.field, value, words, lines[0].number, "heading", section.said)

    def _fill(
        self,
        field: str,
        value: str,
        words: str,
        line: int,
        rule: Literal["heading", "label", "sentence"],
        said: str,
    ) -> bool:
        """Put a value wherever its label says that it goes."""
        if field == "problem":
            self._add("brief", "problem", value, words, line, rule, said)
            opening = first_sentence(words)
            return self._add("five_ws", "what", bare(opening), opening, line, rule, said)
        if field == "who":
            self._add("brief", "target_users", value, words, line, rule, said)
            return self._add("five_ws", "who", value, words, line, rule, said)
        if field in FiveWs.model_fields:
            return self._add("five_ws", field, value, words, line, rule, said)
        if field == "budget":
            found = a_sum(value)
            if found is None:
                return self._leave(words, line, "no sum of money stands there; write it as $200,000")
            self.currency = self.currency or found[1]
            return self._add("brief", "budget", found[0], words, line, rule, said)
        if field in ("starts", "ends"):
            day = a_date(value)
            if day is None:
                return self._leave(words, line, "no clear date stands there; write it as 2027-03-31")
            return self._add("brief", field, day, words, line, rule, said)
        if field in ("duration", "metrics"):
            why = {
                "duration": "a span of time has no place in the brief; give the first and the last day",
                "metrics": "say of each whether it is a business, a product or an ML target",
            }
            return self._leave(words, line, why[field])
        return self._add("brief", field, value, words, line, rule, said)

    def _add(
        self, target: Target, field: str, value: object, words: str, line: int,
        rule: Literal["heading", "label", "sentence"], said: str,
    ) -> bool:  # fmt: skip
        place = (target, field)
        listed = target == "brief" and field in ("business_metrics", "product_metrics", "ml_metrics", "team")
        if listed:
            new = items(str(value), by_comma=field == "team")
            have = self.values.get(place, ())
            both = (*have, *new)  # type: ignore[misc]
            if len(both) > MOST_ITEMS:
                self._leave(words, line, f"only the first {MOST_ITEMS} lines of it were taken")
            self.values[place] = both[:MOST_ITEMS]
            self.taken.append(Taken(target, field, words, line, rule, said))
            return True
        if place in self.values:
            return self._leave(
                words, line, f"{field.replace('_', ' ')} was filled already, from a line before"
            )
        if isinstance(value, str):
            short = cut(value)
            if len(short) < len(value.strip()):
                self._leave(
                    words[:80], line,
                    f"it has {len(value):,} characters; the first {len(short):,} were taken into this field",
                )  # fmt: skip
            value = short
        self.values[place] = value
        self.taken.append(Taken(target, field, words, line, rule, said))
        return True

    def _leave(self, words: str, line: int, why: str) -> bool:
        if len(self.left) < MOST_LEFT:
            self.left.append(Left(words if len(words) <= 160 else words[:159] + "…", line, why))
        return True


# --- sentences, for the five Ws that no heading and no label filled

_WORK = (
    "spends?|loses?|types?|needs?|waits?|struggles?|takes?|reads?|writes?|copy|copies|misse?s?|retypes?|enters?|drives?|"
    "answers?|checks?|compares?|search(?:es)?|have to|has to|cannot|can['’]t|do not|don['’]t|are|is"
)
#: "Every tenth one is wrong" says how many, not how often.
_TIMES = "time|hour|day|week|month|quarter|year|morning|evening|night|shift|batch|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_FINDS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("when", re.compile(
        rf"\b(?:(?:every|each) (?:\w+ )?(?:{_TIMES})|whenever|twice|once|\d+(?:\s*(?:-|–|to)\s*\d+)?\s*(?:x|times))\b"
        r"[^.;,()\n]{0,120}", re.I
    ), "words that say how often"),
    ("where", re.compile(
        r"\b(?:at|in|on|during|while)\s+(?:the|their|our|a)?\s*[^.;,()\n]{0,60}?\b(?:step|phase|stage|screen|page|form|desk|queue|"
        r"call|meeting|checkout|inbox|counter)\b[^.;,()\n]{0,60}", re.I
    ), "words that name a step"),
    ("why", re.compile(
        r"[^.;\n]{0,200}\b(?:costs?|lose|loses|lost|losing|churn|refunds?|complain\w*|leaves?|quit|burn-?out|delay\w*)\b[^.;\n]{0,200}",
        re.I,
    ), "words that name a loss"),
)  # fmt: skip
_WHO = re.compile(rf"^(?:our|the|most|many)?\s*([a-z][^.;,\n]{{4,90}}?)\s+(?:{_WORK})\b", re.I)
#: As far into a text as somebody says what it is about.
_OPENING = 60


def _from_sentences(sections: Sequence[_Section], made: _Made) -> None:
    """Look for what is still empty in the problem's sentences, else in the first of the text."""
    told = [s for s in sections if s.field in ("problem", "what")] or [s for s in sections if not s.field]
    lines = [line for s in told for line in s.lines if not _says_nothing(line)][:_OPENING]
    opening = [(line.number, one) for line in lines for one in sentences(line.text[:4000])]
    prose = [(n, one) for n, one in opening if len(one.split()) >= 5]
    if prose and ("five_ws", "what") not in made.values:
        number, one = next(((n, s) for n, s in prose if re.search(r"\d", s)), prose[0])
        made._add(
            "five_ws",
            "what",
            bare(one),
            one,
            number,
            "sentence",
            "the first sentence with a number, or the first",
        )
        made._add("brief", "problem", bare(one), one, number, "sentence", "the same sentence")
    if ("five_ws", "who") not in made.values:
        for number, one in prose:
            if (found := _WHO.match(one)) and not re.match(r"(?:we|it|this|that|there)\b", found[1], re.I):
                said = "who does or suffers what the sentence says"
                made._fill("who", bare(found[1]), found[1], number, "sentence", said)
                break
    what = str(made.values.get(("five_ws", "what"), ""))
    for question, pattern, said in _FINDS:
        if ("five_ws", question) in made.values:
            continue
        for number, one in prose:
            # The reason is another sentence than the problem, if there is one.
            if question == "why" and bare(one) == what and len(prose) > 1:
                continue
            if found := pattern.search(one):
                words = found[0].strip()
                made._add("five_ws", question, bare(words), words, number, "sentence", said)
                break
