"""Pages on paper: a fixed Typst template, filled with a project's words, as a PDF.

    clean       text that every format can hold: no control characters, nothing that turns lines around
    pdf         a template and its data as PDF, with its number of pages and what no font here can draw

What people wrote never becomes source. It travels beside the template as JSON and is only ever drawn as text, so
that Typst markup in it (`*bold*`, `#read("...")`) comes out as it was typed. Nothing is fetched: a template names no
package, and Typst brings its own fonts; a system's fonts are asked only for letters that those lack.

A template starts with the prelude below: `data` is what was given, `title` its title. The result is PDF/A-2a and
PDF/UA-1, that is, tagged and to be read in twenty years; both ask that headings do not skip a level and that each
picture has a text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sextant.errors import InvalidInput, SextantError

#: Every page alike: A4, quiet headings, the page's number; `muted` and `line` are the colours of what stands back.
PRELUDE = """\
#let data = json(bytes(sys.inputs.data))
#let muted = luma(90)
#let line-color = luma(205)
#set document(title: sys.inputs.title, date: auto, keywords: if sys.inputs.keywords == "" { () } else { sys.inputs.keywords })
#set text(font: "Libertinus Serif", size: 9.5pt, lang: "en", hyphenate: false)
#set par(leading: 0.55em, spacing: 0.8em)
#set page(paper: "a4", margin: (x: 19mm, top: 17mm, bottom: 18mm), footer: context {
  set text(size: 8pt, fill: muted)
  grid(columns: (1fr, auto), sys.inputs.foot, [#counter(page).display() / #counter(page).final().first()])
})
#set table(stroke: (x, y) => (bottom: 0.4pt + line-color), inset: (x: 3pt, y: 3pt))
#show table.cell.where(y: 0): set text(weight: "semibold")
#show heading.where(level: 1): it => block(above: 0pt, below: 6pt, text(size: 17pt, weight: "semibold", it.body))
#show heading.where(level: 2): it => block(above: 11pt, below: 5pt, text(size: 11.5pt, weight: "semibold", it.body))
#show heading.where(level: 3): it => block(above: 7pt, below: 3pt, text(size: 9.5pt, weight: "semibold", it.body))
"""

#: To be read in twenty years, and aloud.
STANDARDS: Final = ("a-2a", "ua-1")
#: How the number of pages is asked for after the template.
_PAGES = "\n#context [#metadata(counter(page).final().first()) <sextant-pages>]\n"

#: What no format can hold, or what shows another text than the one that is stored: controls, halves of a pair,
#: non-characters, marks of byte order, and everything that overrides the direction of writing.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufff9-\ufffb\ufdd0-\ufdef\u202a-\u202e\u2066-\u2069"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_HALVES = re.compile("[\ud800-\udfff]")
#: No font has it: drawn in its place.
BOX = "\u25a1"
#: A word longer than a line: it may be broken after so many characters.
_LONGEST_WORD = 32
_WORD = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")
#: How the compiler names a character that it cannot put into the file: no font has it, or the standard bars it.
_MISSING = re.compile(r'(?:the text|codepoint) `"(.*?)"`')


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as PDF. `missing` are the characters that no font on this machine has: a box stands for each."""

    pdf: bytes
    pages: int
    missing: tuple[str, ...] = ()


def clean(text: str) -> str:
    """The text as every format can hold it: without control characters and without what turns the order of writing
    around, so that what is read is what is stored. Half of a surrogate pair becomes the mark for "unknown".

    >>> clean("a\\x00b\\u202ec \\ud83d")
    'abc \\ufffd'
    """
    text = _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u0085", "\n"))
    return unicodedata.normalize("NFC", _HALVES.sub("\ufffd", text))


def pdf(
    template: str, data: Mapping[str, Any], *, title: str, when: datetime, foot: str = "", keywords: str = ""
) -> Paper:
    """`template` (Typst, ours, after the prelude) drawn with `data`; `foot` stands beside the page's number, and
    `keywords` in the document's properties.

    The same template, data and time give the same bytes on one machine. Raises `InvalidInput` if a value of `data`
    is not plain (text, numbers, lists, mappings), and `SextantError` if the template itself is at fault.

    >>> from datetime import UTC
    >>> paper = pdf("= #sys.inputs.title\\n#data.said", {"said": "*as* #typed"}, title="T", when=datetime(2026, 1, 5, tzinfo=UTC))
    >>> paper.pdf[:5], paper.pages, paper.missing
    (b'%PDF-', 1, ())
    """
    import typst

    source = f"{PRELUDE}{template}{_PAGES}".encode()
    lost: set[str] = set()
    # The first try says every letter that no font has; the second draws boxes in their place.
    for _ in range(3):
        inputs = {
            "data": _as_json(data, lost),
            "title": _fit(title, lost),
            "foot": _fit(foot, lost),
            "keywords": clean(keywords),
        }
        try:
            drawn = typst.compile(
                source,
                format="pdf",
                font_paths=_fonts(),
                sys_inputs=inputs,
                timestamp=when,
                pdf_standards=list(STANDARDS),
            )
        except typst.TypstError as error:
            found = _undrawable(error.diagnostic) - lost
            if not found:
                raise SextantError(
                    f"the page could not be drawn: {error.message}",
                    todo="this is a fault of the template, please report it",
                ) from error
            lost |= found
            continue
        pages = json.loads(
            typst.query(
                source, "<sextant-pages>", field="value", one=True, font_paths=_fonts(), sys_inputs=inputs
            )
        )
        return Paper(drawn, int(pages), tuple(sorted(char for char in lost if not _silent(char))))
    raise SextantError("the page could not be drawn: its letters change with each try")


@cache
def _fonts() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)


def _undrawable(diagnostic: str) -> set[str]:
    """The characters that the compiler's message names."""
    return {char for text in _MISSING.findall(diagnostic) for char in _unescape(text)}


def _unescape(text: str) -> str:
    plain = re.sub(r"\\u\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), text)
    return re.sub(r"\\(.)", r"\1", plain)


def _fit(text: str, lost: set[str]) -> str:
    text = clean(text)
    if lost:
        text = "".join("" if _silent(char) else BOX if char in lost else char for char in text)
    return _WORD.sub(_breakable, text)


def _silent(char: str) -> bool:
    """Whether a character shows nothing by itself: joiners, selectors of a variant, tags."""
    return unicodedata.category(char) in ("Cf", "Mn", "Me") and (
        unicodedata.category(char) == "Cf" or "VARIATION SELECTOR" in unicodedata.name(char, "")
    )


def _breakable(found: re.Match[str]) -> str:
    """A word that no line can hold, with places where it may be broken."""
    word = found[0]
    return "\u200b".join(word[start : start + _LONGEST_WORD] for start in range(0, len(word), _LONGEST_WORD))


def _as_json(data: Mapping[str, Any], lost: set[str]) -> str:
    try:
        return json.dumps(_plain(data, lost), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            str(error), where="data of a page", rule="text, finite numbers, lists and mappings"
        ) from error


def _plain(value: Any, lost: set[str]) -> Any:
    if isinstance(value, str):
        return _fit(value, lost)
    if isinstance(value, Mapping):
        return {str(name): _plain(inner, lost) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, lost) for inner in value]
    return value
