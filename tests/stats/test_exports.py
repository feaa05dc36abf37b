"""What `sextant.stats` offers, that it is cheap to import, and that its examples run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import sextant.stats

MODULES = sorted(m.name for m in pkgutil.iter_modules(sextant.stats.__path__))


def test_the_exported_list_is_exactly_what_the_modules_define() -> None:
    defined = {
        name
        for module in map(_module, MODULES)
        if not module.__name__.rsplit(".", 1)[1].startswith("_")
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    }
    # Helpers that other modules of the library use; they are not for users.
    assert set(sextant.stats.__all__) == defined - {"normal_quantile", "mixture_variance", "reach"}
    assert sextant.stats.__all__ == sorted(sextant.stats.__all__)


def test_the_map_names_every_module() -> None:
    described = {line.split("  ")[0] for line in (sextant.stats.__doc__ or "").splitlines() if "   " in line}
    assert described == {name for name in MODULES if not name.startswith("_")}


def test_importing_costs_no_numpy_and_no_scipy() -> None:
    code = "import sys, sextant.stats; print(sorted({'numpy', 'scipy'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name: str) -> None:
    failed, _ = doctest.testmod(_module(name))
    assert failed == 0


def test_every_public_function_has_an_example_and_a_source_of_truth() -> None:
    for name in sextant.stats.__all__:
        assert ">>>" in getattr(sextant.stats, name).__doc__ or name in ("Bounds", "Contrast"), name


def _module(name: str) -> object:
    return importlib.import_module(f"sextant.stats.{name}")
