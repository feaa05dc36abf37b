"""The plan as one HTML file, to be read anywhere: no script, nothing from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape

from sextant.lifecycle.plan.content import Beside, Plan, Prose, Table
from sextant.typeset import clean

_STYLE = """
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: #14202e; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
p { margin: 0 0 .4rem; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.1em; overflow-wrap: anywhere; }
.quiet { color: #5c6878; margin: .2rem 0 1rem; }
.beside { display: grid; grid-template-columns: 2fr 3fr; gap: 0 1.5rem; }
.beside h3 { font-size: .8rem; color: #5c6878; margin: 0 0 .2rem; font-weight: 500; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; border-top: 1px solid #e6e2d8; }
td { overflow-wrap: anywhere; }
thead th { border: 0; color: #5c6878; font-weight: 500; }
pre { background: #f3f0e8; padding: .8rem; overflow-x: auto; font-size: .75rem; }
@media (max-width: 40rem) { .beside { grid-template-columns: 1fr; } table { display: block; overflow-x: auto; } }
"""


def html(plan: Plan) -> str:
    """The whole document. Whatever people wrote stands in it as text."""
    return "\n".join(_lines(plan)) + "\n"


def _text(value: str) -> str:
    return escape(clean(value), quote=True)


def _lines(plan: Plan) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{_text(plan.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f'<h1>{_text(plan.title)}</h1>\n<p class="quiet">{_text(plan.subtitle)}</p>'
    if plan.summary:
        yield f"<p>{_text(plan.summary)}</p>"
    for section in plan.sections:
        yield f"<h2>{_text(section.title)}</h2>"
        for block in section.blocks:
            yield from _block(block)
    if plan.head:
        yield "<h2>Signed head of the log</h2>"
        yield "<p>Keep this file where the log is not:"
        yield "<code>sextant audit verify --head FILE</code> holds the log against it.</p>"
        yield f"<pre>{escape(json.dumps(plan.head, ensure_ascii=True, indent=2), quote=False)}</pre>"
    if plan.note:
        yield f'<p class="quiet">{_text(plan.note)}</p>'
    yield "</body>\n</html>"


def _block(block: Prose | Beside | Table) -> Iterator[str]:
    if isinstance(block, Prose):
        yield f"<p>{_text(block.text)}</p>"
    elif isinstance(block, Beside):
        source = f" ({_text(block.source)})" if block.source else ""
        points = "".join(f"<li>{_text(point.whole)}</li>" for point in block.found)
        yield f'<div class="beside"><div><h3>Intent{source}</h3><p>{_text(block.meant)}</p></div>'
        yield f"<div><h3>So far</h3><ul>{points}</ul></div></div>"
    elif not block.rows:
        yield f"<p>{_text(block.empty)}</p>"
    else:
        heads = "".join(f'<th scope="col">{_text(head)}</th>' for head in block.heads)
        rows = "\n".join(
            f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in block.rows
        )
        yield f"<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table>"
        if block.after:
            yield f"<p>{_text(block.after)}</p>"
