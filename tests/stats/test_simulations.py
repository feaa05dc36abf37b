"""The simulations' own rules: what is allowed, what fails, and that no interval is left out."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

import sextant.stats
from simulations import __main__ as command
from simulations.harness import Rate, Rng, Runs, Simulation, count


def test_what_is_allowed_is_chance_and_slack() -> None:
    # The standard error of 0.5 in 100 runs is 0.05; four of them are granted.
    assert Rate("x", 0.5, 0, 100, "about").allowed == pytest.approx((0.3, 0.7))
    assert Rate("x", 0.5, 0, 100, "at least", 0.1).allowed == pytest.approx((0.2, 1.0))
    assert Rate("x", 0.5, 0, 100, "at most").allowed == pytest.approx((0.0, 0.7))
    assert Rate("x", 0.5, 0, 100, "above").allowed == pytest.approx((0.7, 1.0))
    held = [Rate("x", 0.5, hits, 100, "about").holds for hits in (29, 30, 70, 71)]
    assert held == [False, True, True, False]


def test_a_wrong_method_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def too_narrow(rng: Rng, runs: Runs) -> Iterator[Rate]:
        # One standard error instead of two.
        n = runs(2000)
        held = count(abs(rng.normal(size=n)) < 1)
        yield Rate("one sigma sold as 95 %", 0.95, held, n, "at least")

    monkeypatch.setattr(command, "registry", lambda: {"wrong": Simulation("Is it?", too_narrow)})
    assert command.main([]) == 1
    said = capsys.readouterr().out
    assert "OUTSIDE" in said
    assert "1 outside what is allowed." in said


def test_a_quick_run_holds_and_is_the_same_twice(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(2):
        assert command.main(["--only", "means", "--quick"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "quantile_ranks" in said[0]
    assert command.main(["--only", "means", "--quick", "--seed", "1"]) == 0
    assert capsys.readouterr().out != said[0]


def test_an_unknown_name_is_bad_use() -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["--only", "astrology"])
    assert caught.value.code == 2


def test_every_interval_is_simulated() -> None:
    simulated = {
        name for simulation in command.registry().values() for name in simulation.simulate.__globals__
    }
    intervals = {
        name
        for name in sextant.stats.__all__
        if inspect.isfunction(getattr(sextant.stats, name))
        and inspect.signature(getattr(sextant.stats, name)).return_annotation
        in ("Bounds", "tuple[int, int, int]")
    }
    assert intervals <= simulated
