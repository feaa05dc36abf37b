"""Plain text out of whatever was pasted: markup becomes lines and marks, scripts and styles are dropped."""

from __future__ import annotations

import html
import re

from sextant.errors import InvalidInput

#: More characters than this are no one-pager; twice and a half the longest that anybody should have to paste.
MOST = 500_000

_MARKUP = re.compile(
    r"</?(?:html|body|p|div|span|h[1-6]|ul|ol|li|table|tr|td|th|br|b|i|strong|em|a|script|style|img)\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
#: What stands inside these is no text for a reader.
_DROPPED = frozenset(
    {"script", "style", "head", "template", "noscript", "iframe", "object", "svg", "math", "title"}
)
_BREAKS = frozenset(
    {
        "p",
        "div",
        "br",
        "tr",
        "table",
        "ul",
        "ol",
        "section",
        "article",
        "blockquote",
        "pre",
        "hr",
        "body",
        "html",
    }
)
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def plain_text(text: str) -> str:
    """The text as a reader sees it, a line for each block; HTML is recognized by its tags.

    Headings keep their level as `#` marks, list items become `- `, cells of a table stand between `|`. Scripts,
    styles, comments and attributes go, and so do invisible characters. One pass, however it is nested or broken.

    >>> print(plain_text("<h2>Problem</h2><p>Clerks <b>retype</b> forms<script>steal()</script></p>"))
    ## Problem
    <BLANKLINE>
    Clerks retype forms
    """
    if len(text) > MOST:
        raise InvalidInput(
            f"the text has {len(text):,} characters",
            rule=f"at most {MOST:,}",
            todo="paste the part that matters",
        )
    if _MARKUP.search(text):
        text = _without_markup(text)
    text = _CONTROL.sub(
        "", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u00a0", " ")
    )
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(lines).strip("\n")


def _without_markup(text: str) -> str:
    """Tags out, text in. Each position is looked at once: no input takes more than one pass."""
    found: list[str] = []
    lower, at, end = text.lower(), 0, len(text)
    in_row = False
    while at < end:
        start = text.find("<", at)
        if start < 0:
            found.append(html.unescape(text[at:]))
            break
        found.append(html.unescape(text[at:start]))
        if text.startswith("<!--", start):
            close = text.find("-->", start + 4)
            at = end if close < 0 else close + 3
            continue
        if not (start + 1 < end and (text[start + 1].isalpha() or text[start + 1] in "/!?")):
            found.append("<")
            at = start + 1
            continue
        close = text.find(">", start)
        if close < 0:
            # No tag ends any more: what is left is text, unless it is the beginning of a closing tag.
            found.append("" if text[start + 1] == "/" else html.unescape(text[start:]))
            break
        name = re.match(r"[a-z0-9]*", lower[start + 1 : start + 20].lstrip("/"))
        tag, closing = (name[0] if name else ""), text[start + 1] == "/"
        at = close + 1
        if tag in _DROPPED and not closing and not lower.startswith("/>", close - 1):
            over = lower.find(f"</{tag}", at)
            at = end if over < 0 else over
        elif re.fullmatch(r"h[1-6]", tag):
            found.append("\n" if closing else f"\n{'#' * int(tag[1])} ")
        elif tag == "li":
            found.append("" if closing else "\n- ")
        elif tag == "tr":
            found.append(" |\n" if closing and in_row else "\n")
            in_row = False
        elif tag in ("td", "th") and not closing:
            found.append("| " if not in_row else " | ")
            in_row = True
        elif tag in _BREAKS and not in_row:
            found.append("\n")
    # Blanks and line breaks of the source mean nothing; those that were put in for blocks stay.
    joined = "".join(found)
    lines = [" ".join(line.split()) for line in joined.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
