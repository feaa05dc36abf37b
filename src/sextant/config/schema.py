"""The JSON Schema of `sextant.yaml`, from its types: editors complete and explain with it."""

from __future__ import annotations

import json
from typing import Any

from sextant.config.model import Config

#: What editors show for the parts of a target, which is written down in `sextant.criteria` for all its users.
_CRITERION = {
    "key": "Short name: small letters, digits, - and _. Checks name the target by it.",
    "name": "Name as people say it, such as: Digits read right.",
    "family": "What kind of goal it is. At least one each of business, product and ml is expected.",
    "metric": "What is measured, such as accuracy or p95 latency.",
    "unit": "What it is counted in: share (0.95 is 95 %), %, ms, s, USD or rows",
    "direction": "Whether more is better (at_least) or less (at_most).",
    "threshold": "The bar. For a guardrail: the largest loss that is acceptable, zero or more.",
    "role": "A target is to be reached; a guardrail limits harm and is judged against control.",
    "phase": "The phase whose gate it belongs to.",
    "slice": "Which part of the data it is about, as column and value; empty means all.",
    "level": "How sure a verdict must be: 0.95 means that the range holds the truth in 95 of 100 cases.",
    "sides": "2: a two-sided range. 1: each end on its own holds at the level.",
    "minimum_n": "How many must have been measured before it is judged.",
    "settings": "Where it is judged: offline, study, experiment, rollout, monitoring, review.",
    "kinds": "Which kinds of proof may judge it; empty means all.",
    "origins": "Whose numbers count: measured, declared, simulated.",
    "requires": "What must have been checked for a proof to count, such as held_out or no_leakage.",
    "continuous": "Whether it is watched all the time, so that a range for a single look does not do.",
    "baseline": "Where things stand today.",
    "due": "The day on which it is to be judged.",
    "due_days_after_exposure": "Judged so many days after the first real use.",
    "max_age_days": "A proof older than this is stale.",
    "leading": "The target that stands in until this one is due.",
    "owner": "Who answers for it, as a role.",
    "binding": "What measures it, or who will, how and from when.",
    "note": "Anything else worth knowing.",
}
_OTHERS = {
    "Baseline": {
        "value": "The number today.",
        "source": "Where it was taken from.",
        "at": "The day it was taken.",
    },
    "Binding": {
        "measured_by": "What measures it: a check, a monitor, an experiment.",
        "owner": "Who measures it, as a role.",
        "starts": "From when.",
    },
    "Range": {
        "at_least": "This or more.",
        "at_most": "This or less.",
        "above": "More than this.",
        "below": "Less than this.",
        "missing": "true: only rows without a value; false: only rows with one.",
    },
}


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) as plain values. Every field has a title and a description.

    >>> json_schema()["properties"]["rigor"]["enum"]
    ['light', 'standard', 'regulated']
    """
    schema = _given(Config.model_json_schema())
    for name, texts in ({"Criterion": _CRITERION} | _OTHERS).items():
        for field, text in texts.items():
            schema["$defs"][name]["properties"][field]["description"] = text
    for body in [*schema["$defs"].values()]:
        # Conditions are long and the same everywhere: said once.
        if where := body.get("properties", {}).get("where"):
            schema["$defs"]["Where"] = {k: where.pop(k) for k in ("type", "additionalProperties")}
            where["$ref"] = "#/$defs/Where"
    for body in (schema, *schema["$defs"].values()):
        # What tells the checks apart has one value, which says it all.
        if check := body.get("properties", {}).get("check"):
            check["description"] = body["description"]
        for name, field in body.get("properties", {}).items():
            field.setdefault("title", name.replace("_", " ").capitalize())
    # As the reader takes them: 3 in place of "3".
    schema["$defs"]["Criterion"]["properties"]["slice"]["additionalProperties"] = {
        "type": ["string", "number", "boolean"]
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "sextant.yaml",
        "description": "A project as code: its targets, its data, and the checks that measure it.",
    }


def schema_text() -> str:
    """The schema as the text of a file, one field a line, so that a change of one shows as one."""
    return _lines(json_schema(), 4, "") + "\n"


def _lines(node: Any, depth: int, indent: str) -> str:
    if not depth or not isinstance(node, dict) or not node:
        return json.dumps(node, ensure_ascii=False)
    deeper = indent + " "
    inner = [f"{deeper}{json.dumps(k)}: {_lines(v, depth - 1, deeper)}" for k, v in node.items()]
    return "{\n" + ",\n".join(inner) + f"\n{indent}}}"


def _given(node: Any) -> Any:
    """The schema of what is written: a field is left out, not null, so null is not offered."""
    if isinstance(node, list):
        return [_given(part) for part in node]
    if not isinstance(node, dict):
        return node
    if isinstance(text := node.get("description"), str):  # of a class's own text, the first paragraph
        node = {**node, "description": " ".join(text.split("\n\n")[0].split())}
    options = [o for o in node.get("anyOf", []) if o != {"type": "null"}]
    rest = {k: _given(v) for k, v in node.items() if k != "anyOf" and (k, v) != ("default", None)}
    if len(options) == 1:
        return {**_given(options[0]), **rest}
    return {"anyOf": _given(options), **rest} if options else rest
