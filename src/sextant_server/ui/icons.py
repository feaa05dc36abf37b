"""Small drawings on a field of 16 by 16: the shapes of the verdicts and what buttons carry.

Drawn rather than typed, because fonts lack some of these signs and colour others. `fill` marks what is
filled in the colour of the text; everything else is a line in that colour.
"""

from __future__ import annotations

from typing import NamedTuple


class Status(NamedTuple):
    """How a verdict looks: its plain word, the tone of its colour, and whether it is only an outline."""

    word: str
    tone: str
    hollow: bool = False


#: Each state has a word and a shape of the same name in `ICONS`, so that colour is never alone.
STATUSES: dict[str, Status] = {
    "met": Status("Met", "met"),
    "unmet": Status("Not met", "unmet"),
    "not_enough": Status("Not sure yet", "unsure"),
    "stale": Status("Stale", "unsure"),
    "missing": Status("Missing", "quiet", hollow=True),
    "not_due": Status("Not due", "quiet"),
    "not_applicable": Status("Not applicable", "quiet"),
    "waived": Status("Waived", "brass"),
    "not_assessed": Status("Not assessed", "quiet", hollow=True),
}

_RING = '<circle cx="8" cy="8" r="5.6"/>'

ICONS: dict[str, str] = {
    "met": '<path d="M2.8 8.6l3.4 3.4 7-8"/>',
    "unmet": '<path d="M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4"/>',
    "not_enough": _RING + '<path class="fill" d="M8 2.4a5.6 5.6 0 0 0 0 11.2z"/>',
    "stale": '<path d="M13.4 8.4a5.4 5.4 0 1 1-1.5-4.1M13.2 1.8v3.4H9.8"/>',
    "missing": _RING,
    "not_due": _RING + '<path d="M8 4.8V8.2l2.3 1.4"/>',
    "not_applicable": _RING + '<path d="M4.1 11.9l7.8-7.8"/>',
    "waived": '<path d="M4 14.4V2.4h8.4l-2 3.1 2 3.1H4"/>',
    "not_assessed": '<circle cx="8" cy="8" r="5.6" stroke-dasharray="2 2.4"/>',
    "add": '<path d="M8 2.8v10.4M2.8 8h10.4"/>',
    "arrow": '<path d="M2.8 8h10M8.8 3.8L13 8l-4.2 4.2"/>',
    "back": '<path d="M13.2 8h-10M7.2 3.8L3 8l4.2 4.2"/>',
    "close": '<path d="M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4"/>',
    "copy": '<path d="M5.6 5.6h8v8h-8zM10.4 5.6V2.4h-8v8h3.2"/>',
    "declared": '<path d="M13.4 8.6a5 5 0 0 1-7.2 4.1L2.6 13.8l1.1-3.4a5 5 0 1 1 9.7-1.8z"/>',
    "down": '<path d="M3.6 6l4.4 4.4L12.4 6"/>',
    "download": '<path d="M8 2.4v8M4.6 7.4L8 10.8l3.4-3.4M2.8 13.6h10.4"/>',
    "edit": '<path d="M2.8 13.2l.6-3 7.4-7.4 2.4 2.4-7.4 7.4z"/>',
    "help": _RING + '<path d="M6.4 6.6a1.7 1.7 0 1 1 2.3 1.6c-.5.2-.7.5-.7 1M8 11.1v.3"/>',
    "info": _RING + '<path d="M8 7.4v3.4M8 5v.3"/>',
    "lock": '<path d="M3.6 7.2h8.8v6.2H3.6zM5.4 7.2V5.4a2.6 2.6 0 0 1 5.2 0v1.8"/>',
    "moon": '<path d="M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z"/>',
    "person": '<circle cx="8" cy="5.4" r="2.7"/><path d="M2.8 13.8a5.3 5.3 0 0 1 10.4 0"/>',
    "run": '<path class="fill" d="M5 3.2v9.6l7.6-4.8z"/>',
    "search": '<circle cx="7" cy="7" r="4.2"/><path d="M10.2 10.2l3.6 3.6"/>',
    "simulated": '<path d="M6.2 2.4v4L2.8 13.4h10.4L9.8 6.4v-4M5 2.4h6M4.7 9.8h6.6"/>',
    "sun": '<circle cx="8" cy="8" r="2.7"/><path d="M8 1.6v1.6M8 12.8v1.6M1.6 8h1.6M12.8 8h1.6'
    'M3.5 3.5l1.1 1.1M11.4 11.4l1.1 1.1M12.5 3.5l-1.1 1.1M4.6 11.4l-1.1 1.1"/>',
    "trash": '<path d="M2.6 4.4h10.8M6.2 4.4V2.6h3.6v1.8M4 4.4l.7 9.2h6.6l.7-9.2M6.7 7v4M9.3 7v4"/>',
    "upload": '<path d="M8 10.8v-8M4.6 6L8 2.6 11.4 6M2.8 13.6h10.4"/>',
    "warning": '<path d="M8 2.2l6.2 11.2H1.8zM8 6.6v3M8 11.3v.3"/>',
}
