"""Every kind of document: a form can be made of it, a draft of it can be stored, and it comes back as it
was."""

from __future__ import annotations

import json
import types
from datetime import date, datetime
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo

from sextant.canonical import Frozen
from sextant.criteria import Phase
from sextant.documents import DOCUMENT_KINDS, Document, document, document_kinds, read_document
from sextant.errors import InvalidInput, NotFound

KINDS = document_kinds()
SIMPLE = (str, bool, int, float, date, datetime)


def form_field(annotation: Any, *, nested: bool = False) -> bool:
    """Whether a form can ask for it: a simple value, a choice, lines of text, or a flat part (or several)."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return all(form_field(a, nested=nested) for a in inside if a is not type(None))
    if origin is Literal:
        return True
    if origin is tuple:
        return not nested and len(inside) == 2 and inside[1] is Ellipsis and form_field(inside[0])
    if hasattr(annotation, "__metadata__"):
        return form_field(annotation.__origin__, nested=nested)
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        return not nested and all(
            form_field(f.annotation, nested=True) for f in annotation.model_fields.values()
        )
    return annotation in SIMPLE or annotation.__class__.__name__ == "AwareDatetime"


def fields_of(kind: type[Frozen]) -> list[tuple[str, FieldInfo]]:
    """Its fields, and those of its parts."""
    found: list[tuple[str, FieldInfo]] = []
    for name, field in kind.model_fields.items():
        found.append((f"{kind.__name__}.{name}", field))
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, Frozen):
                found += fields_of(part)
    return found


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_form_can_be_made_of_it(kind: type[Document]) -> None:
    assert kind.phase in get_args(Phase) and kind.label and kind.help
    assert kind.__module__.rpartition(".")[0] == f"sextant.{kind.phase}"
    for name, field in fields_of(kind):
        assert field.title and field.description, f"{name} says neither what it is nor what to write"
        assert not field.description[0].islower() and field.description.endswith((".", "?")), name
    for name, field in kind.model_fields.items():
        assert form_field(field.annotation), f"{kind.__name__}.{name}: {field.annotation} has no form"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_its_material_fields_exist(kind: type[Document]) -> None:
    assert kind.material is None or kind.material <= kind.model_fields.keys()


@pytest.mark.parametrize(("name", "kind"), KINDS.items(), ids=KINDS)
def test_a_draft_can_be_stored_and_comes_back(name: str, kind: type[Document]) -> None:
    known = {"string": "a_key", "boolean": True, "number": 1, "integer": 1}
    schema = kind.model_json_schema()
    body = {}
    for field in schema.get("required", []):
        asked = schema["properties"][field]
        body[field] = asked["enum"][0] if "enum" in asked else known[asked["type"]]
    draft = read_document(name, body)
    again = read_document(name, draft.plain())
    assert again == draft and again.material_digest() == draft.material_digest()


def test_what_is_not_a_kind_or_not_a_field_is_named() -> None:
    with pytest.raises(NotFound, match="no kind of document called 'poem'"):
        read_document("poem", {})
    with pytest.raises(InvalidInput, match=r"five_ws|Ws.*rhyme"):
        read_document("five_ws", {"rhyme": "yes"})
    with pytest.raises(InvalidInput, match="low, likely and high must rise"):
        read_document("roi", {"build": {"low": 5, "high": 2}})


@pytest.mark.parametrize("value", ["Infinity", "NaN"])
@pytest.mark.parametrize(
    ("name", "body"),
    [("data_plan", {"collection_budget": 0}), ("roi", {"run": {"high": 0}}), ("roi", {"bar_median": 0}),
     ("option_decision", {"weights": [{"factor": "control", "weight": 0}]})],
)  # fmt: skip
def test_an_amount_is_finite(name: str, body: dict[str, Any], value: str) -> None:
    read_document(name, body)
    endless = json.loads(json.dumps(body).replace(" 0", f' "{value}"'))
    with pytest.raises(InvalidInput):
        read_document(name, endless)


def test_two_kinds_may_not_share_a_name() -> None:
    with pytest.raises(TypeError, match="two kinds of documents are called five_ws"):
        document(type("Other", (DOCUMENT_KINDS["five_ws"],), {}))
