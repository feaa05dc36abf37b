"""`sextant labels rules|errors|suggest|import`: labels by rule, labels that are probably wrong, what to label next, and
labels from other tools. On any table, without a project and without a server."""

from __future__ import annotations

import fnmatch
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant_cli import output
from sextant_cli.common import as_json_option, read_json_or_yaml
from sextant_cli.labels import labels, write_rows

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from sextant.data.label_rules import Rule

file_argument = click.argument("file", type=click.Path(path_type=Path))
probability_option = click.option(
    "--probability", default="p_*", show_default=True,
    help="The columns of a model's probabilities, one a label, named by a prefix and the label: p_* is p_cat, p_dog.",
)  # fmt: skip
key_option = click.option("--key", help="The column that names a row. Default: its number.")
out_option = click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all of them: .csv or .parquet.",
)


@labels.command()
@file_argument
@click.option(
    "--rules", "rules_file", type=click.Path(path_type=Path),
    help="A YAML or JSON list of rules: name, label, column, and words or pattern.",
)  # fmt: skip
@click.option(
    "--functions", type=click.Path(path_type=Path),
    help="A Python file: each function in it gets a row and gives a label or None. It is run.",
)  # fmt: skip
@click.option("--gold", help="The column of known labels, empty where none is known.")
@key_option
@out_option
@as_json_option
def rules(
    file: Path, rules_file: Path | None, functions: Path | None, gold: str | None, key: str | None, out: Path | None,
    form: str,
) -> int:  # fmt: skip
    """Label by rule: what each rule covers and contradicts, and one noisy label an item.

    \b
      sextant labels rules mails.csv --rules rules.yaml --gold checked -o noisy.csv
    """
    from sextant.data.label_rules import apply, label_model, read_rules, weigh
    from sextant.errors import InvalidInput

    found: list[Rule] = []
    if rules_file:
        found += read_rules(read_json_or_yaml(rules_file), where=str(rules_file))
    if functions:
        found += _functions(functions)
    if not found:
        raise InvalidInput(
            "there are no rules", todo="give a list with --rules, or a Python file with --functions"
        )
    rows = _rows(file)
    votes = apply(found, rows, gold=_column(rows, gold, file) if gold else None)
    model = label_model(votes)
    weighed = weigh(votes, model)
    names = _names(rows, key, file)
    chosen = [votes.labels[i] if i >= 0 else None for i in model.label.tolist()]
    if out:
        import pyarrow as pa

        sure = [s if label else None for s, label in zip(model.sureness.tolist(), chosen, strict=True)]
        write_rows(
            pa.table({"item": names, "label": pa.array(chosen, pa.string()), "sureness": sure, "source": ["rules"] * len(names)}),
            out,
        )  # fmt: skip
    spoken, both = int(votes.covered.sum()), votes.covered & (votes.gold >= 0)
    right = float((model.label[both] == votes.gold[both]).mean()) if gold and both.any() else None
    if form == "json":
        output.as_json(
            {
                "items": len(names), "covered": spoken, "labels": votes.labels, "rules": [asdict(w) for w in weighed],
                "converged": model.converged,
                "prevalence": dict(zip(votes.labels, model.prevalence.tolist(), strict=True)),
            }
        )  # fmt: skip
        return 0
    output.say(f"{spoken:,} of {len(names):,} items got a label ({spoken / len(names):.0%}).")
    output.table(
        ("RULE", "COVERS", "MEETS OTHERS", "CONTRADICTED", "RIGHT ON GOLD", "RIGHT BY THE MODEL"),
        [
            (
                w.name, f"{w.coverage:.1%}", f"{w.overlap:.1%}", f"{w.conflict:.1%}",
                "–" if w.right.undefined else f"{w.right.value:.0%} of {w.on_gold:,}",
                "–" if math.isnan(w.learned) else f"{w.learned:.0%}",
            )
            for w in weighed
        ],
    )  # fmt: skip
    output.say("\nThese labels are noisy: train with them, but judge a model on labels by people.")
    if right is not None:
        output.say("Items whose label is known keep it and teach the rules' rates; they prove nothing here.")
    output.say(f"Wrote {out}" if out else "Add -o noisy.csv to write them.")
    return 0


