"""From many labels of an item to one, with how sure that is.

majority      each labeler counts the same
weighted      a labeler counts by how often they are right
dawid_skene   how often each labeler takes one label for another is found together with the labels

Then how good each labeler is (`labelers`), and what one more labeler an item would bring (`one_more`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sextant.data.annotations import Annotations
from sextant.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sextant.stats.intervals import Bounds


@dataclass(frozen=True, eq=False)
class Consensus:
    """One label for each item, in the order of `Annotations.items`.

    method       how it was found
    label        the place of the label; of labels that are equally likely the first
    share        of each item and label how likely it is: a share of the votes, or a posterior probability. Rows
                 add up to 1
    tied         whether another label is as likely
    confusion    Dawid–Skene only: of each labeler, true label by given label, how often the one is given for the
                 other. Rows add up to 1
    prevalence   Dawid–Skene only: how frequent each label is
    log_likelihood, iterations, converged   Dawid–Skene only
    """

    method: str
    label: NDArray[np.int64]
    share: NDArray[np.float64]
    tied: NDArray[np.bool_]
    confusion: NDArray[np.float64] | None = None
    prevalence: NDArray[np.float64] | None = None
    log_likelihood: float | None = None
    iterations: int = 0
    converged: bool = True

    @property
    def sureness(self) -> NDArray[np.float64]:
        """How likely the chosen label of each item is."""
        best: NDArray[np.float64] = self.share.max(axis=1)
        return best

    def unsure(self, below: float = 0.9) -> NDArray[np.int64]:
        """Places of the items for an expert to settle: tied, or less likely than `below`; the least sure first."""
        import numpy as np

        places = np.flatnonzero(self.tied | (self.sureness < below))
        ordered: NDArray[np.int64] = places[np.argsort(self.sureness[places], kind="stable")]
        return ordered

    def error(self, gold: NDArray[np.int64]) -> tuple[float, int]:
        """The share of wrong labels among the items whose label is known, and how many those are. A tie among k
        labels that holds the right one is wrong by 1 - 1/k. nan where none is known."""
        import numpy as np

        known = np.flatnonzero(gold >= 0)
        if not len(known):
            return float("nan"), 0
        best = self.share[known] >= self.sureness[known, None] - 1e-12
        right = best[np.arange(len(known)), gold[known]] / best.sum(axis=1)
        return float(1 - right.mean()), len(known)


def majority(given: Annotations) -> Consensus:
    """The label that most gave.

    >>> import pyarrow as pa
    >>> from sextant.data.annotations import read_annotations
    >>> from sextant.tables import table
    >>> rows = {"item": [1, 1, 1, 2, 2], "who": ["a", "b", "c", "a", "b"], "label": ["x", "x", "y", "x", "y"]}
    >>> c = majority(read_annotations(table(pa.table(rows), name="r"), item="item", labeler="who", label="label"))
    >>> c.label.tolist(), c.tied.tolist()
    ([0, 0], [False, True])
    """
    return _from_votes("majority", given.votes.astype("float64"))


def weighted(given: Annotations, accuracy: Sequence[float]) -> Consensus:
    """The label with the most weight, where a labeler weighs log((k - 1) a / (1 - a)) with accuracy a among k labels:
    the best rule for labelers who err independently and to any other label alike. Who is worse than a guess counts
    against what they say. Shares are the posterior probabilities under that model, all labels as likely before.

    accuracy   of each labeler, in the order of `Annotations.labelers`, strictly between 0 and 1

    Source: Nitzan and Paroush, "Optimal decision rules in uncertain dichotomous choice situations" (1982); for more
    labels as in Li and Yu, "Error rate bounds and iterative weighted majority voting for crowdsourcing" (2014).
    """
    import numpy as np

    a = np.asarray(accuracy, dtype=np.float64)
    if a.shape != (len(given.labelers),) or not ((a > 0) & (a < 1)).all():
        raise InvalidInput(
            "accuracy does not fit the labelers", rule="one number strictly between 0 and 1 for each"
        )
    k = len(given.labels)
    if k < 2:
        return majority(given)
    weight = np.log((k - 1) * a / (1 - a))[given.labeler]
    flat = np.bincount(given.item * k + given.label, weights=weight, minlength=len(given.items) * k)
    return _from_log("weighted", flat.reshape(-1, k).astype(np.float64))


def dawid_skene(
    given: Annotations, *, iterations: int = 100, tolerance: float = 1e-6, smoothing: float = 0.01
) -> Consensus:
    """Labels and each labeler's confusions together, by expectation and maximization.

    iterations   at most so many (100)
    tolerance    it ends when the log-likelihood a rating grows by less than this (1e-6)
    smoothing    what is added to each count before it becomes a rate: the mode under a Dirichlet prior. 0 is the
                 method of the paper, and never gets away from a rate of 0

    Begins from the shares of the votes. Somebody's second rating of an item counts as one more. With one labeler
    only, or one label only, there is nothing to learn, and the result is the majority.

    Source: Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm" (1979),
    equations 2.3 to 2.5.
    """
    import numpy as np
    from scipy import sparse

    if iterations < 1 or tolerance < 0 or smoothing < 0:
        raise InvalidInput(
            f"iterations {iterations}, tolerance {tolerance}, smoothing {smoothing}",
            rule="one iteration or more; the others zero or more",
        )
    items, people, k = len(given.items), len(given.labelers), len(given.labels)
    if people < 2 or k < 2:
        return majority(given)
    # Items by (labeler, label): both steps are products with it and with the same turned, and nothing else.
    by_item = sparse.csr_matrix(
        (np.ones(given.n), *_rows(given.item, given.labeler * k + given.label, items)),
        shape=(items, people * k),
    )
    by_cell = by_item.T
    # Label by label, each in a row of its own: what is read at random (the logarithms of one label) and what is written
    # at random (its counts) then stay in the processor's cache.
    share = np.ascontiguousarray(given.votes.T, dtype=np.float64)
    share /= share.sum(axis=0)
    before, reached, converged = -np.inf, 0, False
    for reached in range(1, iterations + 1):
        counts = np.stack([by_cell @ row for row in share]).reshape(k, people, k) + smoothing
        totals = counts.sum(axis=2, keepdims=True)
        # A label that somebody never met says nothing about them.
        rates = np.divide(counts, totals, out=np.full_like(counts, 1 / k), where=totals > 0)
        prevalence = share.mean(axis=1)
        with np.errstate(divide="ignore"):
            # A rate of 0 is kept finite, so that 0 times it is 0.
            logs = np.maximum(np.log(rates), -1e3).reshape(k, people * k)
            beforehand = np.maximum(np.log(prevalence), -1e3)
        for row, log, known in zip(share, logs, beforehand, strict=True):
            np.add(by_item @ log, known, out=row)
        top = share.max(axis=0)
        np.exp(np.subtract(share, top, out=share), out=share)
        total = share.sum(axis=0)
        share /= total
        now = float(top.sum() + np.log(total).sum())
        if now - before <= tolerance * given.n and reached > 1:
            before, converged = now, True
            break
        before = now
    best = share.max(axis=0)
    return Consensus(
        "dawid_skene", share.argmax(axis=0), np.ascontiguousarray(share.T), (share >= best - 1e-12).sum(axis=0) > 1,
        confusion=rates.transpose(1, 0, 2), prevalence=prevalence, log_likelihood=before, iterations=reached,
        converged=converged,
    )  # fmt: skip


def _rows(
    row: NDArray[np.int64], column: NDArray[np.int64], many: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The columns row by row and where each row begins, as a sparse matrix keeps them; what stands twice stays twice."""
    import numpy as np

    begins = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=many))])
    if (row[1:] < row[:-1]).any():
        column = column[np.argsort(row, kind="stable")]
    return column.astype(np.int32), begins


