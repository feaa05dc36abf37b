"""Pages of what was found wrong with a dataset, and of what is decided about each finding."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sextant.data.documents import QualityResolution
from sextant.errors import InvalidInput, NotFound, SextantError
from sextant.reports import QualityReport
from sextant_server.data import actions, queries
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.models import Project

_DECISIONS = (
    ("planned", "It will be mended, by a day"),
    ("accepted", "It may stay as it is, for a reason"),
    ("fixed", "It is mended in the version named below"),
)


class DecisionForm(forms.Form):
    """What is decided about one finding."""

    resolution = forms.ChoiceField(label="What about it?", widget=forms.RadioSelect, choices=_DECISIONS)
    reason = forms.CharField(
        label="Why, or how", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why it may stay, or how it is mended.",
    )  # fmt: skip
    planned_by = forms.DateField(
        label="Mended by", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="Only if it will be mended. After that day it is open again, as long as it is found.",
    )  # fmt: skip
    accepted_percent = forms.FloatField(
        label="Accepted up to", required=False, min_value=0, max_value=100,
        help_text="In % of the rows, only if it may stay: on later versions too, as long as no more rows have it. Empty: on "
        "this version only.",
    )  # fmt: skip
    version = forms.CharField(
        label="Version of the dataset",
        max_length=200,
        help_text="The one that you looked at, or that has it mended.",
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        which = given.get("resolution")
        if which == "planned" and not given.get("planned_by") and "planned_by" not in self.errors:
            self.add_error("planned_by", "What is to be mended needs a day.")
        if which == "accepted" and not (given.get("reason") or "").strip():
            self.add_error("reason", "What may stay needs a reason.")
        return given

    def resolved(self, dataset: str, finding: str) -> QualityResolution:
        given = self.cleaned_data
        percent = given["accepted_percent"] if given["resolution"] == "accepted" else None
        return QualityResolution(
            dataset=dataset, finding=finding, resolution=given["resolution"], reason=given["reason"].strip(),
            version=given["version"].strip(), accepted_share=None if percent is None else percent / 100,
            planned_by=given["planned_by"] if given["resolution"] == "planned" else None,
        )  # fmt: skip


def findings(request: HttpRequest, slug: str, dataset: str) -> HttpResponse:
    """Everything that the latest quality report found, with what was decided about each; and what is not found any more."""
    found = enter(request, slug)
    now = datetime.now(UTC)
    if not queries.known(found.project, dataset):
        raise NotFound(f"there is no dataset {dataset[:80]!r}", todo="look at the list of datasets")
    told = queries.quality(found.project, dataset)
    report, digest = told or (None, "")
    dealt = queries.dealt(found.project, report, now.date())
    here = {d.finding.key for d in dealt}
    gone = [r for r in queries.resolutions(found.project) if r.dataset == dataset and r.finding not in here]
    context = {
        "name": dataset, "report": report, "report_digest": digest,
        "open": [d for d in dealt if d.open], "decided": [d for d in dealt if not d.open], "gone": gone if report else [],
    }  # fmt: skip
    return page(request, found, "datasets", "data/findings.html", context)


def finding(request: HttpRequest, slug: str, dataset: str, finding: str) -> HttpResponse:
    """Decide about one finding: mended, to be mended by a day, or accepted for a reason."""
    found = enter(request, slug, "edit")
    report, one, before = _finding(found.project, dataset, finding, datetime.now(UTC).date())
    form = DecisionForm(sent(request), initial=_initial(report, before))
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                actions.decide_finding(found.project, found.caller, form.resolved(dataset, finding))
            except (InvalidInput, SextantError) as error:
                put_beside(form, error)
            else:
                messages.success(request, "Your decision is kept.")
                return redirect("dataset-quality", slug, dataset)
    context = {"name": dataset, "report": report, "one": one, "form": form, "before": before}
    return page(request, found, "datasets", "data/finding.html", context, status=status)


def _finding(
    project: Project, dataset: str, key: str, today: date
) -> tuple[QualityReport, Any, QualityResolution | None]:
    told = queries.quality(project, dataset)
    dealt = queries.dealt(project, told[0], today) if told else []
    one = next((d for d in dealt if d.finding.key == key), None)
    if told is None or one is None:
        raise NotFound(
            f"the latest quality report of {dataset[:80]!r} has no finding {key[:80]!r}",
            todo="look at what was found in it",
        )
    return told[0], one, one.resolution


def _initial(report: QualityReport, before: QualityResolution | None) -> dict[str, Any]:
    if before is None:
        return {
            "resolution": "planned", "version": report.data.version,
            "planned_by": (datetime.now(UTC) + timedelta(days=14)).date(),
        }  # fmt: skip
    share = before.accepted_share
    return {
        "resolution": before.resolution, "reason": before.reason, "planned_by": before.planned_by,
        "accepted_percent": None if share is None else share * 100, "version": report.data.version,
    }  # fmt: skip
