"""The model card: what is on it, what must not be, and that Hugging Face's own reader takes its metadata for what it is."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from sextant.errors import Conflict
from sextant.evaluation.documents import SafetyFinding
from sextant.evidence import Version
from sextant.lifecycle.card import card
from sextant.lifecycle.state import ProjectState
from sextant.problem.documents import FiveWs
from sextant.reports import ModelRun, SliceRow, Slices
from sextant.stats import wilson
from tests.lifecycle.factory import DATA, MODEL, criterion, mean, proportion, report, state, stored, written


def known(**more: Any) -> ProjectState:
    right = criterion("right", name="Digits | read right", threshold=0.9)
    bounds = wilson(40, 50)
    return state(
        candidate=MODEL,
        criteria=[right, criterion("fast", name="Fast", family="system", unit="ms", direction="at_most", threshold=50)],
        evidence=[
            proportion("right", 960, 1000, model=MODEL, data=DATA),
            report(
                Slices, metric="accuracy", model=MODEL,
                rows=(SliceRow(slice={"ink": "faded"}, successes=40, trials=50, lower=bounds.lower, upper=bounds.upper),),
            ),
            report(
                ModelRun, model=MODEL, approach="template matching", parameters={"k": 3}, training_seconds=12.0,
            ),
        ],
        documents=[
            written(FiveWs(what="Forms are typed by hand.", who="clerks <b>")),
            written(SafetyFinding(category="brittleness", severity="high", text="Blank pages are read."), "blank"),
        ],
        **more,
    )  # fmt: skip


def parts(text: str) -> tuple[dict[str, Any], str]:
    _, front, body = text.split("---\n", 2)
    return YAML(typ="safe").load(front), body


def test_what_is_on_it() -> None:
    front, body = parts(card(known(), summary="Reads forms.", task="image-classification"))
    [model] = front["model-index"]
    [result] = model["results"]
    assert model["name"] == "reader" and result["task"] == {"type": "image-classification"}
    assert result["dataset"] == {"name": "test", "type": "test", "revision": "v1"}
    [metric] = result["metrics"]
    bounds = wilson(960, 1000)
    assert metric["value"] == 0.96 and metric["name"] == "Digits | read right"
    assert metric["args"]["n"] == 1000 and metric["args"]["method"] == "wilson"
    assert (metric["args"]["lower"], metric["args"]["upper"]) == pytest.approx((bounds.lower, bounds.upper))
    # What people wrote is shown as they wrote it, and a row of a table stays one.
    assert "Digits \\| read right" in body and "clerks \\<b\\>" in body
    assert "- Fast: not measured on this version." in body
    assert "brittleness, high: Blank pages are read." in body
    assert "template matching" in body and "ink = faded | 80 %" in body


def test_a_card_is_of_one_version() -> None:
    with pytest.raises(Conflict, match="no model version is named"):
        card(state())
    _, body = parts(card(state(candidate=MODEL)))
    assert body.count("Not written down.") == 3 and "No target is set." in body


def test_numbers_of_another_version_are_not_on_it() -> None:
    other = Version.parse("model:reader@m2")
    found = known()
    found.candidate = other
    front, body = parts(card(found))
    assert "model-index" not in front and "0.96" not in body and "faded" not in body
    assert "- Digits \\| read right: not measured on this version." in body


def test_simulated_numbers_are_named_and_not_in_the_metadata() -> None:
    right = criterion("right", name="Right", threshold=0.9)
    proof = proportion("right", 960, 1000, model=MODEL, data=DATA, origin="simulated")
    front, body = parts(card(state(candidate=MODEL, criteria=[right], evidence=[proof], simulated=True)))
    assert "model-index" not in front
    assert "96 % (simulated)" in body and "are simulated" in body


def test_a_number_without_data_stands_in_the_table_only() -> None:
    cost = criterion("cost", name="Cost", family="cost", unit="USD", direction="at_most", threshold=1)
    proof = mean("cost", 50, 0.2, 1.0, model=MODEL, unit="USD")
    front, body = parts(card(state(candidate=MODEL, criteria=[cost], evidence=[proof])))
    assert "model-index" not in front and "$0.20" in body


def test_the_same_state_gives_the_same_card() -> None:
    assert card(known()) == card(known())
    assert stored(known().evidence["slices:accuracy"][0].evidence)
