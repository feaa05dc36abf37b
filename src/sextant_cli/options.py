"""`sextant options`: ways to build it side by side."""

from __future__ import annotations

import click

from sextant.errors import InvalidInput
from sextant.phrases import number, number_text, with_unit
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_client.project import Project


@click.command()
@click.option(
    "--weight", "given", multiple=True, metavar="KEY=NUMBER", help="Try this weight; may be repeated."
)
@as_json_option
@on_project
def options(project: Project, given: tuple[str, ...], form: str) -> None:
    """Ways to build it side by side: numbers, costs over volume, what would change the winner.

    With --weight only what is named counts; nothing is stored by that.
    """
    weights: dict[str, float] = {}
    for one in given:
        key, _, value = one.partition("=")
        try:
            weights[key] = float(value)
        except ValueError as error:
            raise InvalidInput(f"{one!r} is no weight", where="--weight", rule="KEY=NUMBER") from error
    found = project.options(weights or None)
    if form == "json":
        output.as_json(found)
        return
    units = {f["key"]: f["unit"] for f in found["factors"]}
    names = {o["key"]: o["name"] for o in found["options"]}
    shown = [f for f in found["factors"] if f["weight"] > 0]
    scores = {r["option"]: r["score"] for r in found["ranking"]}
    rows = [
        (
            o["name"], "–" if o["key"] not in scores else f"{scores[o['key']]:.2f}",
            *(_number(o["numbers"].get(f["key"]), f["unit"]) for f in shown),
        )
        for o in found["options"] if not o["ruled_out"]
    ]  # fmt: skip
    output.table(("OPTION", "SCORE", *(f["label"].upper() for f in shown)), rows)
    for line in found["lacks"]:
        output.say(line)
    if found["what_turns_it"]:
        output.say(found["what_turns_it"])
    for one in found["break_even"]:
        output.say(
            f"{names[one['one']]} and {names[one['other']]} cost the same at {number(one['answers'])} answers."
        )
    for move in found["numbers_that_turn"][:5]:
        unit = units[move["factor"]]
        output.say(
            f"With {number_text(move['number'], unit, against=move['now'])} instead of "
            f"{number_text(move['now'], unit, against=move['number'])} for {move['factor']} of "
            f"{names[move['option']]}, {names[move['winner']]} draws level."
        )


def _number(cell: dict[str, object] | None, unit: str) -> str:
    if cell is None or not isinstance(cell["value"], int | float):
        return "–"
    mark = {"assumed": " (assumed)", "declared": " (declared)"}.get(str(cell["origin"]), "")
    return f"{with_unit(cell['value'], unit)}{mark}"
