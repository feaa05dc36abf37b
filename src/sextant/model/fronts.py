"""Trade-offs: which of many candidates nobody beats in everything at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sextant.errors import InvalidInput


def front(
    numbers: Mapping[str, Mapping[str, float]],
    factors: Sequence[str],
    *,
    lower_is_better: Collection[str] = (),
) -> tuple[str, ...]:
    """Those that no other is at least as good as in every factor and better than in one: the Pareto front.

    In the order of the first factor, the best first. Two that are equal in everything both stand in it. It looks at
    the numbers alone, not at their ranges: where two are close, more rows may turn them round. Those that lack one
    of the factors cannot be compared and are an error; leave them out.

    >>> runs = {"rules": {"quality": 0.7, "ms": 1.0}, "net": {"quality": 0.9, "ms": 80.0},
    ...         "slow": {"quality": 0.9, "ms": 95.0}}
    >>> front(runs, ["quality", "ms"], lower_is_better=["ms"])
    ('net', 'rules')
    """
    if not factors:
        raise InvalidInput("nothing to compare by", where="factors", rule="a front needs one or more factors")
    for name, own in numbers.items():
        if lacks := [f for f in factors if f not in own or own[f] != own[f]]:
            raise InvalidInput(
                f"{name} has no number for {', '.join(lacks)}",
                where="numbers",
                todo="leave it out, or measure it",
            )
    points = {
        name: tuple(own[f] if f in lower_is_better else -own[f] for f in factors)
        for name, own in numbers.items()
    }
    # Sorted, whoever beats a point stands before it; and who is beaten is beaten by one of the front.
    best: list[tuple[str, tuple[float, ...]]] = []
    for name, point in sorted(points.items(), key=lambda item: (item[1], item[0])):
        if not any(
            other != point and all(a <= b for a, b in zip(other, point, strict=True)) for _, other in best
        ):
            best.append((name, point))
    return tuple(name for name, _ in best)
