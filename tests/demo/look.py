"""What a built demo says, as JSON: a process of its own reads it, for one process works on one home.

`python look.py HOME` prints gates, verdicts, every evidence with what computing it again gives, the log's
faults, and pages as a signed-in person sees them.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sextant.evidence import Evidence, Measurement
from sextant.lifecycle.measures import recompute
from sextant.lifecycle.phases import PHASES
from sextant.phrases import interval_text, number_text
from sextant_client import Project, connect

SECOND = "draft-assistant"


def look(home: Path, *, pages: bool = True) -> dict[str, Any]:
    with connect(home=home, create=False) as client:
        project = client.project("form-reader")
        return {
            "info": {"simulated": project.info.simulated, "in_service": project.info.in_service},
            "gates": _gates(project),
            "verdicts": {key: _verdict(v) for key, v in project.verdicts().items()},
            "evidence": _evidence(project, home / "form-reader"),
            "faults": [str(fault) for fault in project.faults()],
            "verified": _verified(project),
            "second": _gates(client.project(SECOND)),
            "plans": {slug: _plan(client.project(slug)) for slug in (project.slug, SECOND)},
            "pages": _pages([c.key for c in project.criteria()]) if pages else {},
        }


def gates(home: Path, **_: bool) -> list[dict[str, Any]]:
    with connect(home=home, create=False) as client:
        return _gates(client.project("form-reader"))


def _gates(project: Project) -> list[dict[str, Any]]:
    return [
        {
            "phase": gate.phase, "iteration": gate.iteration,
            "decision": gate.decision.outcome if gate.decision else None,
            "items": {i.item.key: i.status.value for i in gate.items},
            "underlying": {i.item.key: i.underlying.value for i in gate.items if i.underlying},
            "evidence": sorted({digest for i in gate.items for digest in i.finding.evidence}),
        }
        for gate in project.gates()
    ]  # fmt: skip


def _verdict(verdict: Any) -> dict[str, Any]:
    return {
        "status": verdict.status.value, "value": verdict.value, "lower": verdict.lower, "upper": verdict.upper,
        "evidence": verdict.evidence, "setting": verdict.setting and verdict.setting.value,
        "origin": verdict.origin and verdict.origin.value,
    }  # fmt: skip


def _evidence(project: Project, folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for stored in project.evidence():
        evidence = stored.evidence
        again = recompute(evidence, folder)
        entry = {
            "body": evidence.plain(), "measurement": evidence.measurement, "equal": again.equal,
            "statistics": again.from_statistics, "rows": again.from_rows, "differences": list(again.differences),
        }  # fmt: skip
        found[stored.digest] = {**entry, **_bounds(evidence)}
    return found


def _bounds(evidence: Evidence) -> dict[str, Any]:
    if not isinstance(evidence, Measurement) or (again := evidence.recompute()) is None:
        return {}
    return {"again": [again.value, again.lower, again.upper]}


def _plan(project: Project) -> dict[str, Any]:
    """The plan's pages, what is read on paper and in Word without white space, and all that must be in it."""
    import docx
    from pypdf import PdfReader

    pages = PdfReader(io.BytesIO(project.plan("pdf"))).pages
    document = docx.Document(io.BytesIO(project.plan("docx")))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    texts = {
        "pdf": "".join(page.extract_text() for page in pages),
        "docx": "".join([*(p.text for p in document.paragraphs), *cells]),
    }
    return {
        "pages": len(pages), "warnings": project.plan_warnings(), "wanted": [_squeezed(w) for w in _wanted(project)],
        "texts": {form: _squeezed(text) for form, text in texts.items()},
    }  # fmt: skip


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


def _wanted(project: Project) -> Iterator[str]:
    """Every number and status of the project's state, as a person writes them."""
    verdicts = project.verdicts()
    for c in project.criteria():
        verdict, difference = verdicts[c.key], c.role == "guardrail"
        yield c.name
        yield verdict.word
        yield number_text(c.threshold, c.unit, exact=True, difference=difference).lstrip("+")
        if c.baseline:
            yield number_text(c.baseline.value, c.unit)
        if verdict.value is not None:
            yield number_text(verdict.value, c.unit, against=c.bar, difference=difference)
        if verdict.lower is not None and verdict.lower != verdict.upper:
            yield interval_text(verdict.lower, verdict.upper, c.unit, against=c.bar, difference=difference)
    for gate in project.gates():
        if gate.decision:
            outcome = {"pass": "passed", "hold": "held"}[gate.decision.outcome]
            yield f"{outcome} by {gate.decision.by}"
            yield f"{gate.met} of {len(gate.items)} items met"
    for risk in project.risks():
        yield risk.text
        yield f"{risk.likelihood} × {risk.impact}"
        yield risk.status
    for plan in project.timeline().plans:
        for day in (plan.planned_start, plan.planned_end, plan.actual_start):
            if day:
                yield f"{day.day} {day:%b} {day.year}"


def _verified(project: Project) -> str:
    """What is wrong with the log, read from its first record on and held against every signed head; empty if
    nothing is."""
    from sextant.chain import Verifier

    head = project.head()
    verifier = Verifier(head.project, head.anchors)
    for record in project.log():
        verifier.add(record)
    found = verifier.finish(head.head, head.sequence)
    return str(found.fault or "") if found.anchors_checked else "no anchor was checked"


def _pages(criteria: list[str]) -> dict[str, str]:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    client = Client()
    client.force_login(User.objects.get_or_create(username="visitor", is_superuser=True)[0])
    base = "/p/form-reader/"
    urls = [base, *(f"{base}phases/{p.key}/" for p in PHASES), *(f"{base}targets/{key}/" for key in criteria)]
    pages = {}
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200, f"{url}: {answer.status_code} {answer.content.decode()[-1500:]}"
        pages[url] = answer.content.decode()
    links = {
        link
        for page in pages.values()
        for link in re.findall(r'href="(/p/form-reader/proof/[0-9a-f]+/)"', page)
    }
    for url in links:
        answer = client.get(url)
        assert answer.status_code == 200, f"{url}: {answer.status_code} {answer.content.decode()[-1500:]}"
        pages[url] = answer.content.decode()
    return pages


if __name__ == "__main__":
    chosen = gates if "--gates" in sys.argv else look
    json.dump(chosen(Path(sys.argv[1]), pages="--no-pages" not in sys.argv), sys.stdout)