def _from_votes(method: str, votes: NDArray[np.float64]) -> Consensus:
    best = votes.max(axis=1, keepdims=True)
    return Consensus(
        method,
        votes.argmax(axis=1),
        votes / votes.sum(axis=1, keepdims=True),
        (votes == best).sum(axis=1) > 1,
    )


def _from_log(method: str, weight: NDArray[np.float64]) -> Consensus:
    import numpy as np

    best = weight.max(axis=1, keepdims=True)
    share = np.exp(weight - best)
    return Consensus(
        method,
        weight.argmax(axis=1),
        share / share.sum(axis=1, keepdims=True),
        (weight >= best - 1e-12).sum(axis=1) > 1,
    )


@dataclass(frozen=True, slots=True)
class Labeler:
    """One person's work.

    ratings      how many labels they gave
    on_gold      how many of them were on items whose label is known
    accuracy     the share of those that was right, with Wilson's interval; undefined without any
    with_others  the share of their labels that the consensus has too, nan where there is no consensus
    takes_for    what they most often take for what: (true label, given label, rate), the worst first; from
                 Dawid–Skene's confusions where there are some
    """

    name: str
    ratings: int
    on_gold: int
    accuracy: Bounds
    with_others: float
    takes_for: tuple[tuple[str, str, float], ...] = field(default=())


