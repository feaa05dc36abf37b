"""`sextant labels`: one label for each item out of many people's, and how far they can be trusted. On any table, without
a project and without a server."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant_cli import output
from sextant_cli.common import as_json_option

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from sextant.data.annotations import Annotations
    from sextant.data.consensus import Consensus
    from sextant.stats.intervals import Bounds

METHODS = ("majority", "weighted", "dawid-skene")
#: Modules with further commands; they bring others along.
MORE = ("label_rounds",)
Command = Callable[..., Any]


def on_ratings(command: Command) -> Command:
    """The command gets the ratings of a file as its first argument."""

    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--item", default="item", show_default=True, help="The column of what was labeled.")
    @click.option("--labeler", default="labeler", show_default=True, help="The column of who labeled it.")
    @click.option("--label", default="label", show_default=True, help="The column of the label given.")
    @click.option("--gold", type=click.Path(path_type=Path), help="A file with known labels, one an item.")
    @click.option("--gold-label", default="gold", show_default=True, help="Its column of the known label.")
    @click.option(
        "--repeats", type=click.Choice(("refuse", "keep", "first")), default="refuse", show_default=True,
        help="Where somebody labeled an item again: an error, count each, or keep the first.",
    )  # fmt: skip
    @as_json_option
    @functools.wraps(command)
    def wrapped(
        file: Path, item: str, labeler: str, label: str, gold: Path | None, gold_label: str, repeats: str, form: str,
        **options: Any,
    ) -> Any:  # fmt: skip
        from sextant.data.annotations import read_annotations

        given = read_annotations(
            file, item=item, labeler=labeler, label=label, gold=gold, gold_label=gold_label, repeats=repeats
        )
        return command(given, form=form, **options)

    return wrapped


def by_method(command: Command) -> Command:
    """The command is told how one label is made of several."""
    how = click.option(
        "--method", type=click.Choice(METHODS), default="dawid-skene", show_default=True,
        help="Majority, weighted by accuracy on gold, or each labeler's confusions learned with the labels.",
    )  # fmt: skip
    many = click.option(
        "--iterations", type=click.IntRange(1), default=100, show_default=True,
        help="Of dawid-skene: at most so many. It ends sooner once it has settled.",
    )  # fmt: skip
    return how(many(command))


class Labels(click.Group):
    """The commands over a table alone stand here; those of other files, some of which speak with a server, are imported
    when one of them is meant or all are listed."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands:
            self._all()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._all()
        return super().list_commands(ctx)

    def _all(self) -> None:
        for name in MORE:
            import_module(f"sextant_cli.{name}")


@click.group(cls=Labels)
def labels() -> None:
    """Many people's labels: agreement, consensus, how good each labeler is."""


@labels.command()
@on_ratings
@by_method
@click.option("--unsure", default=0.9, show_default=True, help="Items less sure than this are for an expert.")
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the labels: .csv or .parquet.",
)
def aggregate(
    given: Annotations, method: str, iterations: int, unsure: float, out: Path | None, form: str
) -> int:
    """One label for each item, and how sure it is.

    With --gold it says how often the result is right. Items that are tied or not sure are listed for an expert.
    """
    found = _consensus(given, method, iterations)
    doubtful = found.unsure(unsure)
    if out:
        _write(given, found, out)
    if form == "json":
        body = {
            **_about(given),
            **_result(given, found),
            "unsure": [given.items[i] for i in doubtful.tolist()],
        }
        if not out:
            body["labels"] = [
                {"item": item, "label": given.labels[label], "sureness": sure}
                for item, label, sure in zip(
                    given.items, found.label.tolist(), found.sureness.tolist(), strict=True
                )
            ]
        output.as_json(body)
        return 0
    _say_about(given)
    _say_result(given, found)
    if len(doubtful):
        output.say(
            f"\n{len(doubtful):,} items are less sure than {unsure:.0%} or tied: an expert should settle them."
        )
        rows = [
            (
                str(given.items[i]),
                given.labels[found.label[i]],
                f"{found.sureness[i]:.1%}",
                "tied" if found.tied[i] else "",
            )
            for i in doubtful[:10].tolist()
        ]
        output.table(("ITEM", "LABEL", "SURE", ""), rows)
        if len(doubtful) > 10:
            output.say(f"... and {len(doubtful) - 10:,} more")
    output.say(f"\nWrote {out}" if out else "\nAdd -o labels.csv to write the label of each item.")
    return 0


