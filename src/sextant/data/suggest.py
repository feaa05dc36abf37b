"""Which items to label next: those that a model is unsure of, and of them those that differ from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sextant.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: How unsure a model is, from its probabilities: 0 is sure, 1 is a guess.
UNCERTAINTIES = ("entropy", "margin", "least_confident")


def uncertainty(probability: NDArray[np.float64], *, by: str = "entropy") -> NDArray[np.float64]:
    """How unsure a model is of each item, from 0 (sure) to 1 (all labels are as likely).

    entropy           of the probabilities, over its largest value
    margin            1 minus the gap between the two likeliest labels
    least_confident   how far the likeliest label is from certain, over how far a guess is

    Source: Settles, "Active learning literature survey" (2009), section 3.1.

    >>> import numpy as np
    >>> uncertainty(np.array([[1.0, 0.0], [0.5, 0.5]])).tolist()
    [0.0, 1.0]
    """
    import numpy as np

    p = np.asarray(probability, dtype=np.float64)
    if by not in UNCERTAINTIES:
        raise InvalidInput(f"uncertainty by {by!r}", rule=f"one of {', '.join(UNCERTAINTIES)}")
    if p.ndim != 2 or p.shape[1] < 2 or not ((p >= 0) & (p <= 1)).all():
        raise InvalidInput(
            f"probabilities of shape {p.shape}", rule="items by labels, two labels or more, each 0 to 1"
        )
    if by == "entropy":
        logs = np.log(p, out=np.zeros_like(p), where=p > 0)
        found = -(p * logs).sum(axis=1) / np.log(p.shape[1])
    elif by == "margin":
        two = np.partition(p, -2, axis=1)[:, -2:]
        found = 1 - (two[:, 1] - two[:, 0])
    else:
        found = (1 - p.max(axis=1)) / (1 - 1 / p.shape[1])
    clipped: NDArray[np.float64] = np.clip(found, 0.0, 1.0) + 0.0  # and no -0
    return clipped


def suggest(
    unsure: NDArray[np.float64],
    count: int,
    *,
    features: NDArray[np.float64] | None = None,
    labeled: NDArray[np.float64] | None = None,
    pool: int = 10,
) -> NDArray[np.int64]:
    """Places of the items to label next, in the order to label them.

    unsure     of each item how unsure the model is (`uncertainty`)
    count      how many to take, at most all
    features   items by features: then they are also to differ. From the `pool` times `count` least sure, each next
               one is the one farthest from all that were taken and from those `labeled` already (k-center greedy),
               on features scaled to one standard deviation
    labeled    features of what is labeled already

    Without features: the least sure first, ties in the order given.

    Source: Sener and Savarese, "Active learning for convolutional neural networks: a core-set approach" (2018),
    algorithm 1, on a pool kept by uncertainty.

    >>> import numpy as np
    >>> near = np.array([[0.0], [0.01], [5.01], [5.0]])
    >>> suggest(np.array([0.9, 0.89, 0.8, 0.1]), 2, features=near, pool=2).tolist()
    [0, 2]
    """
    import numpy as np

    unsure = np.asarray(unsure, dtype=np.float64)
    if count < 1 or pool < 1:
        raise InvalidInput(f"count {count}, pool {pool}", rule="one or more each")
    order = np.argsort(-unsure, kind="stable")
    if features is None:
        return order[:count]
    x = np.asarray(features, dtype=np.float64)
    if x.ndim != 2 or len(x) != len(unsure) or not np.isfinite(x).all():
        raise InvalidInput(
            f"features of shape {x.shape} for {len(unsure)} items", rule="one row of finite numbers an item"
        )
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread == 0] = 1
    near = order[: count * pool]
    x = (x - middle) / spread
    at = x[near]
    if labeled is not None and len(labeled):
        known = (np.asarray(labeled, dtype=np.float64) - middle) / spread
        far = np.min([((at - row) ** 2).sum(axis=1) for row in known], axis=0)
        first = int(far.argmax())
    else:
        far, first = np.full(len(near), np.inf), 0
    taken = [first]
    while len(taken) < min(count, len(near)):
        far = np.minimum(far, ((at - at[taken[-1]]) ** 2).sum(axis=1))
        far[taken] = -1.0
        taken.append(int(far.argmax()))
    chosen: NDArray[np.int64] = near[taken]
    return chosen