def labelers(given: Annotations, consensus: Consensus, *, level: float = 0.95) -> list[Labeler]:
    """How good each labeler is, the least accurate first (by the lower bound on gold; without gold by how far they
    follow the consensus)."""
    import numpy as np

    from sextant.stats.intervals import wilson

    people = len(given.labelers)
    truth = given.gold[given.item]
    known = truth >= 0
    count = np.bincount(given.labeler, minlength=people)
    on_gold = np.bincount(given.labeler[known], minlength=people)
    right = np.bincount(given.labeler[known & (truth == given.label)], minlength=people)
    same = np.bincount(given.labeler[consensus.label[given.item] == given.label], minlength=people)
    found = [
        Labeler(
            str(name), int(count[i]), int(on_gold[i]), wilson(int(right[i]), int(on_gold[i]), level=level),
            float(same[i] / count[i]), _worst(given.labels, consensus.confusion, i),
        )
        for i, name in enumerate(given.labelers)
    ]  # fmt: skip
    return sorted(found, key=lambda p: (p.accuracy.lower if p.on_gold else p.with_others, p.name))


def _worst(
    labels: Sequence[str], confusion: NDArray[np.float64] | None, who: int
) -> tuple[tuple[str, str, float], ...]:
    if confusion is None:
        return ()
    own = confusion[who]
    off = [
        (labels[t], labels[g], float(own[t, g]))
        for t in range(len(labels))
        for g in range(len(labels))
        if t != g
    ]
    return tuple(sorted(off, key=lambda one: -one[2])[:3])


@dataclass(frozen=True, slots=True)
class Step:
    """What `count` labelers an item give: the share of items whose majority is right (a tie among k counts 1/k)."""

    count: int
    right: float
    items: int


def one_more(
    given: Annotations, reference: NDArray[np.int64], *, seed: int = 0, draws: int = 20
) -> list[Step]:
    """How right the majority of 1, 2, 3 ... labelers an item is, by leaving out ratings that are there.

    reference   of each item the place of its right label, -1 where it is not known: gold, or else the consensus of
                all, which flatters the higher counts
    draws       how often the ratings to keep are drawn anew; the same `seed` draws the same

    For each count only items with at least so many ratings are looked at, so compare with `Step.items` in sight.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    per_item = np.bincount(given.item, minlength=len(given.items))
    usable = reference >= 0
    most, k = int(per_item[usable].max(initial=0)), len(given.labels)
    right = np.zeros(most + 1)
    enough = [int((usable & (per_item >= c)).sum()) for c in range(most + 1)]
    starts = np.concatenate([[0], np.cumsum(per_item)[:-1]])
    for _ in range(draws):
        # Ratings of each item in a drawn order: the first c of them are a drawn c.
        order = np.lexsort((rng.random(given.n), given.item))
        place = np.arange(given.n) - starts[given.item[order]]
        votes = np.zeros((len(given.items), k))
        for c in range(1, most + 1):
            now = order[place == c - 1]
            votes[given.item[now], given.label[now]] += 1
            rows = np.flatnonzero(usable & (per_item >= c))
            best = votes[rows] == votes[rows].max(axis=1, keepdims=True)
            right[c] += float((best[np.arange(len(rows)), reference[rows]] / best.sum(axis=1)).mean())
    return [Step(c, float(right[c] / draws), enough[c]) for c in range(1, most + 1)]
