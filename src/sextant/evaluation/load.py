"""How an endpoint fares under load: what a run of requests says of latency, throughput, errors, tokens and cost.

    arrivals   when requests are to be sent, whatever the answers do
    Request    one of them: when it was meant to go, when it went, when and how it ended
    Load       a run of them, with its numbers

The load is **open**: requests come on a schedule, as users do, and do not wait for the answer to the one before. Latency
counts from the moment at which a request was meant to go. A loop that sends the next request when the last was answered
sends little while the system stalls, and so hardly sees the stall: coordinated omission. Both numbers are kept, so that
the difference shows.

Source: Schroeder, Wierman and Harchol-Balter, "Open versus closed: a cautionary tale" (2006); Tene, "How not to measure
latency" (2013). Ranges of percentiles are those of `sextant.stats.quantile_ranks`, and take requests as independent: in a
stall they are not, so that what one run says of another day is less sure than its range.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sextant.errors import InvalidInput
from sextant.stats._checks import at_least_zero, inside, number, one_of, positive, whole
from sextant.stats.intervals import Bounds, mean_t, quantile_ranks, wilson
from sextant.stats.moments import Moments

ARRIVALS = ("steady", "poisson")
#: Levels at which a stored percentile can be judged later, with one side or two.
_LEVELS = (0.8, 0.9, 0.95, 0.975, 0.98, 0.99, 0.995, 0.999)


def arrivals(
    rate: float,
    *,
    seconds: float | None = None,
    count: int | None = None,
    kind: str = "poisson",
    seed: int = 0,
) -> Iterator[float]:
    """The moments, in seconds from the start, at which requests are meant to go: `rate` a second.

    seconds, count  the end: whichever comes first; one of them at least
    kind            "poisson": as independent users come, now close together and now apart; "steady": evenly
    seed            the same seed gives the same moments

    >>> list(arrivals(2, seconds=2, kind="steady"))
    [0.0, 0.5, 1.0, 1.5]
    """
    if seconds is None and count is None:
        raise InvalidInput("nothing says when it ends", rule="a run is bounded", todo="give seconds or count")
    every = inside("rate", rate, 0, 1e6)
    one_of("kind", kind, ARRIVALS)
    end = math.inf if seconds is None else at_least_zero("seconds", seconds)
    most = None if count is None else positive("count", count)
    return _moments(every, end, most, kind, whole("seed", seed))


def _moments(rate: float, end: float, most: int | None, kind: str, seed: int) -> Iterator[float]:
    import random

    rng, sent, at = random.Random(seed), 0, 0.0  # noqa: S311 - a schedule is no secret
    while at < end and (most is None or sent < most):
        yield at
        sent += 1
        at = sent / rate if kind == "steady" else at + rng.expovariate(rate)


@dataclass(frozen=True, slots=True)
class Request:
    """One request; times in seconds from the start of the run.

    meant   when it was meant to go
    sent    when it went
    ended   when its answer was complete, or it failed
    error   what became of it: "" is an answer, else the kind, such as "timeout" or "HTTP 503"
    tokens_in, tokens_out  what the endpoint said it read and wrote; None where it said nothing
    """

    meant: float
    sent: float
    ended: float
    error: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens cost, for a million of those read and of those written; or a flat price for each request."""

    tokens_in: float = 0.0
    tokens_out: float = 0.0
    request: float = 0.0
    currency: str = "USD"

    def of(self, request: Request) -> float | None:
        """What one answer cost; None where the endpoint did not say how many tokens it took."""
        if (self.tokens_in and request.tokens_in is None) or (self.tokens_out and request.tokens_out is None):
            return None
        tokens = self.tokens_in * (request.tokens_in or 0) + self.tokens_out * (request.tokens_out or 0)
        return self.request + tokens / 1e6


