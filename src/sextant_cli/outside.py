"""`sextant evidence read`: evaluations that another tool has run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.errors import InvalidInput
from sextant.phrases import number
from sextant_cli import output
from sextant_cli.common import as_json_option, choose, home_option, project_option, target_of

if TYPE_CHECKING:
    from sextant.evaluation.outside import Outside


@click.command("read")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--criterion", metavar="KEY", help="Store it as proof for this target. Left out: only say what is there."
)
@click.option("--score", metavar="NAME", help="Which score, where there are several.")
@click.option(
    "--evaluation", metavar="NAME", help="Which evaluation, where the file holds several: a part of its name."
)
@click.option("--model", metavar="NAME@VERSION", help="The model that was asked, as the project calls it.")
@click.option(
    "--data", metavar="NAME@VERSION", help="The cases, as the project calls them. Left out: by their digest."
)
@project_option
@home_option
@as_json_option
def read(
    file: Path, criterion: str | None, score: str | None, evaluation: str | None, model: str | None, data: str | None,
    slug: str | None, home: Path | None, form: str,
) -> None:  # fmt: skip
    """Read an evaluation that inspect-ai or promptfoo has run: a log (.eval, .json) or a file of results (.json).

    Without --criterion it says what is there. With it, one score is stored as proof for that target: each case counts
    once, with the mean of its runs; what ended in an error is a miss; cases that lack make it no proof.

    \b
      sextant evidence read logs/2026-11-25_arithmetic.eval
      sextant evidence read logs/2026-11-25_arithmetic.eval --criterion accuracy --score match --model reader@m3
      sextant evidence read results.json --evaluation "prompt 2" --criterion accuracy --score pass
    """
    listed = _read(file)
    if evaluation is not None:
        names = [f"{one.name}, {one.model}" for one in listed]
        listed = [one for one, name in zip(listed, names, strict=True) if evaluation in name]
        if not listed:
            raise InvalidInput(
                f"no evaluation is called {evaluation!r}",
                where=str(file),
                rule=f"there are {'; '.join(names)}",
            )
    if criterion is None:
        _tell(listed, form)
        return
    if len(listed) > 1:
        names = [f"{one.name}, {one.model}" for one in listed]
        raise InvalidInput(
            f"there are {len(listed)} evaluations", where=str(file), rule=f"they are {'; '.join(names)}",
            todo="name one with --evaluation",
        )  # fmt: skip
    _store(listed[0], criterion, score, model, data, slug, home, form)


def _store(
    found: Outside, key: str, score: str | None, model: str | None, data: str | None, slug: str | None, home: Path | None,
    form: str,
) -> None:  # fmt: skip
    from sextant.evaluation.outside import evidence
    from sextant.evidence import Version
    from sextant.phrases import span, with_unit
    from sextant_client.client import connect

    with connect(home=home) as client:
        project = choose(client, slug)
        criterion = target_of(project, key)
        taken = evidence(
            found, criterion, score=score, model=Version.parse(model, "model") if model else None,
            data=Version.parse(data, "dataset") if data else None,
        )  # fmt: skip
        added = project.add_evidence([taken])[0]
    if form == "json":
        output.as_json({"digest": added.digest, "evidence": taken})
        return
    between = ""
    if taken.interval and not taken.undefined:
        between = f" (between {span(taken.interval.lower, taken.interval.upper, taken.unit)})"
    said = (
        f"no number: {taken.undefined}"
        if taken.undefined
        else f"{with_unit(taken.value, taken.unit)}{between}"
    )
    output.say(f"{added.digest[:12]}  stored as proof for {key}: {said}, on {number(taken.n)} cases")
    if taken.note:
        output.say(taken.note)
    if wrong := taken.holds:
        output.say(f"It does not count: not every case is there ({wrong.detail}).")


def _read(file: Path) -> list[Outside]:
    """What the file is, is said by its contents."""
    from sextant_integrations.inspect_ai import incoming as inspect_ai
    from sextant_integrations.promptfoo import incoming as promptfoo

    if file.suffix == ".eval":
        return [inspect_ai.read(file)]
    try:
        body: Any = json.loads(file.read_bytes())
    except ValueError as error:
        raise InvalidInput(f"it is no JSON: {error}", where=str(file), todo="is the file whole?") from error
    if isinstance(body, dict) and "eval" in body:
        return [inspect_ai.read(file)]
    if isinstance(body, dict) and "evalId" in body:
        return promptfoo.read(file)
    raise InvalidInput(
        "it is neither a log of inspect-ai nor results of promptfoo", where=str(file),
        rule="an .eval or .json log, or what `promptfoo eval -o results.json` writes",
    )  # fmt: skip


def _tell(listed: list[Outside], form: str) -> None:
    from sextant.evaluation.outside import scored

    rows = [(one, name, scored(one, name)) for one in listed for name in one.scores]
    if form == "json":
        output.as_json(
            [
                {
                    "evaluation": one.name, "model": one.model, "score": name, "cases": len(taken.values), "runs": one.runs,
                    "mean": sum(taken.values) / len(taken.values) if taken.values else float("nan"),
                    "errors": taken.missed + taken.left_out, "unscored": taken.unscored, "finished": one.finished,
                    "tool": f"{one.tool} {one.tool_version}".strip(), "at": one.at,
                }
                for one, name, taken in rows
            ]
        )  # fmt: skip
        return
    output.table(
        ("EVALUATION", "MODEL", "SCORE", "MEAN", "CASES", "RUNS", "ERRORS", "STATE"),
        [
            (
                one.name, one.model, name,
                number(sum(taken.values) / len(taken.values)) if taken.values else "–", number(len(taken.values)),
                number(one.runs), number(taken.missed + taken.left_out), "finished" if one.finished else one.why,
            )
            for one, name, taken in rows
        ],
    )  # fmt: skip