@labels.command()
@file_argument
@click.option("--label", default="label", show_default=True, help="The column of the label given.")
@probability_option
@key_option
@out_option
@as_json_option
def errors(file: Path, label: str, probability: str, key: str | None, out: Path | None, form: str) -> int:
    """Find labels that a model confidently contradicts, the surest error first.

    The probabilities must come from a model that did not see the row in training, as cross-validation gives them.
    """
    import numpy as np

    from sextant.data.label_errors import label_errors
    from sextant.errors import InvalidInput

    rows = _rows(file)
    names, table = _names(rows, key, file), _probabilities(rows, probability, file)
    place = {name: i for i, name in enumerate(table[0])}
    said = [None if v is None else str(v) for v in rows[_column(rows, label, file)].to_pylist()]
    labeled = [i for i, v in enumerate(said) if v is not None]
    names, given = [names[i] for i in labeled], [str(said[i]) for i in labeled]
    strange = sorted(set(given) - place.keys())
    if strange:
        raise InvalidInput(
            f"{len(strange)} labels have no column of probabilities: {', '.join(strange[:10])}", where=str(file),
            rule=f"columns give the probabilities of {', '.join(table[0][:20])}",
        )  # fmt: skip
    found = label_errors(np.array([place[v] for v in given], dtype=np.int64), table[1][labeled])
    suspects = [
        {"item": names[i], "label": given[i], "probably": table[0][b], "margin": m}
        for i, b, m in zip(found.suspects.tolist(), found.better.tolist(), found.margin.tolist(), strict=True)
    ]
    if out:
        import pyarrow as pa

        columns = ("item", "label", "probably", "margin")
        write_rows(pa.table({name: [s[name] for s in suspects] for name in columns}), out)
    if form == "json":
        output.as_json({"items": len(names), "wrong": found.wrong, "suspects": suspects})
        return 0
    output.say(
        f"About {found.wrong:.1%} of {len(names):,} labels are probably wrong; {len(suspects):,} are worth a look."
    )
    output.table(
        ("ITEM", "LABELED", "PROBABLY", "MARGIN"),
        [(str(s["item"]), s["label"], s["probably"], f"{s['margin']:.3f}") for s in suspects[:10]],
        empty="The model contradicts no label.",
    )
    if len(suspects) > 10:
        output.say(f"... and {len(suspects) - 10:,} more")
    output.say("The model may be wrong too: let a person decide each.")
    return 0


@labels.command()
@file_argument
@click.option("-n", "--count", type=click.IntRange(1), default=20, show_default=True, help="How many items.")
@click.option(
    "--by", type=click.Choice(("entropy", "margin", "least_confident")), default="entropy", show_default=True,
    help="How unsureness is read from the probabilities.",
)  # fmt: skip
@probability_option
@click.option("--features", help="Columns of numbers, as a prefix with *: then the items are to differ, too.")
@key_option
@out_option
@as_json_option
def suggest(
    file: Path, count: int, by: str, probability: str, features: str | None, key: str | None, out: Path | None,
    form: str,
) -> int:  # fmt: skip
    """Say which items to label next: those a model is unsure of, and that differ."""
    from sextant.data.suggest import suggest as ordered
    from sextant.data.suggest import uncertainty

    rows = _rows(file)
    names = _names(rows, key, file)
    unsure = uncertainty(_probabilities(rows, probability, file)[1], by=by)
    x = _numbers(rows, _matching(rows, features, file), file) if features else None
    chosen = [
        {"item": names[i], "unsure": float(unsure[i])} for i in ordered(unsure, count, features=x).tolist()
    ]
    if out:
        import pyarrow as pa

        write_rows(pa.table({name: [c[name] for c in chosen] for name in ("item", "unsure")}), out)
    if form == "json":
        output.as_json({"items": len(names), "next": chosen})
        return 0
    output.table(("ITEM", "UNSURE"), [(str(c["item"]), f"{c['unsure']:.3f}") for c in chosen])
    output.say("0 is sure, 1 is a guess." + (f" Wrote {out}" if out else ""))
    return 0


