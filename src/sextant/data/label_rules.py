"""Labels by rule: many weak rules, each right more often than not, become one noisy label an item.

keyword, pattern   rules that look for words, or for a regular expression, in a text
function           a rule in Python, on a row
apply              the votes of all rules on all items
weigh              how often each rule speaks, meets others, contradicts them, and is right
label_model        one label for each item, with how sure that is, from how the rules agree and keep silent

Such labels are noisy. They are for training and for finding what to look at, not for judging a model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sextant.errors import InvalidInput
from sextant.stats.intervals import Bounds, wilson
from sextant.tables import known_column

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

#: A rule that says nothing of an item.
SILENT = -1

Look = Callable[["pa.Table"], "NDArray[np.bool_]"]


@dataclass(frozen=True, eq=False)
class Rule:
    """One weak rule: the votes that it gives on a table, one label or None a row."""

    name: str
    votes: Callable[[pa.Table], list[str | None]]


def keyword(name: str, label: str, *, column: str, words: Sequence[str]) -> Rule:
    """A rule that gives `label` where a text holds one of the words, as whole words, whatever their case.

    >>> import pyarrow as pa
    >>> rule = keyword("greeting", "ham", column="text", words=["hello", "good day"])
    >>> rule.votes(pa.table({"text": ["Hello, you", "othello", None]}))
    ['ham', None, None]
    """
    import re

    if not words or not all(word.strip() for word in words):
        raise InvalidInput("no words are given", where=f"rule {name}", rule="one word or more, none empty")
    # RE2's \b knows ASCII letters only.
    each = "|".join(re.escape(" ".join(word.split())).replace(r"\ ", r"\s+") for word in words)
    return pattern(name, label, column=column, pattern=rf"(?i)(?:^|[^\pL\pN_])(?:{each})(?:$|[^\pL\pN_])")


def pattern(name: str, label: str, *, column: str, pattern: str) -> Rule:
    """A rule that gives `label` where a text matches a regular expression of RE2's kind, which takes time in
    proportion to the text, whatever the expression (so it has no look-ahead and no back-references).

    Raises `InvalidInput` for an expression that cannot be read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise InvalidInput(
            f"the pattern cannot be read: {error}", where=f"rule {name}",
            rule="a regular expression as RE2 reads it: no look-ahead, no back-references",
        ) from error  # fmt: skip

    def votes(rows: pa.Table) -> list[str | None]:
        found = pc.match_substring_regex(
            rows[known_column(column, rows.column_names, f"rule {name}")].cast(pa.string()), pattern
        )
        return [label if hit else None for hit in found.to_pylist()]

    return Rule(name, votes)


def function(name: str, look: Callable[[Mapping[str, Any]], Any]) -> Rule:
    """A rule in Python: it gets a row and gives a label, or None to keep silent.

    A fault of the function names the row that it failed on.
    """

    def votes(rows: pa.Table) -> list[str | None]:
        said: list[str | None] = []
        for place, row in enumerate(rows.to_pylist(), start=1):
            try:
                label = look(row)
            except Exception as error:  # whatever a user's function raises
                raise InvalidInput(
                    f"it failed with {type(error).__name__}: {error}", where=f"rule {name}, row {place}",
                    todo="let it give None where it has nothing to say",
                ) from error  # fmt: skip
            said.append(None if label is None else str(label))
        return said

    return Rule(name, votes)


def read_rules(body: Any, *, where: str = "") -> list[Rule]:
    """Rules as a file has them: a list, each with `name`, `label`, `column`, and either `words` or `pattern`.

    >>> [r.name for r in read_rules([{"name": "hi", "label": "ham", "column": "text", "words": ["hello"]}])]
    ['hi']
    """
    if not isinstance(body, list):
        raise InvalidInput(
            "it is no list of rules",
            where=where,
            rule="each rule has name, label, column, and words or pattern",
        )
    found = []
    for place, one in enumerate(body, start=1):
        at = f"{where}, rule {place}" if where else f"rule {place}"
        keys = set(one) if isinstance(one, dict) else set()
        if not {"name", "label", "column"} <= keys or len(keys & {"words", "pattern"}) != 1 or len(keys) != 4:
            raise InvalidInput(
                f"it has {', '.join(sorted(map(str, keys))) or 'no fields'}", where=at,
                rule="a rule has name, label, column, and either words or pattern, and nothing else",
            )  # fmt: skip
        words = one.get("words")
        if words is not None and not (isinstance(words, list) and all(isinstance(w, str) for w in words)):
            raise InvalidInput(
                f"words is {words!r}", where=at, rule="a list of words; quote what is no text, as in ['no']"
            )
        name, label, column = (str(one[key]) for key in ("name", "label", "column"))
        found.append(
            keyword(name, label, column=column, words=words)
            if words is not None
            else pattern(name, label, column=column, pattern=str(one["pattern"]))
        )
    return found


