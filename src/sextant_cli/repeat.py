"""`sextant repeat`: a check that sometimes fails, run several times."""

from __future__ import annotations

import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from sextant.errors import InvalidInput
from sextant.phrases import number
from sextant_cli import output
from sextant_cli.common import as_json_option, choose, home_option, project_option, target_of


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--runs", type=click.IntRange(2, 10_000), default=10, show_default=True, help="How many times.")
@click.option(
    "--pass", "needed", type=click.IntRange(1), help="How many of them must succeed. Default: all of them."
)
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), help="Seconds after which a run has failed."
)
@click.option("--criterion", metavar="KEY", help="Store the share that succeeds as proof for this target.")
@click.option("--model", metavar="NAME@VERSION", help="The model that was run.")
@project_option
@home_option
@as_json_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND ...")
def repeat(
    runs: int, needed: int | None, timeout: float | None, criterion: str | None, model: str | None, slug: str | None,
    home: Path | None, form: str, command: tuple[str, ...],
) -> int:  # fmt: skip
    """Run a check that sometimes fails several times, and say how often it succeeds.

    A system that answers differently each time passes or fails a check by luck. COMMAND is run --runs times, one after the
    other; it succeeds when its exit code is 0. All runs are made, also when the answer is clear before: to stop early would
    bend the share. The range says how often it would succeed if it were run for ever (Wilson), and takes runs as
    independent.

    Exit 0: at least --pass runs succeeded. Exit 1: fewer.

    \b
      sextant repeat --runs 20 --pass 18 -- pytest -q tests/evals
      sextant repeat --runs 50 --criterion agent-succeeds -- ./run-agent.sh
    """
    wanted = runs if needed is None else needed
    if wanted > runs:
        raise InvalidInput(f"--pass is {wanted} of {runs} runs", rule="at most as many as --runs")
    began, codes = perf_counter(), []
    with output.progress("Runs", runs) as tick:
        for done in range(1, runs + 1):
            codes.append(_run(command, timeout))
            tick(done)
    seconds, good = perf_counter() - began, codes.count("0")
    return _tell(command, codes, good, wanted, seconds, criterion, model, slug, home, form)


def _run(command: tuple[str, ...], timeout: float | None) -> str:
    """The exit code of a run, or "timeout". What it prints goes nowhere: it is asked for its code alone."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=timeout,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "timeout"
    except OSError as error:
        raise InvalidInput(
            f"{command[0]} cannot be run: {error.strerror or error}", where="COMMAND"
        ) from error
    return str(done.returncode)


def _tell(
    command: tuple[str, ...], codes: list[str], good: int, wanted: int, seconds: float, key: str | None, model: str | None,
    slug: str | None, home: Path | None, form: str,
) -> int:  # fmt: skip
    from collections import Counter

    from sextant.stats.intervals import wilson
    from sextant.verdicts import Status

    runs, held = len(codes), good >= wanted
    bounds = wilson(good, runs)
    others = dict(Counter(code for code in codes if code != "0").most_common())
    digest = _store(command, good, runs, seconds, key, model, slug, home) if key else None
    if form == "json":
        output.as_json(
            {
                "runs": runs, "succeeded": good, "needed": wanted, "holds": held, "share": bounds, "failures": others,
                "seconds": seconds, "digest": digest,
            }
        )  # fmt: skip
        return 0 if held else 1
    output.say(
        f"{output.status(Status.MET if held else Status.UNMET)}: {number(good)} of {number(runs)} runs succeeded, "
        f"{number(wanted)} are asked for."
    )
    output.say(
        f"It succeeds {number(bounds.value * 100)} % of the time (between {number(bounds.lower * 100)} and "
        f"{number(bounds.upper * 100)} %)."
    )
    if others:
        said = ", ".join(
            f"{number(n)} with {'' if code == 'timeout' else 'code '}{code}" for code, n in others.items()
        )
        output.say(f"Failed: {said}.")
    if digest:
        output.say(f"{digest[:12]}  stored as proof for {key}")
    return 0 if held else 1


def _store(
    command: tuple[str, ...], good: int, runs: int, seconds: float, key: str, model: str | None, slug: str | None,
    home: Path | None,
) -> str:  # fmt: skip
    from sextant import __version__
    from sextant.evidence import Producer, Proportion, Version
    from sextant_client.client import connect

    with connect(home=home) as client:
        project = choose(client, slug)
        criterion = target_of(project, key)
        if criterion.unit not in ("share", "%"):
            raise InvalidInput(
                f"{key} is in {criterion.unit}", where="--criterion", rule="a share is judged in share or %"
            )
        fields: dict[str, Any] = {"model": Version.parse(model, "model")} if model else {}
        taken = Proportion.of(
            successes=good, trials=runs, level=criterion.level, sides=criterion.sides, criterion=key, unit="share",
            slice=criterion.slice, measure_digest=criterion.measure_digest, setting="offline", at=datetime.now(UTC),
            # The command's own arguments may hold what is secret.
            estimand=f"share of runs of {Path(command[0]).name} that succeed",
            producer=Producer(
                name="sextant", version=__version__, command=f"sextant repeat --runs {runs} -- {shlex.quote(command[0])} ...",
                seconds=round(seconds, 3),
            ),
            **fields,
        )  # fmt: skip
        return project.add_evidence([taken])[0].digest