@labels.command()
@on_ratings
@click.option(
    "--metric", type=click.Choice(("nominal", "ordinal", "interval")), default="nominal", show_default=True,
    help="Whether labels are just the same or not, have an order, or are numbers.",
)  # fmt: skip
def agreement(given: Annotations, metric: str, form: str) -> int:
    """How far labelers agree beyond chance: all, label by label, and each two of them."""
    found = _agreement(given, metric)
    if form == "json":
        output.as_json({**_about(given), "agreement": asdict(found)})
        return 0
    _say_about(given)
    _say_agreement(found)
    return 0


@labels.command()
@on_ratings
@by_method
def labelers(given: Annotations, method: str, iterations: int, form: str) -> int:
    """How good each labeler is: on items whose label is known, and against the consensus."""
    people = _labelers(given, _consensus(given, method, iterations))
    if form == "json":
        output.as_json({**_about(given), "labelers": [asdict(person) for person in people]})
        return 0
    _say_about(given)
    _say_labelers(people)
    return 0


@labels.command()
@on_ratings
@by_method
@click.option(
    "--metric",
    type=click.Choice(("nominal", "ordinal", "interval")),
    default="nominal",
    show_default=True,
    help="As for agreement.",
)
@click.option("--rate", type=click.FloatRange(0), help="What one label costs.")
def report(
    given: Annotations, method: str, iterations: int, metric: str, rate: float | None, form: str
) -> int:
    """All of it in one, and what one more labeler an item would bring."""
    from sextant.data.consensus import one_more

    found, consensus = _agreement(given, metric), _consensus(given, method, iterations)
    people = _labelers(given, consensus)
    known = bool((given.gold >= 0).any())
    steps = one_more(given, given.gold if known else consensus.label)
    if form == "json":
        output.as_json(
            {
                **_about(given), **_result(given, consensus), "agreement": asdict(found),
                "labelers": [asdict(person) for person in people], "one_more": [asdict(step) for step in steps],
                "cost_of_one_more": None if rate is None else rate * len(given.items),
            }
        )  # fmt: skip
        return 0
    _say_about(given)
    _say_agreement(found)
    output.say()
    _say_result(given, consensus)
    output.say()
    _say_labelers(people)
    output.say(f"\n{output.heading('One more labeler an item')}")
    against = "the known labels" if known else "the consensus of all, which flatters the higher counts"
    output.say(f"How often the majority of so many is right, against {against}:")
    paid = (f"COST OF {len(given.items):,} ITEMS",) if rate is not None else ()
    output.table(
        ("LABELERS", "RIGHT", "ITEMS", *paid),
        [
            (
                str(s.count), f"{s.right:.1%}", f"{s.items:,}",
                *((f"{s.count * len(given.items) * rate:,.2f}",) if rate is not None else ()),
            )
            for s in steps[:10]
        ],
    )  # fmt: skip
    per = len(given.items) * (rate or 0)
    for less, more in itertools.pairwise(steps[:10]):
        if less.items != more.items:
            break  # on other items it would be another question
        gained = 100 * (more.right - less.right)
        price = f", for {per:,.2f} more" if rate is not None else ""
        output.say(
            f"From {less.count} to {more.count}: {abs(gained):.1f} of 100 items {'more' if gained >= 0 else 'fewer'} "
            f"are right{price}."
        )
    if given.n:
        output.say(f"Items have {given.n / len(given.items):.1f} labels on average.")
    return 0


