"""`sextant bench`: how an endpoint fares under load."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from sextant.errors import InvalidInput
from sextant.phrases import number
from sextant_cli import output
from sextant_cli.common import as_json_option, home_option, project_option, read_json_or_yaml

if TYPE_CHECKING:
    from sextant.criteria import Criterion
    from sextant.evaluation.load import Load, Price
    from sextant.evidence import Measurement

_SCALE = {"s": 1.0, "ms": 1000.0}
_POSITIVE = click.FloatRange(0, min_open=True)


@click.command()
@click.argument("target", metavar="URL|CALLABLE")
@click.option("--rate", type=_POSITIVE, default=5.0, show_default=True, help="Requests a second.")
@click.option(
    "--seconds", type=click.FloatRange(0, 86_400, min_open=True), help="How long to send. Default: 30."
)
@click.option("--count", type=click.IntRange(1, 1_000_000), help="How many to send at most.")
@click.option(
    "--arrivals", type=click.Choice(("poisson", "steady")), default="poisson", show_default=True,
    help="As independent users come, or evenly.",
)  # fmt: skip
@click.option(
    "--timeout", type=_POSITIVE, default=30.0, show_default=True, help="Seconds after which a request failed."
)
@click.option(
    "--most-open",
    type=click.IntRange(1, 10_000),
    default=1000,
    show_default=True,
    help="Requests open at once at most.",
)
@click.option(
    "--body", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What to send: .json (one, or a list), .jsonl or .yaml; taken in turn. By POST; without it, by GET.",
)  # fmt: skip
@click.option(
    "--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header; may be given again."
)
@click.option(
    "--bearer-from", metavar="VARIABLE", help="The environment variable that holds the endpoint's token."
)
@click.option("--price-in", type=click.FloatRange(0), default=0.0, help="Price of a million tokens read.")
@click.option("--price-out", type=click.FloatRange(0), default=0.0, help="Price of a million tokens written.")
@click.option("--price-request", type=click.FloatRange(0), default=0.0, help="Price of one request.")
@click.option("--currency", default="USD", show_default=True, help="Of the prices.")
@click.option(
    "--latency", "latency_key", metavar="KEY",
    help="The target on a percentile of latency that this is proof for; see --q.",
)  # fmt: skip
@click.option(
    "--q", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.95, show_default=True,
    help="Which percentile --latency judges.",
)  # fmt: skip
@click.option("--errors", "errors_key", metavar="KEY", help="The target on the share of requests that fail.")
@click.option("--cost", "cost_key", metavar="KEY", help="The target on the cost of a request.")
@click.option("--model", metavar="NAME@VERSION", help="The model that answers.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the arrivals.")
@project_option
@home_option
@as_json_option
def bench(
    target: str, rate: float, seconds: float | None, count: int | None, arrivals: str, timeout: float, most_open: int,
    body: Path | None, headers: tuple[str, ...], bearer_from: str | None, price_in: float, price_out: float,
    price_request: float, currency: str, latency_key: str | None, q: float, errors_key: str | None, cost_key: str | None,
    model: str | None, seed: int, slug: str | None, home: Path | None, form: str,
) -> int:  # fmt: skip
    """How an endpoint fares under load: latency, errors, tokens, cost.

    Sends requests to URL (or calls package.module:function) at a steady rate, as users come: on a schedule, whatever
    became of those before. Latency counts from when a request was meant to go, so that a stall is seen by everyone who
    would have waited. Prints percentiles with ranges, throughput, errors by kind, tokens and cost.

    Nothing but URL is asked. Ctrl-C ends it and gives what was measured so far. With --latency, --errors or --cost the
    result is stored as proof for that target.

    \b
      sextant bench http://localhost:8000/health --rate 50 --seconds 20
      sextant bench https://models.example/v1/chat/completions --body prompts.jsonl --bearer-from MODEL_KEY
        --rate 2 --seconds 120 --price-in 0.15 --price-out 0.6 --latency p95 --cost cost-per-request
    """
    from sextant.evaluation import load as runs
    from sextant_integrations.endpoint.client import put_under_load

    wanted = {k: v for k, v in (("latency", latency_key), ("errors", errors_key), ("cost", cost_key)) if v}
    price = runs.Price(price_in, price_out, price_request, currency)
    with _Proof(wanted, slug, home) as proof:
        if count is None and seconds is None:
            seconds = 30.0
        moments = runs.arrivals(rate, seconds=seconds, count=count, kind=arrivals, seed=seed)
        expected = min(count or sys.maxsize, round(rate * seconds) if seconds else sys.maxsize)
        began = datetime.now(UTC)
        with (
            _target(target, body, headers, bearer_from, most_open) as asked,
            output.progress("Requests", expected) as tick,
        ):
            found = put_under_load(
                asked,
                moments,
                rate=rate,
                timeout=timeout,
                most_open=most_open,
                tell=lambda sent, open_: tick(sent),
            )
        if not found.n:
            raise InvalidInput("no request was sent before it was stopped")
        measured = proof.taken(found, price, q, target=target, model=model, began=began)
        if form == "json":
            output.as_json(_plain(found, price, measured))
        else:
            _tell(found, price)
        proof.store(measured, quiet=form == "json")
    return 0


def _target(
    target: str, body: Path | None, headers: tuple[str, ...], bearer: str | None, most_open: int
) -> AbstractContextManager[Any]:
    from sextant_integrations.endpoint.client import find_callable, over_callable, over_http

    given = read_json_or_yaml(body) if body else []
    bodies = given if isinstance(given, list) else [given]
    if not target.startswith(("http://", "https://")):
        if headers or bearer:
            raise InvalidInput(
                "a function takes no headers", rule="--header and --bearer-from go with an address"
            )
        sys.path.insert(0, str(Path.cwd()))
        return over_callable(find_callable(target), inputs=bodies, most_open=min(most_open, 64))
    if not urlsplit(target).hostname:
        raise InvalidInput(f"{target!r} is no address", rule="such as http://localhost:8000/answer")
    sent = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise InvalidInput(f"{header!r} is no header", rule="NAME:VALUE")
        sent[name.strip()] = value.strip()
    if bearer:
        if not os.environ.get(bearer):
            raise InvalidInput(
                f"the environment has no {bearer}", where="--bearer-from", todo=f"export {bearer}"
            )
        sent["Authorization"] = f"Bearer {os.environ[bearer]}"
    return over_http(target, bodies=bodies, headers=sent, most_open=most_open)


class _Proof:
    """The project whose targets are judged, if any: found before the first request is sent, so that nobody waits for a
    run that cannot be stored."""

    def __init__(self, wanted: dict[str, str], slug: str | None, home: Path | None) -> None:
        self.wanted, self.slug, self.home = wanted, slug, home
        self.client: Any = None
        self.project: Any = None
        self.criteria: dict[str, Criterion] = {}

    def __enter__(self) -> _Proof:
        if self.wanted:
            from sextant_cli.common import choose
            from sextant_client.client import connect

            self.client = connect(home=self.home)
            self.client.__enter__()
            self.project = choose(self.client, self.slug)
            known = {c.key: c for c in self.project.criteria()}
            for what, key in self.wanted.items():
                if key not in known:
                    raise InvalidInput(
                        f"there is no target {key!r}",
                        where=f"--{what}",
                        rule=f"targets are {', '.join(sorted(known))}",
                    )
                if what == "latency" and known[key].unit not in _SCALE:
                    raise InvalidInput(
                        f"{key} is in {known[key].unit}",
                        where="--latency",
                        rule="latency is measured in s or ms",
                    )
                self.criteria[what] = known[key]
        return self

    def __exit__(self, *how: Any) -> None:
        if self.client is not None:
            self.client.__exit__(*how)

    def taken(
        self, found: Load, price: Price, q: float, *, target: str, model: str | None, began: datetime
    ) -> list[Measurement]:
        from sextant import __version__
        from sextant.evidence import Mean, Producer, Proportion, Quantile, Version

        place = _place(target)
        about = f"{place} at {number(found.rate)} requests a second"
        spent = found.costs(price)
        common: dict[str, Any] = {
            "setting": "offline", "at": datetime.now(UTC), "period_start": began, "period_end": datetime.now(UTC),
            "model": Version.parse(model, "model") if model else None,
            "producer": Producer(
                name="sextant", version=__version__, command=f"sextant bench {place} --rate {found.rate:g}",
                seconds=round(found.seconds, 3), cost=spent.mean * spent.n if spent.n else None,
                currency=price.currency if spent.n else "",
            ),
            "note": _note(found),
        }  # fmt: skip
        kinds: dict[str, tuple[type[Measurement], str, Any, str | None]] = {
            "latency": (
                Quantile, f"{number(q * 100)}th percentile of the latency of {about}, from when each was meant to go",
                lambda c: found.statistics(q, times=_SCALE[c.unit]), None,
            ),
            "errors": (
                Proportion, f"share of requests to {about} that failed",
                lambda c: {"successes": found.failed, "trials": found.n}, "share",
            ),
            "cost": (
                Mean, f"cost of a request to {about}",
                lambda c: {"n": spent.n, "mean": spent.mean, "m2": spent.m2}, price.currency,
            ),
        }  # fmt: skip
        made = []
        for what, criterion in self.criteria.items():
            kind, estimand, statistics, unit = kinds[what]
            if what == "cost" and not spent.n:
                raise InvalidInput(
                    "no answer says how many tokens it took", where="--cost",
                    rule="cost is reckoned from the usage fields of an OpenAI-compatible answer, or --price-request",
                )  # fmt: skip
            made.append(
                kind.of(
                    level=criterion.level, sides=criterion.sides, criterion=criterion.key, slice=criterion.slice,
                    measure_digest=criterion.measure_digest, estimand=estimand, unit=unit or criterion.unit,
                    **statistics(criterion), **common,
                )
            )  # fmt: skip
        return made

    def store(self, measured: list[Measurement], *, quiet: bool) -> None:
        if not measured:
            return
        for one, added in zip(measured, self.project.add_evidence(measured), strict=True):
            if not quiet:
                output.say(f"{added.digest[:12]}  stored as proof for {one.criterion}")


def _note(found: Load) -> str | None:
    failed = f"{number(found.failed)} of {number(found.n)} requests failed, and count as never answered."
    said = [failed] if found.failed else []
    return " ".join([*said, "It was stopped before its time."] if found.stopped else said) or None


def _place(target: str) -> str:
    """The address without what may be secret: no user, no query."""
    if not target.startswith(("http://", "https://")):
        return target
    parts = urlsplit(target)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _tell(found: Load, price: Price) -> None:
    sent = f"{number(found.n)} requests in {number(found.seconds)} s, {number(found.rate)} a second were asked for"
    output.say(f"{sent}{'; stopped before its time' if found.stopped else ''}.")
    output.say(f"{number(found.throughput)} answers a second.")
    output.say()
    rows = []
    for q in (0.5, 0.9, 0.95, 0.99):
        bounds = found.latency(q)
        point = max(round(q * len(found.service_times)) - 1, 0)
        rows.append(
            (
                f"{q:.0%}",
                _ms(bounds.value),
                f"{_ms(bounds.lower)} to {_ms(bounds.upper)}",
                _ms(found.service_times[point]),
            )
        )
    output.table(("OF THE REQUESTS", "ANSWERED WITHIN", "RANGE AT 95 %", "COUNTED FROM SENDING ONLY"), rows)
    output.say()
    failed = found.error_share()
    kinds = ", ".join(f"{number(n)} {kind}" for kind, n in found.errors.items())
    share = f"{number(failed.value * 100)} % failed (between {number(failed.lower * 100)} and {number(failed.upper * 100)} %)"
    output.say(f"{share}{f': {kinds}' if kinds else ''}. One that failed counts as never answered.")
    for word, moments in zip(("read", "written"), found.tokens(), strict=True):
        if moments.n:
            output.say(
                f"{number(moments.mean)} tokens {word} on average, {number(moments.mean * moments.n)} in all."
            )
    spent = found.costs(price)
    if spent.n and spent.mean:
        cost = found.cost(price)
        between = "" if cost.undefined else f" (between {number(cost.lower)} and {number(cost.upper)})"
        output.say(
            f"A request cost {number(spent.mean)} {price.currency}{between}, all together {number(spent.mean * spent.n)}."
        )
    if found.late > 0.1:
        output.note(
            f"Up to {number(found.late)} s passed before a request that was due could go: more than --most-open were open, "
            "or this machine cannot send so fast. That time counts as waiting."
        )


def _ms(seconds: float) -> str:
    return (
        "never"
        if seconds == float("inf")
        else "–"
        if seconds == float("-inf")
        else f"{number(seconds * 1000)} ms"
    )


def _plain(found: Load, price: Price, measured: list[Measurement]) -> dict[str, Any]:
    spent = found.costs(price)
    read, written = found.tokens()
    return {
        "requests": found.n, "rate": found.rate, "seconds": found.seconds, "stopped": found.stopped,
        "throughput": found.throughput, "errors": found.errors, "error_share": found.error_share(), "late": found.late,
        "latency": {str(q): found.latency(q) for q in (0.5, 0.9, 0.95, 0.99)},
        "tokens_in": read, "tokens_out": written, "cost": found.cost(price) if spent.n else None,
        "currency": price.currency, "evidence": measured,
    }  # fmt: skip
