"""What the style guide shows: invented numbers and forms that keep nothing."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from sextant_server.data import samples as data_samples

from .drawing import Point
from .icons import ICONS, STATUSES

LEVELS = [("", "–"), ("low", "Low"), ("medium", "Medium"), ("high", "High")]


class RiskForm(forms.Form):
    """A row of the sample grid."""

    risk = forms.CharField(max_length=200)
    likelihood = forms.ChoiceField(choices=LEVELS)
    cost = forms.DecimalField(min_value=0, required=False, help_text="in USD")
    review = forms.DateField(
        required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    mitigation = forms.CharField(required=False)


RiskFormSet = forms.formset_factory(RiskForm, extra=1, can_delete=True, max_num=200)


class TargetForm(forms.Form):
    """One of each kind of field."""

    name = forms.CharField(max_length=80, help_text="What must hold, in words that a stakeholder uses.")
    why = forms.CharField(
        label="Why it matters",
        widget=forms.Textarea,
        required=False,
        help_text="One paragraph. Who is better off when this holds?",
    )
    bar = forms.DecimalField(label="The bar")
    direction = forms.ChoiceField(choices=[("at_least", "At least"), ("at_most", "At most")])
    due = forms.DateField(required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    judged = forms.ChoiceField(
        label="Judged where",
        choices=[("offline", "On held-out data"), ("life", "In use")],
        widget=forms.RadioSelect,
        help_text="Evidence from elsewhere does not count.",
    )
    tell = forms.BooleanField(label="Tell me when its status changes", required=False)


RISKS: list[dict[str, Any]] = [
    {
        "risk": "Faded ink is read badly",
        "likelihood": "high",
        "cost": 12000,
        "review": "2026-12-01",
        "mitigation": "Collect 500 more faded forms",
    },
    {
        "risk": "Scanner model changes",
        "likelihood": "low",
        "cost": 4000,
        "review": "2027-01-15",
        "mitigation": "Monitor the brightness of scans",
    },
    {"risk": "Clerks stop checking", "likelihood": "medium", "cost": "", "review": "", "mitigation": ""},
]

HALF_FILLED = {"name": "Digits read right", "tell": "on"}

PHASES = [
    {"name": "Problem", "state": "done", "sub": "passed 4 Nov", "href": "#course"},
    {
        "name": "Data",
        "state": "done",
        "sub": "passed 20 Nov",
        "href": "#course",
        "iteration": 2,
        "back_from": "Evaluation",
    },
    {"name": "Model", "state": "done", "sub": "passed 2 Dec, one waiver", "href": "#course"},
    {
        "name": "Evaluation",
        "state": "here",
        "sub": "2 of 5 met",
        "href": "#course",
        "progress": 0.4,
        "iteration": 2,
    },
    {"name": "Deployment", "state": "ahead", "sub": "not started", "href": "#course"},
    {"name": "Maintenance", "state": "ahead", "sub": "not started", "href": "#course"},
]

MIDDLE = [
    {"name": name, "state": "not_assessed", "sub": "before Sextant", "href": "#course"}
    for name in ("Problem", "Data", "Model", "Evaluation", "Deployment")
] + [
    {
        "name": "Maintenance",
        "state": "here",
        "sub": "healthy since 3 Oct",
        "href": "#course",
        "progress": 0.5,
    }
]

#: name, value, lower, upper, threshold, direction, unit, baseline, note
GAUGES: list[tuple[Any, ...]] = [
    ("Digits read right", 0.989, 0.981, 0.995, 0.98, "at_least", "share", None, "clears the bar"),
    ("Faded ink", 0.968, 0.942, 0.984, 0.98, "at_least", "share", None, "straddles it"),
    ("Answer time, 95th percentile", 84.2, 81.1, 88.4, 200, "at_most", "ms", None, "less is better"),
    ("Forms done a day", 438, None, None, 600, "at_least", "count", 410, "an exact count, with its start"),
    ("Rare failures", 0.0004, 0.0, 0.0012, 0.001, "at_most", "share", None, "close to zero"),
    ("Longest wait", 3.1, -math.inf, 4.4, 5, "at_most", "s", None, "no limit below"),
    ("Net gain", -1200, -5400, 3100, 0, "at_least", "USD", None, "below zero"),
    ("Requests ever", 8.1e9, 8.0e9, math.inf, 1e6, "at_least", "count", None, "very large, no limit above"),
    ("Not measured", None, None, None, 0.9, "at_least", "share", None, "nothing to draw"),
    (
        "Undefined",
        math.nan,
        math.nan,
        math.nan,
        0.9,
        "at_least",
        "share",
        None,
        "nan is written as unknown",
    ),
]

NUMBERS: list[tuple[Any, str, dict[str, Any]]] = [
    (0.989, "share", {}),
    (0.99996, "share", {}),
    (1797, "count", {}),
    (84.27, "ms", {}),
    (61000, "USD", {"compact": True}),
    (0.0042, "USD/request", {}),
    (0.0231, "share", {"difference": True}),
    (1.2e-9, "s", {}),
    (math.nan, "share", {"why": "only one label was used"}),
]

ICON_NAMES = [name for name in ICONS if name not in STATUSES]


def series(now: datetime) -> list[Point]:
    """Thirty days of a share that dips, with one day missing."""
    points = []
    for day in range(30):
        x = (now - timedelta(days=29 - day)).date()
        value = 0.985 - (0.02 * math.exp(-(((day - 19) / 3.2) ** 2))) + 0.002 * math.sin(day * 1.7)
        points.append(Point(x, None) if day == 8 else Point(x, value, value - 0.007, value + 0.006))
    return points


def context(sent: QueryDict | None = None) -> dict[str, Any]:
    """All that the style guide's template needs; `sent` is what a visitor put into its forms."""
    now = timezone.now()
    rows = sent if sent and "risks-TOTAL_FORMS" in sent else None
    grid = RiskFormSet(rows, initial=RISKS, prefix="risks")
    plain = TargetForm(sent if sent and "name" in sent else HALF_FILLED)
    return {
        "statuses": list(STATUSES),
        "phases": PHASES,
        "middle": MIDDLE,
        "gauges": GAUGES,
        "numbers": NUMBERS,
        "icons": ICON_NAMES,
        "points": series(now),
        "slices": [
            ("All forms", 0.989, 0.981, 0.995),
            ("Faded ink", 0.916, 0.871, 0.949),
            ("Left-handed", 0.978, 0.955, 0.991),
            ("Photocopies", 0.962, 0.931, 0.981),
            ("Never scanned", None),
        ],
        "ages": [
            now,
            now - timedelta(minutes=12),
            now - timedelta(hours=2, minutes=5),
            now - timedelta(days=3),
            now - timedelta(days=400),
            now + timedelta(days=6),
            (now - timedelta(days=1)).date(),
            None,
        ],
        "data": data_samples.context(),
        "grid": grid,
        "grid_sent": grid.is_bound and grid.is_valid(),
        "form": plain,
        "subnav": [
            {"label": "Overview", "href": "#top", "current": True},
            *(
                {"label": name, "href": f"#{name.lower()}"}
                for name in ("Course", "Verdicts", "Numbers", "Tables", "Charts", "Data")
            ),
            {"label": "Forms", "href": "#forms", "count": 2},
            {"label": "Grid", "href": "#grid"},
            {"label": "Pages", "href": "#pages"},
        ],
    }
