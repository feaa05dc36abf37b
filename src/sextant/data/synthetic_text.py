"""A comparison of synthetic rows with real ones in sentences, as text and as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from sextant.phrases import number, number_text

if TYPE_CHECKING:
    from sextant.data.synthetic import Answer, Likeness

SIGNS: dict[str, str] = {"unmet": "✕", "open": "◐", "met": "✓", "not_asked": "○"}
#: No more names than this stand in a sentence.
_NAMED = 5


def points(of: Likeness) -> tuple[tuple[str, Answer, str], ...]:
    """Each question, its answer, and the sentences that say why; no value of any row. What was found stands first."""
    asked: tuple[tuple[str, Answer, str], ...] = (
        ("Copies", *_copies(of)), ("Columns", *_columns(of)), ("Gaps and categories", *_gaps(of)),
        ("Told apart", *_apart(of)), ("Pairs of columns", *_pairs(of)), ("Use", *_use(of)),
    )  # fmt: skip
    order = list(SIGNS)
    return tuple(sorted(asked, key=lambda point: order.index(point[1])))


def as_text(of: Likeness) -> str:
    """One paragraph a question, then what is new and gone."""
    made, real = (number(n) for n in (of.drift.current_rows, of.drift.reference_rows))
    head = f"{of.synthetic} ({made} synthetic rows) beside {of.real} ({real} real ones)"
    lines = [head]
    for title, answer, said in points(of):
        lines += ["", f"{SIGNS[answer]} {title}", f"  {said}"]
    values = _values(of)
    return "\n".join([*lines, *(["", *values] if values else []), "", _END])


def as_html(of: Likeness) -> str:
    """The same as a table of HTML that stands for itself: no style, no script."""
    rows = "".join(
        f"<tr><th>{SIGNS[answer]} {escape(title)}</th><td>{escape(said)}</td></tr>"
        for title, answer, said in points(of)
    )
    caption = escape(f"{of.synthetic} (synthetic) beside {of.real} (real)")
    return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table><p>{escape(_END)}</p>"


_END = "A synthetic row that is nearly a real one counts as no copy: this does not show that nobody can be recognized."


def _columns(of: Likeness) -> tuple[Answer, str]:
    compared = [c for c in of.drift.columns if c.verdict != "not_compared"]
    if not compared:
        return "not_asked", "No column can be compared."
    drifted = [c.name for c in sorted(compared, key=lambda c: -c.value) if c.verdict == "drifted"]
    unsure = sum(c.verdict == "open" for c in compared)
    far = of.farthest
    said = (
        f"{len(drifted)} of {len(compared)} columns are distributed otherwise than in the real rows: {_named(drifted)}."
        if drifted
        else f"None of {len(compared)} columns is distributed otherwise than in the real rows, as far as these rows tell."
    )
    if far is not None:
        said += (
            f" Farthest is {far.name}: {_share(far.value)} of rows ({_share(far.lower)} to {_share(far.upper)}) would have "
            f"to hold another value; from {_share(of.drift.threshold)} on it counts."
        )
    if unsure:
        said += f" For {unsure} the rows do not decide it."
    return "unmet" if drifted else "open" if unsure else "met", said


def _gaps(of: Likeness) -> tuple[Answer, str]:
    new, gone, gaps = (
        [c.name for c in of.drift.columns if c.new],
        [c.name for c in of.drift.columns if c.gone],
        [c.name for c in of.drift.columns if abs(c.missing[1] - c.missing[0]) > of.drift.threshold],
    )
    said = []
    if new:
        said.append(f"Categories that no real row has are in {_named(new)}.")
    if gone:
        said.append(f"Categories that real rows have and no synthetic one are in {_named(gone)}.")
    if gaps:
        said.append(
            f"The share without a value differs by more than {_share(of.drift.threshold)} in {_named(gaps)}."
        )
    if of.drift.only_before or of.drift.only_now:
        said.append(f"Only one of both has {_named((*of.drift.only_before, *of.drift.only_now))}.")
    if not said:
        return "met", "Categories and the shares without a value are those of the real rows."
    return "unmet" if new or gaps else "open", " ".join(said)


def _apart(of: Likeness) -> tuple[Answer, str]:
    a = of.apart
    if a.verdict == "not_compared":
        return "not_asked", f"A classifier was not asked, as {a.why}."
    said = (
        f"Shown a row of each, a classifier says in {_share(a.area)} of pairs which one is synthetic ({_share(a.lower)} to "
        f"{_share(a.upper)}); guessing gives 50 %, and from {_share(a.threshold)} on it counts."
    )
    if a.tells:
        said += f" It goes by {_named([t.feature for t in a.tells])}."
    if a.sampled:
        said += f" It saw {number(a.rows[0])} and {number(a.rows[1])} rows, drawn at random."
    answers: dict[str, Answer] = {"drifted": "unmet", "steady": "met"}
    return answers.get(a.verdict, "open"), said


def _pairs(of: Likeness) -> tuple[Answer, str]:
    if not of.pairs:
        return "not_asked", "There are no two columns that could hang together."
    lost = [p for p in of.pairs if p.verdict == "lost"]
    unsure = sum(p.verdict == "open" for p in of.pairs)
    said = (
        f"All {len(of.pairs)} pairs of columns hang together as in the real rows, as far as these rows tell."
    )
    if lost:
        each = [
            f"{p.one} with {p.other} ({p.real:.2f} in the real rows, {p.synthetic:.2f} here)" for p in lost
        ]
        said = f"{len(lost)} of {len(of.pairs)} pairs of columns do not hang together as in the real rows: {_named(each)}."
    if unsure:
        said += f" For {unsure} the rows do not decide it."
    if of.pairs_left_out:
        said += f" {of.pairs_left_out} columns were left aside, as there are many."
    return "unmet" if lost else "open" if unsure else "met", said


def _copies(of: Likeness) -> tuple[Answer, str]:
    c = of.copies
    if not c.rows:
        return "met", f"No synthetic row equals a real one in all {len(c.columns)} columns."
    said = (
        f"{number(c.rows)} of {number(c.of)} synthetic rows equal a real row in all {len(c.columns)} columns, {number(c.single)} "
        f"of them a row that stands there once. Among the real rows {number(c.twins)} of {number(c.real)} have an equal one: "
    )
    answer = c.answer
    if answer == "unmet":
        return answer, said + "chance does not explain so many copies, and each may give a person away."
    return answer, said + (
        "so many are to be expected of rows that hold so little."
        if answer == "met"
        else "it may be chance or not."
    )


def _use(of: Likeness) -> tuple[Answer, str]:
    u = of.use
    if u is None:
        return (
            "not_asked",
            "Whether a model can learn from it was not asked: name the column that it would predict.",
        )

    def shown(x: float) -> str:
        return _share(x) if u.classes else number(x)

    how = "right on" if u.classes else "off by"
    said = (
        f"A model that learned {u.target} from synthetic rows is {how} {shown(u.synthetic)} of {number(u.n)} real rows, one that "
        f"learned from real rows {how} {shown(u.real)}"
        if u.classes
        else f"A model that learned {u.target} from synthetic rows is off by {shown(u.synthetic)} on average over {number(u.n)} "
        f"real rows, one that learned from real rows by {shown(u.real)}"
    )
    points = "points " if u.classes else ""
    scale = 100 if u.classes else 1
    gap, low, high, most = (
        number(round(x * scale, 2 if u.classes else 12)) for x in (u.worse, u.lower, u.upper, u.allowed)
    )
    said += f". That is {gap} {points}worse ({low} to {high}; below 0 is better), and up to {most} counts as no worse."
    said += f" Always saying the {'most frequent' if u.classes else 'median'} gives {shown(u.naive)}."
    if not u.unseen:
        said += " The synthetic rows may have been made from those very rows: give real rows that they were not made from."
    return u.answer, said


def _values(of: Likeness) -> list[str]:
    """What is new and gone by name: of the rows at hand, not for a record."""
    said = []
    for word, which in (("new", "new"), ("gone", "gone")):
        for c in of.drift.columns:
            if values := getattr(c, which):
                shown = ", ".join(" ".join(str(v).split())[:24] or "(empty)" for v in values[:_NAMED])
                said.append(
                    f"{c.name}, {word}: {shown}{f' and {len(values) - _NAMED} more' if len(values) > _NAMED else ''}"
                )
    return said


def _share(x: float) -> str:
    return number_text(x, "share")


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
