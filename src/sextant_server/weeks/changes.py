"""What changed in some projects since a moment: gates, targets, proof, signatures, risks, waivers, going back.

A fixed number of queries, however many projects and however long their history: each kind is one, with a limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max
from django.urls import reverse

from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.phases import BY_KEY
from sextant.verdicts import WORDS, Status
from sextant_server.projects.models import Project
from sextant_server.projects.overview import OUTCOMES
from sextant_server.records.models import DecisionRow, EvidenceRow, Exemption, RoundRow, SignatureRow
from sextant_server.weeks.models import Turn

#: The most changes of one kind that are read, over all projects.
MOST = 200
#: How serious they are to a stakeholder, the most serious first.
ORDER = ("gate", "back", "target", "signature", "waiver", "risk", "evidence")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed, as a sentence; `tone` says whether it is good news, bad, or neither."""

    kind: str
    at: datetime
    said: str
    href: str = ""
    tone: str = ""

    def plain(self) -> dict[str, Any]:
        return {"kind": self.kind, "at": self.at, "said": self.said, "tone": self.tone}


def changes(projects: Iterable[Project], since: datetime) -> dict[int, list[Change]]:
    """What changed in each project since then, by its primary key, the most serious first."""
    slugs = {p.pk: p.slug for p in projects}
    found: dict[int, list[Change]] = {pk: [] for pk in slugs}
    if not slugs:
        return found
    for part in (_gates, _back, _turns, _signatures, _waivers, _evidence):
        for pk, change in part(slugs, since):
            found[pk].append(change)
    for listed in found.values():
        listed.sort(key=lambda c: (ORDER.index(c.kind), -c.at.timestamp()))
    return found


def _gates(slugs: dict[int, str], since: datetime) -> Iterable[tuple[int, Change]]:
    rows = (
        DecisionRow.objects.filter(project__in=slugs, at__gt=since).defer("items", "anchor").order_by("-id")
    )
    for row in rows[:MOST]:
        note = f": {row.note.rstrip('.')}" if row.note else ""
        said = f"{BY_KEY[row.phase].name} {OUTCOMES[row.outcome]} by {row.by}{note}."
        tone = {"pass": "good", "stop": "bad"}.get(row.outcome, "")
        yield (
            row.project_id,
            Change("gate", row.at, said, reverse("decided", args=[slugs[row.project_id], row.pk]), tone),
        )


def _back(slugs: dict[int, str], since: datetime) -> Iterable[tuple[int, Change]]:
    for row in RoundRow.objects.filter(project__in=slugs, opened_at__gt=since).order_by("-id")[:MOST]:
        said = f"Went back to {BY_KEY[row.phase].name}, round {row.number}: {row.reason.rstrip('.')}."
        yield (
            row.project_id,
            Change("back", row.opened_at, said, reverse("phase", args=[slugs[row.project_id], row.phase])),
        )


def _turns(slugs: dict[int, str], since: datetime) -> Iterable[tuple[int, Change]]:
    """From what it was then to what it is now; what turned and turned back is no news."""
    spans: dict[tuple[int, str, str], tuple[Turn, Turn]] = {}
    for row in Turn.objects.filter(project__in=slugs, at__gt=since).order_by("-at", "-id")[: 5 * MOST]:
        place = (row.project_id, row.kind, row.subject)
        spans[place] = (row, spans[place][1] if place in spans else row)
    for (pk, kind, subject), (first, last) in spans.items():
        if first.before == last.after:
            continue
        if kind == "risk":
            href = reverse("risks", args=[slugs[pk]])
            word = (
                "Risk opened"
                if last.after == "open"
                else "Risk taken out"
                if not last.after
                else f"Risk {last.after}"
            )
            yield (
                pk,
                Change(
                    "risk",
                    last.at,
                    f"{word}: {last.name.rstrip('.')}.",
                    href,
                    "bad" if last.after == "open" else "good",
                ),
            )
        elif not last.after:
            yield (
                pk,
                Change(
                    "target",
                    last.at,
                    f"{last.name} is no target any more.",
                    reverse("targets", args=[slugs[pk]]),
                ),
            )
        else:
            after = WORDS[Status(last.after)]
            said = (
                f"{last.name}: {WORDS[Status(first.before)]} → {after}."
                if first.before
                else f"New target: {last.name}, {after}."
            )
            tone = {"met": "good", "unmet": "bad"}.get(last.after, "")
            yield pk, Change("target", last.at, said, reverse("target", args=[slugs[pk], subject]), tone)


def _signatures(slugs: dict[int, str], since: datetime) -> Iterable[tuple[int, Change]]:
    rows = SignatureRow.objects.filter(project__in=slugs, at__gt=since).order_by("-id")[:MOST]
    named: dict[tuple[int, str], list[SignatureRow]] = {}
    for row in rows:
        named.setdefault((row.project_id, row.subject), []).append(row)
    for (pk, subject), signed in named.items():
        people = list(dict.fromkeys(row.person for row in reversed(signed)))
        shown = ", ".join(people[:5]) + (f" and {len(people) - 5} more" if len(people) > 5 else "")
        said = f"{subject.replace('_', ' ').capitalize()} signed by {shown}."
        yield pk, Change("signature", signed[0].at, said, reverse("sign", args=[slugs[pk], subject]), "good")


def _waivers(slugs: dict[int, str], since: datetime) -> Iterable[tuple[int, Change]]:
    rows = Exemption.objects.filter(project__in=slugs, at__gt=since, withdrawn=False).order_by("-id")[:MOST]
    for row in rows:
        item, _, part = row.target.partition(":")
        name = (ITEMS[item].title if item in ITEMS else row.target) + (
            f", {part.replace('_', ' ')}" if part else ""
        )
        what = f"waived until {row.until} by {row.by}" if row.until else f"not applicable, says {row.by}"
        yield (
            row.project_id,
            Change("waiver", row.at, f"{name}: {what}.", reverse("decisions", args=[slugs[row.project_id]])),
        )


def _evidence(slugs: dict[int, str], since: datetime) -> Iterable[tuple[int, Change]]:
    rows = (
        EvidenceRow.objects.filter(project__in=slugs, record__at__gt=since)
        .order_by()
        .values("project")
        .annotate(count=Count("id"), targets=Count("criterion", distinct=True), last=Max("record__at"))
    )
    for row in rows:
        pk, many = row["project"], row["count"]
        said = f"{many:,} piece{'s' * (many > 1)} of proof came in, the last on {row['last']:%d %B}."
        yield pk, Change("evidence", row["last"], said, reverse("proof", args=[slugs[pk]]))
