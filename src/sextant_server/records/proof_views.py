"""Pages of the proof: all of it, and one piece with where it comes from and what rests on it."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sextant.evidence import Declared, Evidence, Measurement
from sextant.meaning import meaning
from sextant.reports import KINDS
from sextant.verdicts import RULES
from sextant_server.projects.frame import enter, page
from sextant_server.records import queries

#: What every evidence carries, and the page shows in its own place.
_COMMON = frozenset(Measurement.model_fields)


def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """Proof, the newest first, by kind, target or what it rests on."""
    found = enter(request, slug)
    asked = {k: request.GET.get(k, "") for k in ("kind", "criterion", "subject")}
    before = request.GET.get("before", "")
    rows, following = queries.list_evidence(
        found.project, **asked, before=int(before) if before.isdigit() else None, limit=40
    )
    more = ""
    if following:
        more = f"{reverse('proof', args=[slug])}?{urlencode({**{k: v for k, v in asked.items() if v}, 'before': following})}"
    known = queries.criteria(found.project)
    names = {key: c.name for key, c in known.items()}
    context = {
        "rows": [
            {"row": row, "ev": queries.read(row), "for": names.get(row.criterion, row.criterion)} for row in rows
        ],
        "more": more, "asked": asked, "kinds": sorted(KINDS), "criteria": known,
        "filtered": any(asked.values()),
    }  # fmt: skip
    return page(request, found, "proof", "records/proof.html", context)


def evidence(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """One piece of proof: the number and what it means, where it comes from, what it rests on, what rests on it."""
    found = enter(request, slug)
    row = queries.find_evidence(found.project, digest)
    if "download" in request.GET:
        return HttpResponse(
            row.record.body, content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{slug}-{row.digest[:12]}.json"'},
        )  # fmt: skip
    ev = queries.read(row)
    state = queries.project_state(found.project)
    context: dict[str, Any] = {
        "row": row,
        "ev": ev,
        "criterion": state.criteria.get(ev.criterion or ""),
        "stale": state.stale(ev),
        "rests_on": [
            {"version": v, "now": state.subjects[v.subject].version if v.subject in state.subjects else ""}
            for v in ev.rests_on
        ],
        "rests": queries.resting_on(found.project, row, state),
        "soundness": [(RULES.get(s.rule, s.rule.replace("_", " ")), s) for s in ev.soundness],
        "own": own_fields(ev),
        "body": json.dumps(row.record.content, indent=2, ensure_ascii=False),
        "template": f"records/reports/{ev.kind}.html",
    }
    if isinstance(ev, Declared) and ev.attachment:
        context["attachment"] = queries.attachment(found.project, ev.attachment)
    if isinstance(ev, Measurement):
        context |= {"measurement": True, "meaning": meaning(ev), "again": recomputed(ev)}
    return page(request, found, "proof", "records/evidence.html", context)


def own_fields(ev: Evidence) -> list[tuple[str, Any]]:
    """The fields of the kind itself, for the table: the sufficient statistics of a measurement, a report's content."""
    body = ev.plain()
    return [(name, body[name]) for name in type(ev).model_fields if name in body and name not in _COMMON]


def recomputed(ev: Measurement) -> dict[str, Any] | None:
    """Value and interval once more from the sufficient statistics, and whether they are what was stored."""
    again = ev.recompute()
    if again is None:
        return None
    pairs = [(again.value, ev.value)]
    if ev.interval:
        pairs += [(again.lower, ev.interval.lower), (again.upper, ev.interval.upper)]
    equal = all(
        (math.isnan(a) and math.isnan(b)) or a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
        for a, b in pairs
    )
    return {"equal": equal, "value": again.value, "lower": again.lower, "upper": again.upper}
