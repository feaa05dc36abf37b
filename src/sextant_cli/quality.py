"""`sextant quality` and `sextant clean`: what is wrong with a table, and mending it into a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.errors import Conflict, InvalidInput, Unavailable
from sextant_cli import output
from sextant_cli.common import as_json_option, find_file, read_json_or_yaml

if TYPE_CHECKING:
    from sextant.config.rules import QualityRule
    from sextant.data.quality import Issue, Report
    from sextant.data.recipes import Recipe

_SEVERITIES = ("critical", "high", "medium", "low")
_COLOURS = {"critical": "red", "high": "red", "medium": "yellow"}
_TABLE = click.argument("table", metavar="TABLE")
_OUT = click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to this new file.",
)


@click.command()
@_TABLE
@click.option("--key", help="The column that names a row.")
@click.option("--target", "answer", help="The column that holds the right answer.")
@click.option(
    "--group", "groups", multiple=True, help="A column of groups that must fare alike; may be given again."
)
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of rules that the table must keep.",
)
@click.option(
    "--learn",
    "reference",
    help="Learn rules from this table, in place of looking for faults, and write them to -o.",
)
@click.option(
    "--recipe",
    "recipe_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a first recipe that mends what was found to this new file.",
)
@click.option(
    "--similar",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.8,
    show_default=True,
    help="Texts that share so much of their word triples are near-duplicates.",
)
@click.option(
    "--values/--no-values",
    default=True,
    show_default=True,
    help="Show values and keys of rows, or only their numbers.",
)
@click.option(
    "--fail-on", type=click.Choice(_SEVERITIES), help="Exit 1 if something this grave was found, or graver."
)
@_OUT
@as_json_option
def quality(
    table: str, key: str | None, answer: str | None, groups: tuple[str, ...], rules_file: Path | None, reference: str | None,
    recipe_file: Path | None, similar: float, values: bool, fail_on: str | None, target: Path | None, form: str,
) -> int:  # fmt: skip
    """Find what is wrong with a table, the gravest first.

    TABLE is a file, a folder of files of one format, a pattern such as 'logs/*.parquet', or the name of a dataset in
    sextant.yaml, whose key, target, groups and rules are then taken from there.

    Missing values, also in disguise; outliers, told apart from heavy tails; several ways to write one thing; rows that
    are there twice; columns that contradict each other or give the answer away; classes and groups that are too rare.
    Every row is looked at. Each finding says how many rows it concerns, what it would cost a model, and what to do.

    Nothing is stored: `sextant check` stores what a quality check of sextant.yaml finds, without values and keys.

    \b
      sextant quality people.csv --key id --target left --group region
      sextant quality people.csv --learn last_year.csv -o rules.yaml
      sextant quality people.csv --rules rules.yaml --fail-on high
      sextant quality people.csv --recipe recipe.yaml
    """
    from sextant.data.quality import examine
    from sextant.tables import table as open_table

    if reference is not None:
        return _learn(reference, target)
    source, about = _source(table)
    rules = [*about.pop("rules", ()), *(_rules(rules_file) if rules_file else ())]
    key, answer = key or about.get("key"), answer or about.get("target")
    groups = groups or about.get("groups", ())
    found = examine(
        open_table(source, name=table), key=key, target=answer, groups=groups, rules=rules, similar=similar
    )  # fmt: skip
    if recipe_file is not None:
        _write_recipe(found, recipe_file)
    shown = _json(found, values) if form == "json" else None
    if target is not None:
        _write(target, _text(shown if shown is not None else _json(found, values)))
    elif shown is not None:
        output.as_json(shown)
    else:
        _tell(found, values)
    graver = _SEVERITIES[: _SEVERITIES.index(fail_on) + 1] if fail_on else ()
    return 1 if any(i.severity in graver for i in found.issues) else 0


def _source(name: str) -> tuple[str, dict[str, Any]]:
    """The path that is meant, and what sextant.yaml says about it if it is a dataset of that."""
    if Path(name).exists() or any(c in name for c in "/*?.") or (file := find_file()) is None:
        return name, {}
    from sextant.config import load

    dataset = load(file).config.datasets.get(name)
    if dataset is None:
        return name, {}
    about = {"key": dataset.key, "target": dataset.target, "groups": dataset.groups, "rules": dataset.rules}
    return str(file.parent / dataset.path), about


def _rules(path: Path) -> list[QualityRule]:
    from pydantic import TypeAdapter, ValidationError

    from sextant.config.rules import QualityRule
    from sextant.reports import first_fault

    said = read_json_or_yaml(path)
    listed = said.get("rules") if isinstance(said, dict) else said
    try:
        return TypeAdapter(list[QualityRule]).validate_python(listed)
    except ValidationError as error:
        raise InvalidInput(
            first_fault(error), where=str(path), rule="a file of rules holds `rules:` and a list"
        ) from error


def _learn(reference: str, target: Path | None) -> int:
    from sextant.data.rules import learn
    from sextant.tables import table as open_table

    source, _ = _source(reference)
    found = learn(open_table(source, name=reference))
    text = _text({"rules": [r.model_dump(mode="json", exclude_defaults=True) for r in found]})
    text = f"# Learned from {reference}. Read and change them before they are used; `sextant schema` explains each.\n{text}"
    if target is None:
        click.echo(text, nl=False)
    else:
        _write(target, text)
        output.note(f"Wrote {len(found)} rules to {target}.")
    return 0


def _write_recipe(found: Report, path: Path) -> None:
    from sextant.data.recipes import draft, plain

    recipe = draft(
        (m for i in found.issues for m in i.mend),
        f"Mends what was found in {found.table}. Read and change it, then try it.",
    )
    _write(path, _text(plain(recipe)))
    output.note(
        f"Wrote a recipe of {len(recipe.steps)} steps to {path}. Try it: sextant clean preview {path} {found.table}"
    )


def _tell(found: Report, values: bool) -> None:
    from sextant.data.quality.issues import count_of

    counted = (
        count_of(found.rows, "row"),
        count_of(found.columns, "column"),
        count_of(len(found.issues), "finding"),
    )
    output.say(f"{found.table}: {', '.join(counted)}")
    for issue in found.issues:
        output.say()
        mark = output.coloured(issue.severity, fg=_COLOURS.get(issue.severity), bold=True)
        output.say(f"{mark}  {output.heading(issue.key)}")
        output.say(output.indented(issue.text, 2))
        output.say(
            output.indented(
                f"Costs: {issue.cost} Impact {issue.impact:.1%} (share of rows times what such a row loses).",
                2,
            )
        )
        output.say(output.indented(f"Fix: {issue.fix}", 2))
        if issue.examples:
            output.say(output.indented(f"Seen in {_examples(issue, values)}", 2))


def _examples(issue: Issue, values: bool) -> str:
    if not values:
        return ", ".join(str(e) for e in issue.examples if e.row is not None)
    return ", ".join(
        f"{e}{f' ({e.key})' if e.key and e.row is not None else ''}{f': {e.value!r}' if e.value is not None else ''}"
        for e in issue.examples
    )


def _json(found: Report, values: bool) -> dict[str, Any]:
    def one(issue: Issue) -> dict[str, Any]:
        body = {
            "key": issue.key, "kind": issue.kind, "column": issue.column, "severity": issue.severity, "count": issue.count,
            "share": issue.share, "impact": issue.impact, "text": issue.text, "cost": issue.cost, "fix": issue.fix,
            "rows": [e.row for e in issue.examples if e.row is not None], "mend": issue.mend,
        }  # fmt: skip
        if values:
            body |= {"examples": issue.examples, "replace": issue.replace}
        return body

    return {
        "table": found.table,
        "rows": found.rows,
        "columns": found.columns,
        "findings": [output.plain(one(i)) for i in found.issues],
    }


def _text(value: Any) -> str:
    """Plain values as YAML."""
    import io

    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    yaml.default_flow_style, yaml.width = False, 120
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise Conflict("it is there already", where=str(path), todo="name another file")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unavailable(error.strerror or "it cannot be written", where=str(path)) from error


# --- clean


@click.group()
def clean() -> None:
    """Mend a table by a recipe, into a new file.

    A recipe is a list of steps in YAML: impute, remove, flag, cap, blank, standardize, map, split, agree, deduplicate,
    rebalance. `sextant quality TABLE --recipe FILE` writes a first one. The source is never changed.
    """


@clean.command("preview")
@click.argument("recipe", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_TABLE
@as_json_option
def preview_(recipe: Path, table: str, form: str) -> None:
    """Show what a recipe would do, before and after; write nothing."""
    from sextant.data.recipes import preview
    from sextant.tables import table as open_table

    source, _ = _source(table)
    found = preview(_recipe(recipe), open_table(source, name=table))
    if form == "json":
        steps = [
            {"step": c.step.step, "said": c.said, "rows_before": c.rows_before, "rows_after": c.rows_after, "cells": c.cells,
             "examples": c.examples}
            for c in found.changes
        ]  # fmt: skip
        output.as_json({"rows_before": found.rows_before, "rows_after": found.rows_after, "steps": steps, "columns": {
            name: {"before": before, "after": after} for name, (before, after) in found.columns.items()}})  # fmt: skip
        return
    output.say(f"{table}: {found.rows_before:,} rows before, {found.rows_after:,} after")
    for number, change in enumerate(found.changes, 1):
        rows = (
            ""
            if change.rows_before == change.rows_after
            else f"; rows {change.rows_before:,} → {change.rows_after:,}"
        )
        cells = ", ".join(f"{n:,} cells of {c}" for c, n in change.cells.items()) or "no cell"
        output.say(f"\n{number}. {change.said}\n   {cells}{rows}")
        for column, old, new in change.examples:
            output.say(f"   {column}: {_shown(old)} → {_shown(new)}")
    output.say()
    output.table(
        ("COLUMN", "MISSING", "DIFFERENT", "MEAN"),
        [
            (
                name,
                *(
                    _pair(*(getattr(s, what) if s else None for s in sides))
                    for what in ("missing", "distinct", "mean")
                ),
            )
            for name, sides in found.columns.items()
        ],
        empty="No column is changed.",
    )


@clean.command("apply")
@click.argument("recipe", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_TABLE
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The new file: .parquet or .csv.",
)
@click.option(
    "--fitted",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the fitted recipe here. Default: beside the new file, as NAME.recipe.yaml.",
)
def apply_(recipe: Path, table: str, target: Path, fitted: Path | None) -> None:
    """Write the mended table to a new file, and the fitted recipe beside it.

    The fitted recipe holds what was learned (the medians, bounds and weights), so that next week's rows are treated
    with the same numbers: apply it to them. The source is never changed, and no file is overwritten.
    """
    from datetime import UTC, datetime

    from sextant.data.recipes import apply, plain, write
    from sextant.tables import table as open_table

    source, _ = _source(table)
    read = _recipe(recipe)
    kept = fitted or target.with_name(f"{target.name}.recipe.yaml")
    if kept.exists() and not read.fitted:
        raise Conflict("it is there already", where=str(kept), todo="name another file after --fitted")
    opened = open_table(source, name=table)
    made, learned = apply(read, opened, now=datetime.now(UTC))
    write(made, target, source)
    output.say(f"Wrote {made.count():,} rows to {target}.")
    if not read.fitted:
        _write(kept, _text(plain(learned)))
        output.say(
            f"Wrote the fitted recipe to {kept}. For next week's rows: sextant clean apply {kept} NEXT -o NEW"
        )


def _recipe(path: Path) -> Recipe:
    from sextant.data.recipes import read_recipe

    return read_recipe(read_json_or_yaml(path), where=str(path))


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(str(value))
    return text if len(text) <= 60 else f"{text[:59]}…"


def _pair(before: Any, after: Any) -> str:
    one, two = (
        "–" if v is None else f"{v:,.6g}" if isinstance(v, float) else f"{v:,}" for v in (before, after)
    )
    return one if one == two else f"{one} → {two}"
