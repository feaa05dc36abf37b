"""`sextant risks` and `sextant timeline`."""

from __future__ import annotations

import click

from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.timeline import Forecast
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_client.project import Project


@click.command()
@as_json_option
@on_project
def risks(project: Project, form: str) -> None:
    """The risk register."""
    found = sorted(project.risks(), key=lambda r: -r.likelihood * r.impact)
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (
            r.key,
            str(r.likelihood * r.impact),
            BY_KEY[r.phase].name,
            r.status,
            r.owner or "–",
            r.mitigation or "–",
            r.text,
        )
        for r in found
    ]
    output.table(
        ("KEY", "WEIGHT", "PHASE", "STATUS", "OWNER", "MITIGATION", "RISK"),
        rows,
        empty="No risks are written down.",
    )


@click.command()
@as_json_option
@on_project
def timeline(project: Project, form: str) -> None:
    """Planned, actual and forecast dates."""
    found = project.timeline()
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (
            BY_KEY[p.phase].name,
            output.day(p.planned_start), output.day(p.planned_end), output.day(p.actual_start),
            output.day(p.actual_end),
        )
        for p in found.plans
    ]  # fmt: skip
    output.table(("PHASE", "PLANNED FROM", "TO", "ACTUAL FROM", "TO"), rows)
    output.say()
    output.say(output.indented(forecast_sentence(found.forecast), 0))


def forecast_sentence(forecast: Forecast) -> str:
    """When it ships, in words."""
    if forecast.shipped:
        return f"It shipped on {output.day(forecast.shipped)}."
    if forecast.median is None:
        return forecast.method
    late = forecast.late_days
    against = "" if late is None else f"; planned for {output.day(forecast.planned)}" + _against(late)
    return (
        f"It will probably ship between {output.day(forecast.earliest)} and {output.day(forecast.latest)}, as likely before as "
        f"after {output.day(forecast.median)}{against}. {forecast.method}"
    )


def _against(late: int) -> str:
    if late == 0:
        return ", so on time"
    return f", so {abs(late)} day{'s' * (abs(late) != 1)} {'late' if late > 0 else 'early'}"
