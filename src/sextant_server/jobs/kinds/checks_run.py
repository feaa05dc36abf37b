"""`checks.run`: run the checks of the project file in this server's folder, and store what they measured."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from sextant.errors import Forbidden, InvalidInput, SextantError
from sextant.evidence import Evidence, shortened
from sextant.reports import QualityReport
from sextant_server.jobs.registry import Work, job
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller, named
from sextant_server.records import queries
from sextant_server.records.actions import add_evidence, put_subject
from sextant_server.records.models import Latest, SubjectRow

if TYPE_CHECKING:
    from sextant.config import Config
    from sextant.lifecycle.measures import Planned

FILE = "sextant.yaml"


@job("checks.run", arguments=("checks",), patience=6 * 3600)
def run_checks(work: Work) -> dict[str, Any]:
    """Every check of the file, or those whose ids `checks` lists, one a step.

    What a check found is stored together with the step that says so, in one transaction: a check that was stored
    is not run again, and one that was not leaves nothing. One that cannot be run does not keep the others from
    running; the job then fails at its end and names it. The result says for each check how much it `stored` and
    how much of it was said today already (`unchanged`), or which of its files are `missing`.
    """
    from sextant import config
    from sextant.lifecycle import measures
    from sextant.lifecycle.measures.repeats import code_version

    root = _folder()
    loaded = config.load(root / FILE)
    if loaded.config.project.slug != work.project.slug:
        raise InvalidInput(
            f"the file in this server's folder is of another project, {loaded.config.project.slug}",
            where=FILE,
            todo="start the checks in that project",
        )
    caller, code = _caller(work.job.asked_by), code_version(root)
    settled = _settled(loaded.config, work.project)
    planned = _chosen(measures.available(settled, root), work.arguments.get("checks"))
    text = hashlib.sha256(loaded.text.encode()).hexdigest()
    # Where another worker stopped; but a file that was changed since asks for other checks.
    ended: dict[str, Any] = work.checkpoint["ended"] if work.checkpoint.get("text") == text else {}
    with measures.Inputs(settled, root) as inputs:
        for plan in planned:
            if plan.id in ended:
                continue
            work.pause()
            found, became = list[Evidence](), {"missing": "; ".join(plan.missing)}
            if plan.ready:
                try:
                    found = measures.run(
                        settled, plan.spec, root, now=datetime.now(UTC), code=code, inputs=inputs
                    )
                    found = [_by_schedule(e) for e in found] if work.scheduled else found
                except SextantError as error:
                    became = {"failed": str(error)}
            with transaction.atomic():
                ended = {**ended, plan.id: _stored(work.project, caller, found) if found else became}
                work.step(
                    len(ended) / len(planned), f"Ran {plan.id}", checkpoint={"text": text, "ended": ended}
                )
    failed = {name: became["failed"] for name, became in ended.items() if "failed" in became}
    if failed:
        raise InvalidInput(
            f"{len(failed)} of {len(planned)} checks could not be run, what the others found is stored. "
            + "; ".join(f"{name}: {why}" for name, why in failed.items())
        )
    return {"checks": ended}


def _by_schedule(evidence: Evidence) -> Evidence:
    """What a schedule asked for says so: a report by hand does not keep a pipeline going."""
    return (
        evidence.model_copy(update={"scheduled": True}) if isinstance(evidence, QualityReport) else evidence
    )


def _folder() -> Path:
    if not settings.PROJECT_FOLDER:
        raise InvalidInput(
            "this server knows no project folder",
            where="SEXTANT_PROJECT_FOLDER",
            todo="set it to the project's folder and start the server again, or run `sextant check` there",
        )
    return Path(settings.PROJECT_FOLDER)


def _settled(config: Config, project: Project) -> Config:
    """The file with the targets as they read on the site: what is measured is what counts now."""
    site = queries.criteria(project)
    return config.model_copy(update={"criteria": tuple(site.get(c.key, c) for c in config.criteria)})


def _chosen(planned: Sequence[Planned], wanted: Any) -> list[Planned]:
    if wanted is None:
        return list(planned)
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise InvalidInput("it is no list of check ids", where="checks")
    have = {plan.id: plan for plan in planned}
    absent = [name for name in wanted if name not in have]
    if absent:
        raise InvalidInput(
            f"the file has no check {', '.join(absent)}",
            where="checks",
            rule=f"it has {', '.join(have) or 'none'}",
        )
    return [have[name] for name in dict.fromkeys(wanted)]


def _stored(project: Project, caller: Caller, found: Sequence[Evidence]) -> dict[str, Any]:
    """Store what one check found and has not been said today, and that the dataset versions which it read are the
    present ones; all of it or none."""
    from sextant.lifecycle.measures.repeats import told_today

    try:
        with transaction.atomic():
            new = [item for item in found if not told_today(_latest(project, item), item)]
            made = sum(fresh for _, fresh in add_evidence(project, caller, new))
            read = {version for item in found for version in item.rests_on if version.kind == "dataset"}
            for version in sorted(read, key=str):
                if not SubjectRow.objects.filter(
                    project=project, kind=version.kind, name=version.name, version=version.version
                ).exists():
                    put_subject(project, caller, version)
    except SextantError as error:
        return {"failed": str(error)}
    return {"stored": made, "unchanged": len(found) - made}


def _latest(project: Project, item: Evidence) -> Evidence | None:
    """The latest evidence on the same topic and model."""
    pointer = (
        Latest.objects.filter(project=project, topic=shortened(item.topic), model=str(item.model or ""))
        .select_related("evidence__record")
        .first()
    )
    return queries.read(pointer.evidence) if pointer else None


def _caller(asked_by: str) -> Caller:
    """Who asked for the job, so that the log names them and not the worker."""
    if (who := named(asked_by)).known:
        return who
    raise Forbidden("who asked for this job may no longer do so", todo="ask for it again")
