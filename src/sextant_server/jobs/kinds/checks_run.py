"""`checks.run`: run the checks of the project file in this server's folder, and store what they measured."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from sextant.errors import Forbidden, InvalidInput, SextantError
from sextant_server.jobs.registry import Work, job
from sextant_server.projects.models import Token
from sextant_server.projects.permissions import Caller
from sextant_server.records.actions import add_evidence

FILE = "sextant.yaml"


@job("checks.run", arguments=("checks",), patience=6 * 3600)
def run_checks(work: Work) -> dict[str, Any]:
    """Every check of the file, or those whose ids `checks` lists, one a step. Evidence and checkpoint are
    stored in one transaction, so a check that was stored is not run again and one that was not leaves
    nothing. A check that cannot be run does not keep the others from running; the job then fails at the end
    and names it."""
    from sextant import config
    from sextant.lifecycle import measures

    root = _folder()
    loaded = config.load(root / FILE)
    if loaded.config.project.slug != work.project.slug:
        raise InvalidInput(
            f"the file in this server's folder is of another project, {loaded.config.project.slug}",
            where=FILE,
            todo="start the checks in that project",
        )
    caller = _caller(work.job.asked_by)
    chosen = _chosen(loaded.config.checks, work.arguments.get("checks"))
    text = hashlib.sha256(loaded.text.encode()).hexdigest()
    fresh: dict[str, Any] = {"text": text, "done": [], "failed": {}, "stored": 0, "known": 0}
    # A file that was changed meanwhile asks for other checks: begin again.
    state = work.checkpoint if work.checkpoint.get("text") == text else fresh
    for spec in chosen:
        if spec.id in state["done"] or spec.id in state["failed"]:
            continue
        work.pause()
        work.step(len(state["done"]) / len(chosen), f"Running {spec.id}")
        try:
            evidence = measures.run(loaded.config, spec, root, now=datetime.now(UTC))
        except SextantError as error:
            state = {**state, "failed": {**state["failed"], spec.id: str(error)}}
            work.step(len(state["done"]) / len(chosen), f"{spec.id} could not be run", checkpoint=state)
            continue
        with transaction.atomic():
            stored = sum(made for _, made in add_evidence(work.project, caller, evidence))
            state = {
                **state, "done": [*state["done"], spec.id], "stored": state["stored"] + stored,
                "known": state["known"] + len(evidence) - stored,
            }  # fmt: skip
            work.step(len(state["done"]) / len(chosen), f"{spec.id} is stored", checkpoint=state)
    if state["failed"]:
        said = "; ".join(f"{name}: {why}" for name, why in state["failed"].items())
        raise InvalidInput(
            f"{len(state['failed'])} of {len(chosen)} checks could not be run, the others are stored. {said}"
        )
    return {"checks": state["done"], "stored": state["stored"], "known": state["known"]}


def _folder() -> Path:
    if not settings.PROJECT_FOLDER:
        raise InvalidInput(
            "this server knows no project folder", where="SEXTANT_PROJECT_FOLDER",
            todo="set it to the project's folder and start the server again, or run `sextant check` there",
        )  # fmt: skip
    return Path(settings.PROJECT_FOLDER)


def _chosen(checks: Any, wanted: Any) -> list[Any]:
    if wanted is None:
        return list(checks)
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise InvalidInput("it is no list of check ids", where="checks")
    have = {spec.id: spec for spec in checks}
    absent = [name for name in wanted if name not in have]
    if absent:
        raise InvalidInput(
            f"the file has no check {', '.join(absent)}",
            where="checks",
            rule=f"it has {', '.join(have) or 'none'}",
        )
    return [have[name] for name in dict.fromkeys(wanted)]


def _caller(asked_by: str) -> Caller:
    """Who asked for the job, so that the log names them and not the worker."""
    kind, _, number = asked_by.partition(":")
    if asked_by == "local":
        return Caller(local=True)
    if kind == "user" and (user := User.objects.filter(pk=number, is_active=True).first()):
        return Caller(user=user)
    if kind == "token" and (token := Token.objects.filter(pk=number, revoked_at=None).first()):
        return Caller(token=token)
    raise Forbidden("who asked for this job may no longer do so", todo="ask for it again")
