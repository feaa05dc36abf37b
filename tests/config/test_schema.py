"""The published JSON Schema: the same as the code, complete, and in agreement with the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from sextant.config import Config, json_schema, schema_text
from sextant.config.edit import dump
from tests.config.making import configs
from tests.config.test_load import FULL

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "sextant.schema.json"


def test_the_published_file_is_the_schema() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), (
        "run: sextant schema -o docs/reference/sextant.schema.json"
    )
    assert json.loads(schema_text()) == json_schema()


def test_every_field_explains_itself() -> None:
    for where, field in fields(json_schema()):
        assert field.get("title") and field.get("description"), where


def fields(node: Any, where: str = "") -> list[tuple[str, dict[str, Any]]]:
    if isinstance(node, list):
        return [f for i, part in enumerate(node) for f in fields(part, f"{where}/{i}")]
    if not isinstance(node, dict):
        return []
    own = [(f"{where}/{k}", f) for k, f in node.get("properties", {}).items()]
    return own + [f for k, part in node.items() for f in fields(part, f"{where}/{k}")]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(json_schema())
    return Draft202012Validator(json_schema())


def written(text: str) -> Any:
    """A YAML text as an editor sees it: plain JSON values."""
    from ruamel.yaml import YAML

    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


def test_it_takes_what_the_reader_takes(validator: Draft202012Validator) -> None:
    assert not list(validator.iter_errors(written(FULL)))


@given(configs())
@settings(max_examples=30)
def test_it_takes_every_file_that_is_written(config: Config) -> None:
    assert not list(Draft202012Validator(json_schema()).iter_errors(written(dump(config))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rigor: light", "rigour: light"),
        ("rigor: light", "rigor: strict"),
        ("unit: ms\n", "\n"),
        ("model: reader@m3", "model: reader"),
        ("check: quality", "check: qualty"),
        ("threshold: 200", "threshold: high"),
    ],
)
def test_it_refuses_what_the_reader_refuses(validator: Draft202012Validator, old: str, new: str) -> None:
    assert old in FULL
    assert list(validator.iter_errors(written(FULL.replace(old, new, 1))))