def _consensus(given: Annotations, method: str, iterations: int) -> Consensus:
    from sextant.data.consensus import dawid_skene, majority, weighted
    from sextant.errors import InvalidInput

    if method == "majority":
        return majority(given)
    if method == "dawid-skene":
        return dawid_skene(given, iterations=iterations)
    if not (given.gold >= 0).any():
        raise InvalidInput(
            "no item's label is known", rule="weighing labelers needs their accuracy on known items",
            todo="give a file with --gold, or use --method dawid-skene, which needs none",
        )  # fmt: skip
    import numpy as np

    truth = given.gold[given.item]
    size = len(given.labelers)
    right = np.bincount(given.labeler[(truth >= 0) & (truth == given.label)], minlength=size)
    total = np.bincount(given.labeler[truth >= 0], minlength=size)
    # One right and one wrong answer more keep a rate off 0 and 1, and who met no gold at a half.
    return weighted(given, ((right + 1) / (total + 2)).tolist())


def _agreement(given: Annotations, metric: str) -> Any:
    from sextant.data.agreeing import agreement as agreed

    return agreed(given, metric=metric)


def _labelers(given: Annotations, consensus: Consensus) -> Any:
    from sextant.data.consensus import labelers as judged

    return judged(given, consensus)


def _about(given: Annotations) -> dict[str, Any]:
    return {
        "ratings": given.n, "items": len(given.items), "labelers": len(given.labelers), "labels": list(given.labels),
        "left_out": given.left_out, "repeated": given.repeated, "gold": int((given.gold >= 0).sum()),
    }  # fmt: skip


def _result(given: Annotations, found: Consensus) -> dict[str, Any]:
    wrong, known = found.error(given.gold)
    return {
        "method": found.method, "tied": int(found.tied.sum()), "error_on_gold": wrong if known else None,
        "log_likelihood": found.log_likelihood, "iterations": found.iterations, "converged": found.converged,
    }  # fmt: skip


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _say_about(given: Annotations) -> None:
    output.say(
        f"{_many(given.n, 'rating')} of {_many(len(given.items), 'item')} by {_many(len(given.labelers), 'labeler')}, "
        f"{_many(len(given.labels), 'label')} ({', '.join(given.labels[:8])}{', ...' if len(given.labels) > 8 else ''})"
    )
    if given.left_out:
        output.say(f"Left out: {_many(given.left_out, 'row')} without an item, a labeler or a label")
    if given.repeated:
        output.say(f"{given.repeated:,} ratings are somebody's second of the same item")


def _say_result(given: Annotations, found: Consensus) -> None:
    wrong, known = found.error(given.gold)
    words = {"majority": "Majority", "weighted": "Weighted by accuracy", "dawid_skene": "Dawid–Skene"}[
        found.method
    ]
    output.say(output.heading(f"One label an item: {words}"))
    if known:
        output.say(
            f"Of 100 items whose label is known, {100 * (1 - wrong):.1f} get the right one ({known:,} items)."
        )
    if tied := int(found.tied.sum()):
        output.say(f"{tied:,} items are tied.")
    if not found.converged:
        output.say(f"It had not settled after {found.iterations} iterations.")
    output.table(
        ("LABEL", "ITEMS", "SHARE"),
        [
            (label, f"{count:,}", f"{count / len(given.items):.1%}")
            for label, count in ((name, int((found.label == i).sum())) for i, name in enumerate(given.labels))
        ],
    )


def _say_agreement(found: Any) -> None:
    output.say(f"\n{output.heading('Agreement')}")
    if found.alpha.undefined:
        output.say(f"Undefined: {found.alpha.undefined}.")
    else:
        output.say(
            f"Krippendorff's alpha ({found.metric}) is {_range(found.alpha)}: 1 is perfect, 0 is chance. "
            f"{found.items:,} items have two ratings or more; {found.percent:.1%} of pairs of ratings agree."
        )
    if found.fleiss is not None and not math.isnan(found.fleiss):
        output.say(f"Fleiss' kappa is {found.fleiss:.3f}.")
    output.table(("LABEL AGAINST THE REST", "ALPHA"), [(label, _range(b)) for label, b in found.by_label])
    if found.pairs:
        output.say("\nThe pairs that agree least:")
        output.table(
            ("LABELER", "AND", "ITEMS", "SAME", "KAPPA"),
            [(p.one, p.other, f"{p.items:,}", f"{p.same:.1%}", _range(p.kappa)) for p in found.pairs[:5]],
        )