@labels.command("import")
@file_argument
@click.option(
    "--from", "tool", type=click.Choice(("label_studio", "labelbox", "mturk", "scale")),
    help="Which tool made it. Default: told from what it holds.",
)  # fmt: skip
@click.option("--question", default="", help="Which question's answers, where items were asked several.")
@click.option(
    "-o", "--output", "out", type=click.Path(dir_okay=False, path_type=Path), required=True,
    help="The new table: .csv or .parquet.",
)  # fmt: skip
@as_json_option
def import_(file: Path, tool: str | None, question: str, out: Path, form: str) -> int:
    """Turn an export of Label Studio, Labelbox, Mechanical Turk or Scale AI into one rating a row.

    \b
      sextant labels import export.json -o ratings.csv
      sextant labels report ratings.csv
    """
    from sextant.data.exchange import read_foreign

    found = read_foreign(file, form=tool or "", question=question)
    write_rows(found.rows, out)
    about = {
        "form": found.form, "ratings": found.rows.num_rows, "left_out": found.left_out,
        "items": len(set(found.rows["item"].to_pylist())), "labelers": len(set(found.rows["labeler"].to_pylist())),
    }  # fmt: skip
    if form == "json":
        output.as_json(about)
        return 0
    output.say(
        f"{about['ratings']:,} ratings of {about['items']:,} items by {about['labelers']:,} labelers, from {found.form}"
    )
    if found.left_out:
        output.say(
            f"Left out: {found.left_out:,} that were cancelled or rejected, or are no answer to a question"
        )
    output.say(f"Wrote {out}. Next: sextant labels report {out}")
    return 0


def _rows(file: Path) -> pa.Table:
    from sextant.tables import engine, table

    on = engine()
    read = table(file, on=on)
    rows = on.to_pyarrow(read.expr)
    on.disconnect()
    return rows


def _column(rows: pa.Table, name: str, file: Path) -> str:
    from sextant.tables import known_column

    return known_column(name, rows.column_names, str(file))


def _names(rows: pa.Table, key: str | None, file: Path) -> list[Any]:
    if key is None:
        return list(range(1, rows.num_rows + 1))
    found: list[Any] = rows[_column(rows, key, file)].to_pylist()
    return found


def _matching(rows: pa.Table, glob: str, file: Path) -> list[str]:
    from sextant.errors import InvalidInput

    found = [name for name in rows.column_names if fnmatch.fnmatchcase(name, glob)]
    if not found:
        raise InvalidInput(
            f"no column is called {glob}",
            where=str(file),
            rule=f"columns are {', '.join(rows.column_names[:20])}",
        )
    return found


def _numbers(rows: pa.Table, names: list[str], file: Path) -> NDArray[np.float64]:
    import numpy as np
    import pyarrow as pa

    from sextant.errors import InvalidInput

    columns = []
    for name in names:
        try:
            columns.append(rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid as error:
            raise InvalidInput("it is no column of numbers", where=f"{file}, column {name}") from error
    return np.column_stack(columns)


def _probabilities(rows: pa.Table, glob: str, file: Path) -> tuple[list[str], NDArray[np.float64]]:
    """The labels that the columns are of, and what they hold."""
    names = _matching(rows, glob, file)
    prefix = glob.split("*", 1)[0]
    return [name.removeprefix(prefix) for name in names], _numbers(rows, names, file)


def _functions(path: Path) -> list[Rule]:
    """The functions that a Python file defines, in their order; those that begin with _ are its own."""
    import inspect
    import runpy

    from sextant.data.label_rules import function
    from sextant.errors import InvalidInput

    try:
        found = runpy.run_path(str(path))
    except Exception as error:  # whatever the file raises
        raise InvalidInput(f"it cannot be run: {type(error).__name__}: {error}", where=str(path)) from error
    return [
        function(name, look)
        for name, look in found.items()
        if inspect.isfunction(look) and not name.startswith("_") and look.__module__ == "<run_path>"
    ]
