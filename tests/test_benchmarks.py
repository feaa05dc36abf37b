"""The harness of the benchmarks: what it reads from a run, and how it compares. No time is asserted."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks.harness import Bar, Benchmark, Side, Timing, against_bar, run, table

SAYS = 'print("a note"); print(\'{{"seconds": 3, "queries": 4}}\')'
NOTHING = Benchmark(
    question="How long does nothing take?",
    sides=[
        Side("ours", "ours", [sys.executable, "-c", SAYS], reports=True),
        Side("floor", "roofline", ["{ours}/python", "-c", "pass"]),
    ],
    runs=2,
)


def test_a_run_keeps_one_time_for_each_round_but_the_first_and_what_a_process_says_of_itself() -> None:
    timings = run(NOTHING)
    assert timings["ours"].seconds == [3, 3]
    assert timings["ours"].counted == {"queries": 4}
    assert len(timings["floor"].seconds) == 2
    assert all(seconds > 0 for seconds in timings["floor"].seconds)
    assert "| ours | ours | 3,000 ms | 3,000 ms to 3,000 ms | 1.00 | 4 queries |" in table(NOTHING, timings)


def test_a_process_that_fails_has_no_time(capfd: pytest.CaptureFixture[str]) -> None:
    failing = replace(NOTHING, sides=[Side("ours", "ours", [sys.executable, "-c", "raise SystemExit('no')"])])
    with pytest.raises(subprocess.CalledProcessError):
        run(failing)
    assert "no" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("ratio", "held"), [(0.49, False), (0.5, True)], ids=["just over the bar", "just on the bar"]
)
def test_the_bar_is_held_against_the_sum_of_its_sides_medians(ratio: float, held: bool) -> None:
    # Medians: ours 2 of (1, 2, 9); one 1, other 3. So ours is 2 / (1 + 3) = 0.5.
    timings = {
        "ours": Timing([9.0, 1.0, 2.0]),
        "one": Timing([1.0, 1.0, 7.0]),
        "other": Timing([3.0, 0.5, 3.5]),
    }
    sides = [Side(name, "ours" if name == "ours" else "peer", []) for name in timings]
    benchmark = Benchmark("Which?", sides, Bar(ratio, of=["one", "other"]))
    assert against_bar(benchmark, timings) == (
        held,
        f"0.50 times one and other together, and the bar is {ratio}",
    )


def test_without_a_bar_none_is_missed() -> None:
    assert against_bar(NOTHING, {"ours": Timing([1.0])})[0]
    limited = replace(NOTHING, most=0.5)
    assert against_bar(limited, {"ours": Timing([0.4])}) == (True, "400 ms, and the bar is 500 ms")
    assert not against_bar(limited, {"ours": Timing([0.6])})[0]