def _say_labelers(people: Any) -> None:
    output.say(output.heading("Labelers, those to look at first"))
    output.table(
        ("LABELER", "RATINGS", "ON GOLD", "RIGHT ON GOLD", "AS THE CONSENSUS", "TAKES MOST OFTEN"),
        [
            (
                p.name, f"{p.ratings:,}", f"{p.on_gold:,}", _range(p.accuracy, share=True), f"{p.with_others:.1%}",
                ", ".join(f"{t} for {g} ({rate:.0%})" for t, g, rate in p.takes_for[:1]),
            )
            for p in people[:20]
        ],
    )  # fmt: skip
    if len(people) > 20:
        output.say(f"... and {len(people) - 20:,} more (--format json has all)")


def _range(bounds: Bounds, *, share: bool = False) -> str:
    if bounds.undefined:
        return "–"
    form = "{:.1%} ({:.1%} to {:.1%})" if share else "{:.3f} ({:.3f} to {:.3f})"
    return form.format(bounds.value, bounds.lower, bounds.upper)


def _write(given: Annotations, found: Consensus, out: Path) -> None:
    """The label of each item."""
    import pyarrow as pa

    columns = {
        "item": _names(given.items), "label": _texts(given.labels, found.label), "sureness": _numbers(found.sureness),
        "ratings": _numbers(given.votes.sum(axis=1)), "tied": _numbers(found.tied),
    }  # fmt: skip
    write_rows(pa.table(columns), out)


# Made from their bytes: `pyarrow.array` asks pandas first whether it knows the values, and to load it takes longer than all
# the rest of the command.


def _names(values: Sequence[Any]) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    kinds = set(map(type, values))
    if kinds == {str}:
        return _texts(values)
    if kinds == {int} and (numbers := np.array(values)).dtype == np.int64:
        return _numbers(numbers)
    return pa.array(values)


def _numbers(values: NDArray[Any]) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    kind = pa.from_numpy_dtype(values.dtype)
    held = (
        np.packbits(values, bitorder="little") if values.dtype == np.bool_ else np.ascontiguousarray(values)
    )
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(held)])


def _texts(values: Sequence[str], places: NDArray[np.int64] | None = None) -> pa.Array:
    """The values, or of each place the one that stands there."""
    import numpy as np
    import pyarrow as pa

    written = [value.encode() for value in values]
    long = np.array([len(one) for one in written], dtype=np.int64)
    if places is not None:
        written, long = [written[n] for n in places.tolist()], long[places]
    ends = np.concatenate([[0], np.cumsum(long)])
    small = int(ends[-1]) < 2**31
    buffers = [
        None,
        pa.py_buffer(ends.astype(np.int32 if small else np.int64)),
        pa.py_buffer(b"".join(written)),
    ]
    return pa.Array.from_buffers(pa.string() if small else pa.large_string(), len(ends) - 1, buffers)


def write_rows(rows: pa.Table, out: Path) -> None:
    """Rows as a file, Parquet or CSV by its name. What was there is replaced: labels are aggregated again and again."""
    if out.suffix != ".parquet":
        from sextant.tables import table, write

        write(table(rows, name=out.name), out, replace=True)
        return
    # What is in memory already needs no engine to be written.
    import os

    import pyarrow as pa
    import pyarrow.parquet as pq

    from sextant.errors import Unavailable

    fresh = out.with_name(f".{os.getpid()}.{out.name}")
    words = [field.name for field in rows.schema if not pa.types.is_primitive(field.type)]
    try:
        pq.write_table(rows, fresh, use_dictionary=words)
        os.replace(fresh, out)
    except OSError as error:
        raise Unavailable(error.strerror or "it cannot be written", where=str(out)) from error
    finally:
        fresh.unlink(missing_ok=True)