@dataclass(frozen=True)
class Load:
    """A run of requests. `rate` is what was asked for; `stopped` says that somebody ended it before its time.

    >>> run = Load(tuple(Request(i, i, i + (2 if i % 10 == 0 else 0.25)) for i in range(200)), rate=1)
    >>> p50, p95 = run.latency(0.5), run.latency(0.95)
    >>> p50.value, p95.value, p95.lower, p95.upper, run.errors
    (0.25, 2, 2, 2, {})
    """

    requests: tuple[Request, ...]
    rate: float
    stopped: bool = False

    @property
    def n(self) -> int:
        return len(self.requests)

    @cached_property
    def latencies(self) -> list[float]:
        """Seconds from when each request was meant to go until it was answered, in order. One that failed was never
        answered: it is infinite, so that failing fast does not look like being fast."""
        return sorted(math.inf if r.error else r.ended - r.meant for r in self.requests)

    @cached_property
    def service_times(self) -> list[float]:
        """Seconds from when each request really went: what a loop would have shown, which hides a stall."""
        return sorted(math.inf if r.error else r.ended - r.sent for r in self.requests)

    def latency(self, q: float, *, level: float = 0.95, sides: int = 2) -> Bounds:
        """The quantile of latency, such as 0.95, with its range. Infinite where as many requests failed."""
        return _quantile(self.latencies, q, level, sides)

    def statistics(self, q: float, *, times: float = 1.0) -> dict[str, Any]:
        """What evidence of the quantile needs: the values at the ranks that the usual levels ask for, in seconds; in
        milliseconds with `times=1000`."""
        asked = {r for lv in _LEVELS for s in (1, 2) for r in quantile_ranks(self.n, q, level=lv, sides=s)}
        ranks = {r: self.latencies[r - 1] * times for r in sorted(asked) if 1 <= r <= self.n}
        return {"q": q, "n": self.n, "ranks": ranks}

    @property
    def late(self) -> float:
        """The longest that a request went after it was meant to: above some milliseconds, either the load generator or
        its limit of open requests was the bottleneck."""
        return max((r.sent - r.meant for r in self.requests), default=0.0)

    @property
    def seconds(self) -> float:
        """From the first request until the last answer."""
        return max((r.ended for r in self.requests), default=0.0) - min(
            (r.meant for r in self.requests), default=0.0
        )

    @property
    def throughput(self) -> float:
        """Answers a second; nan before there is one."""
        answered = sum(not r.error for r in self.requests)
        return answered / self.seconds if answered and self.seconds > 0 else math.nan

    @property
    def errors(self) -> dict[str, int]:
        """How many failed, by kind, the most frequent first."""
        return dict(Counter(r.error for r in self.requests if r.error).most_common())

    @property
    def failed(self) -> int:
        return sum(bool(r.error) for r in self.requests)

    def error_share(self, *, level: float = 0.95, sides: int = 2) -> Bounds:
        return wilson(self.failed, self.n, level=level, sides=sides)

    def tokens(self) -> tuple[Moments, Moments]:
        """Tokens read and written by an answer, of the answers that said so."""
        answered = [r for r in self.requests if not r.error]
        return (
            Moments.of([r.tokens_in for r in answered if r.tokens_in is not None]),
            Moments.of([r.tokens_out for r in answered if r.tokens_out is not None]),
        )

    def costs(self, price: Price) -> Moments:
        """What answers cost, each; of those that said how many tokens they took."""
        found = [price.of(r) for r in self.requests if not r.error]
        return Moments.of([number("cost", c) for c in found if c is not None])

    def cost(self, price: Price, *, level: float = 0.95, sides: int = 2) -> Bounds:
        found = self.costs(price)
        return mean_t(found.n, found.mean, found.m2, level=level, sides=sides)


def _quantile(values: Sequence[float], q: float, level: float, sides: int) -> Bounds:
    point, low, high = quantile_ranks(len(values), q, level=level, sides=sides)
    if not point:
        return Bounds.unknown("order_statistics", "no request was sent")
    return Bounds(
        values[point - 1], values[low - 1] if low else -math.inf,
        values[high - 1] if high <= len(values) else math.inf, "order_statistics",
    )  # fmt: skip