@dataclass(frozen=True, eq=False)
class Votes:
    """What rules said of items.

    rules, labels   their names; labels in the order of the alphabet
    vote            items by rules: the label's place, or -1 where the rule kept silent
    gold            of each item the place of its known label, or -1
    """

    rules: tuple[str, ...]
    labels: tuple[str, ...]
    vote: NDArray[np.int64]
    gold: NDArray[np.int64]

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Of each item whether any rule spoke."""
        spoken: NDArray[np.bool_] = (self.vote != SILENT).any(axis=1)
        return spoken


def apply(rules: Sequence[Rule], rows: pa.Table, *, gold: str | None = None) -> Votes:
    """The votes of the rules on the rows. `gold` names a column of known labels, missing where none is known.

    Raises `InvalidInput` without rules, with two of one name, for a table without rows, and where nobody speaks.

    >>> import pyarrow as pa
    >>> rules = [keyword("hi", "ham", column="text", words=["hello"]),
    ...          pattern("link", "spam", column="text", pattern="https?://")]
    >>> votes = apply(rules, pa.table({"text": ["hello", "hello http://x", "?"]}))
    >>> votes.labels, votes.vote.tolist(), votes.covered.tolist()
    (('ham', 'spam'), [[0, -1], [0, 1], [-1, -1]], [True, True, False])
    """
    import numpy as np

    names = [rule.name for rule in rules]
    if not rules or len(set(names)) < len(names):
        raise InvalidInput(
            "two rules have one name" if rules else "there are no rules",
            rule="one rule or more, each with a name of its own",
        )
    if not rows.num_rows:
        raise InvalidInput("there are no rows", rule="one item a row")
    said = [rule.votes(rows) for rule in rules]
    known = [None if v is None else str(v) for v in rows[gold].to_pylist()] if gold else []
    labels = sorted({v for column in (*said, known) for v in column if v is not None})
    if all(v is None for column in said for v in column):
        raise InvalidInput(
            "no rule says anything of any row", todo="look at the words, the pattern and the column's name"
        )
    place: dict[str | None, int] = {None: SILENT} | {label: i for i, label in enumerate(labels)}
    vote = np.array([[place[v] for v in column] for column in said], dtype=np.int64).T
    truth = np.array([place[v] for v in known], dtype=np.int64) if gold else np.full(len(vote), SILENT)
    return Votes(tuple(names), tuple(labels), vote, truth)


@dataclass(frozen=True, slots=True)
class Weighed:
    """How a rule does.

    coverage   the share of items that it speaks of
    overlap    the share of items of which it and another speak
    conflict   the share of items of which another says something else
    on_gold    how many of the items it speaks of have a known label
    right      the share of those where it is right, with Wilson's interval; undefined without any
    learned    how often it is right where it speaks, as the label model has it; nan where that was not asked for
    """

    name: str
    coverage: float
    overlap: float
    conflict: float
    on_gold: int
    right: Bounds
    learned: float = float("nan")


def weigh(votes: Votes, modelled: Labelled | None = None, *, level: float = 0.95) -> list[Weighed]:
    """How each rule does, in the order of the rules."""
    n, spoken = len(votes.vote), votes.vote != SILENT
    others = spoken.sum(axis=1, keepdims=True) - spoken
    found = []
    for j, name in enumerate(votes.rules):
        own = votes.vote[:, j]
        differ = (spoken & (votes.vote != own[:, None])).any(axis=1) & spoken[:, j]
        known = spoken[:, j] & (votes.gold != SILENT)
        right = int((known & (votes.gold == own)).sum())
        found.append(
            Weighed(
                name, float(spoken[:, j].mean()), float((spoken[:, j] & (others[:, j] > 0)).mean()),
                float(differ.sum() / n), int(known.sum()), wilson(right, int(known.sum()), level=level),
                float("nan") if modelled is None else modelled.right[j],
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, eq=False)
class Labelled:
    """One noisy label for each item.

    label       its place in `Votes.labels`, or -1 where no rule spoke
    share       items by labels: how likely each is. Rows add up to 1
    right       of each rule how often it is right where it speaks
    prevalence  how frequent each label is
    iterations, converged   how the model got there
    """

    label: NDArray[np.int64]
    share: NDArray[np.float64]
    right: tuple[float, ...]
    prevalence: NDArray[np.float64]
    iterations: int
    converged: bool

    @property
    def sureness(self) -> NDArray[np.float64]:
        """How likely the chosen label of each item is."""
        best: NDArray[np.float64] = self.share.max(axis=1)
        return best


def label_model(
    votes: Votes, *, iterations: int = 200, tolerance: float = 1e-7, smoothing: float = 1.0
) -> Labelled:
    """One label for each item, by expectation and maximization over what rules say **and where they keep silent**.

    A rule that only ever says "spam" tells something by speaking; so silence is one more thing that a rule may
    say, and each rule has rates of all of them by true label. Rules are taken as independent of each other given
    the label: two copies of one rule count twice. Items whose label is known keep it, and so teach the rates.

    smoothing   added to each count before it becomes a rate; more of it trusts few votes less

    It begins from the majority of the votes. Rules that are wrong more often than right together mislead it, which
    only known labels can show. Items are worked on by distinct row of votes, so a million items cost as much as
    the rows that differ.

    Source: the model of Dawid and Skene (1979) with silence as an outcome, as in Ratner et al., "Data programming:
    creating large training sets, quickly" (2016), section 3.
    """
    import numpy as np

    if iterations < 1 or tolerance < 0 or smoothing <= 0:
        raise InvalidInput(
            f"iterations {iterations}, tolerance {tolerance}, smoothing {smoothing}",
            rule="one iteration or more, a tolerance of zero or more, a smoothing above zero",
        )
    k = len(votes.labels)
    rows, of_item, times = np.unique(
        np.column_stack([votes.vote, votes.gold]), axis=0, return_inverse=True, return_counts=True
    )
    of_item = of_item.reshape(-1)
    vote, known = rows[:, :-1], rows[:, -1]
    given = np.where(vote == SILENT, k, vote)
    # Rows by rule and outcome, so that counting and scoring are a product each.
    hot = np.stack([given == outcome for outcome in range(k + 1)], axis=2).astype(np.float64)
    share = hot[:, :, :k].sum(axis=1) + 1e-9
    share /= share.sum(axis=1, keepdims=True)
    fixed = known != SILENT
    share[fixed] = np.eye(k)[known[fixed]]
    before, reached, converged = -np.inf, 0, False
    for reached in range(1, iterations + 1):
        weight = share * times[:, None]
        counts = np.einsum("rt,rjo->jto", weight, hot)
        # The prior expects a rule to be silent as often as it is, and to be right rather than wrong.
        spoken = counts[:, :, :k].sum(axis=(1, 2)) / counts.sum(axis=(1, 2))
        prior = np.empty_like(counts)
        prior[:, :, :k] = (np.eye(k) * 0.4 + 0.6 / k)[None] * spoken[:, None, None]
        prior[:, :, k] = (1 - spoken)[:, None]
        rates = (counts + smoothing * prior) / (counts + smoothing * prior).sum(axis=2, keepdims=True)
        prevalence = (weight.sum(axis=0) + smoothing) / (weight.sum() + k * smoothing)
        with np.errstate(divide="ignore"):
            logs = np.maximum(np.log(rates), -1e3)
        likely = np.einsum("rjo,jto->rt", hot, logs) + np.log(prevalence)
        top = likely.max(axis=1, keepdims=True)
        share = np.exp(likely - top)
        total = share.sum(axis=1, keepdims=True)
        share /= total
        share[fixed] = np.eye(k)[known[fixed]]
        now = float(((top + np.log(total))[:, 0] * times).sum())
        if abs(now - before) <= tolerance * len(votes.vote) and reached > 1:
            converged = True
            break
        before = now
    joint = prevalence[None, :, None] * rates[:, :, :k]
    says = joint.sum(axis=(1, 2))
    hits = np.einsum("jtt->j", joint)
    right = np.divide(hits, says, out=np.full(len(says), np.nan), where=says > 0)
    whole = share[of_item]
    label = np.where(votes.covered | (votes.gold != SILENT), whole.argmax(axis=1), SILENT)
    return Labelled(label, whole, tuple(right.tolist()), prevalence, reached, converged)
