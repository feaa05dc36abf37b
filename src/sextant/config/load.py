"""Reading a `sextant.yaml`: every fault of the file at once, each with its line and column."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from sextant.config.checks import (
    CHECKS,
    OF_SCORES,
    SHARES,
    Evaluation,
    Experiment,
    Fairness,
    Judge,
    Outcome,
    Slices,
)
from sextant.config.fields import Refers
from sextant.config.model import Config, Predictions
from sextant.config.schema import json_schema
from sextant.criteria import Criterion
from sextant.errors import ConfigError, Conflict, Unavailable

Place = tuple[str | int, ...]

#: Where a name that may be either a dataset or predictions is declared.
_SECTIONS = {"tables": "datasets` or `predictions"}
_LIMIT_BYTES = 1_000_000
#: Aliases make small files large: nodes are counted as often as they are used.
_LIMIT_NODES = 50_000
_LIMIT_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something stands in the file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file that was read: what it says, its text, and where each part stands in it.

    `marks` gives the place of the key of every field: `marks["criteria", 0, "unit"]`.
    """

    config: Config
    text: str
    marks: Mapping[Place, Mark]


def load(path: str | Path) -> Loaded:
    """Read a project file. Raises `ConfigError` for what it may not say (all faults in one, see its
    `faults`), and `Unavailable` if there is no such file."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise Unavailable(
            error.strerror or "it cannot be read", where=str(path), todo="run `sextant init` to write one"
        ) from error
    try:
        return loads(raw.decode("utf-8-sig"), file=str(path))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(
            "it is not UTF-8 text", file=str(path), line=line, rule="the file is in UTF-8"
        ) from error


def loads(text: str, *, file: str = "sextant.yaml") -> Loaded:
    """The same from a text; `file` is what messages call it.

    >>> loads("project: {slug: reader, nmae: Reader}")
    Traceback (most recent call last):
    ...
    sextant.errors.ConfigError: sextant.yaml: 2 faults
    sextant.yaml:1:10: `name` is missing (Name as people say it). Add `name` here
    sextant.yaml:1:25: there is no field `nmae` here. Did you mean `name`?
    """
    reader = _Reader(text, file)
    try:
        config = Config.model_validate(reader.data)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            reader.explain(fault)
        reader.references()
        raise _together(file, reader.faults) from None
    reader.references()
    if not reader.faults:
        reader.sense(config)
    if reader.faults:
        raise _together(file, reader.faults)
    return Loaded(config, text, reader.marks)


def write(config: Config, path: str | Path, *, replace: bool = False) -> str:
    """Write a project file, whole or not at all, and return its text. An existing file is left alone
    (`Conflict`) unless `replace`; to change one that people have commented, use `change_criteria`."""
    from sextant.config.edit import dump

    target, text = Path(path), dump(config)
    if target.exists() and not replace:
        raise Conflict("there is such a file already", where=str(path), todo="change it, or move it away")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("x", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Unavailable(error.strerror or "it cannot be written", where=str(path)) from error
    return text


class _Reader:
    """A YAML text on its way to a `Config`: plain data, marks, and the faults so far."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.marks: dict[Place, Mark] = {}
        self.values: dict[Place, Mark] = {}
        self.faults: list[ConfigError] = []
        self.explained: set[Place] = set()
        if len(text.encode()) > _LIMIT_BYTES:
            raise ConfigError("the file is too long", file=file, rule=f"at most {_LIMIT_BYTES:,} bytes")
        self.data = self._parse(text)

    # --- text to data

    def _parse(self, text: str) -> Any:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        yaml = YAML(typ="safe", pure=True)
        yaml.allow_duplicate_keys = True  # found below, with all other faults
        try:
            node = yaml.compose(text)
            self._walk(node)
            data = yaml.load(text)
        except ConfigError:
            raise
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise ConfigError(
                f"this is no YAML: {error.problem or error.context}",
                file=self.file,
                line=mark.line + 1 if mark else None,
                column=mark.column + 1 if mark else None,
                todo="check indentation, colons and quotes just before this place",
            ) from error
        except (YAMLError, ValueError, RecursionError) as error:
            what = re.sub(r"\s+", " ", str(error))[:200]
            raise ConfigError(f"this is no YAML: {what}", file=self.file) from error
        if not isinstance(data, dict):
            raise ConfigError(
                "the file says nothing" if data is None else "the file is not a list of fields",
                file=self.file,
                line=1,
                column=1,
                rule="it holds fields such as `project:` and `checks:`",
                todo="run `sextant init` to write one",
            )
        _texts(data)
        return data

    def _bounded(self, root: Any) -> None:
        waiting = [(root, 0)]
        count = 0
        while waiting:
            node, depth = waiting.pop()
            count += 1
            if count > _LIMIT_NODES or depth > _LIMIT_DEPTH:
                raise ConfigError("the file says too much, or repeats itself without end", file=self.file)
            if node is not None and node.id != "scalar":
                inner = node.value if node.id == "sequence" else [value for _, value in node.value]
                waiting += [(child, depth + 1) for child in inner]

    def _walk(self, root: Any) -> None:
        """Note where every part stands, and names that are given twice."""
        self._bounded(root)
        waiting: list[tuple[Place, Any]] = [((), root)]
        while waiting:
            place, node = waiting.pop()
            if node is None:
                continue
            self.values[place] = _mark(node)
            self.marks.setdefault(place, self.values[place])
            if node.id == "sequence":
                waiting += [((*place, i), child) for i, child in enumerate(node.value)]
            elif node.id == "mapping":
                own: set[str] = set()
                for key, child in node.value:
                    if key.id != "scalar":
                        self.fault(
                            _mark(key), "a name is not a word", rule="each field is a name, a colon, a value"
                        )
                        continue
                    inner = (*place, key.value)
                    if key.value in own:
                        first = self.marks[inner].line
                        self.fault(
                            _mark(key),
                            f"`{key.value}` is given twice; first in line {first}",
                            todo="keep one of them",
                        )
                        continue
                    own.add(key.value)
                    self.marks[inner] = _mark(key)
                    waiting.append((inner, child))

    # --- faults

    def fault(self, at: Mark | None, what: str, *, rule: str | None = None, todo: str | None = None) -> None:
        self.faults.append(
            ConfigError(
                what,
                file=self.file,
                line=at.line if at else None,
                column=at.column if at else None,
                rule=rule,
                todo=todo,
            )
        )

    def at(self, *place: str | int, value: bool = False) -> Mark | None:
        """The mark of the nearest part that stands in the file."""
        found = self.values if value else self.marks
        while place and place not in found:
            place = place[:-1]
        return found.get(place) or self.marks.get(())

    def explain(self, fault: Any) -> None:
        """One of pydantic's faults, at its place, in plain words."""
        place, missing = self._place(fault["loc"])
        kind, context, given = fault["type"], fault.get("ctx", {}), fault.get("input")
        here = self.at(*place, value=True)
        name = f"`{place[-1]}`" if place and isinstance(place[-1], str) else "this"
        if kind == "extra_forbidden":
            known = _described(place[:-1], self.data).get("properties", {})
            near = difflib.get_close_matches(str(place[-1]), known, 1, 0.6)
            self.fault(
                self.at(*place),
                f"there is no field {name} here",
                rule=None if near else f"fields here are {', '.join(known)}",
                todo=f"did you mean `{near[0]}`?" if near else None,
            )
        elif kind == "missing":
            field = _described(place, self.data).get("properties", {}).get(missing, {})
            meant = field.get("description", "").removesuffix(".")
            self.fault(here, f"`{missing}` is missing", rule=meant or None, todo=f"add `{missing}` here")
        elif kind == "union_tag_not_found":
            self.fault(here, "`check` is missing", rule=_KINDS, todo="say which check it is")
        elif kind == "union_tag_invalid":
            tag = str(context.get("tag"))
            near = difflib.get_close_matches(tag, CHECKS, 1, 0.6)
            self.fault(
                self.at(*place, "check", value=True),
                f"there is no check called {tag!r}",
                rule=_KINDS,
                todo=f"did you mean {near[0]!r}?" if near else None,
            )
        elif kind in ("literal_error", "enum"):
            known = re.findall(r"'([^']+)'", context["expected"]) or [context["expected"]]
            near = difflib.get_close_matches(str(given), known, 1, 0.6)
            self.fault(
                here,
                f"{name} is {_shown(given)}",
                rule=f"one of {', '.join(known)}",
                todo=f"did you mean {near[0]!r}?" if near else None,
            )
        elif place not in self.explained:  # the members of a union each complain of the same value
            self.explained.add(place)
            what = _rule(fault)
            if kind == "value_error" and isinstance(given, dict | list):
                self.fault(here, what)
            else:
                self.fault(here, f"{name} is {_shown(given)}", rule=what)

    def _place(self, loc: tuple[str | int, ...]) -> tuple[Place, str]:
        """pydantic's location without what is not in the file (the names of union members), and the last
        part."""
        place: Place = ()
        for part in loc:
            for name in (part, str(part)):
                if (*place, name) in self.marks:
                    place = (*place, name)
                    break
        return place, str(loc[-1]) if loc else ""

    # --- what types cannot say

    def references(self) -> None:
        """Names of criteria, datasets and predictions that nothing in the file has; and names given twice."""
        criteria = [c.get("key") for c in _dicts(self.data.get("criteria"))]
        known: dict[str, list[str]] = {"criteria": [k for k in criteria if isinstance(k, str)]}
        for kind in ("datasets", "predictions"):
            tables = self.data.get(kind)
            known[kind] = [str(k) for k in tables] if isinstance(tables, dict) else []
        known["tables"] = known["datasets"] + known["predictions"]
        for place, name in self._doubles(criteria, known):
            self.fault(
                self.at(*place),
                f"two things are called `{name}`",
                rule="names are used once",
                todo="rename one",
            )
        for i, criterion in enumerate(_list(self.data.get("criteria"))):
            if isinstance(criterion, dict) and (leading := criterion.get("leading")) is not None:
                self._refer(("criteria", i, "leading"), leading, "criteria", known)
        for name, body in (self.data.get("predictions") or {}).items() if known["predictions"] else ():
            self._refer_all(("predictions", name), body, Predictions, known)
        for i, check in enumerate(_list(self.data.get("checks"))):
            if isinstance(check, dict) and (cls := CHECKS.get(str(check.get("check")))):
                self._refer_all(("checks", i), check, cls, known)
                for j, outcome in enumerate(_list(check.get("outcomes"))):
                    self._refer_all(("checks", i, "outcomes", j), outcome, Outcome, known)

    def _doubles(self, criteria: list[Any], known: dict[str, list[str]]) -> Iterator[tuple[Place, str]]:
        for i, key in enumerate(criteria):
            if key is not None and key in criteria[:i]:
                yield ("criteria", i, "key"), key
        for name in set(known["datasets"]) & set(known["predictions"]):
            yield ("predictions", name), name

    def _refer_all(self, place: Place, body: Any, cls: type[BaseModel], known: dict[str, list[str]]) -> None:
        for name, field in cls.model_fields.items():
            for mark in field.metadata:
                if isinstance(mark, Refers) and isinstance(body, dict) and body.get(name) is not None:
                    self._refer((*place, name), body[name], mark.to, known)

    def _refer(self, place: Place, name: Any, to: str, known: dict[str, list[str]]) -> None:
        if not isinstance(name, str) or name in known[to]:
            return
        a = {"criteria": "a criterion", "datasets": "a dataset", "tables": "a table"}.get(to, to)
        near = difflib.get_close_matches(name, known[to], 1, 0.6)
        listed = ", ".join(known[to][:20])
        self.fault(
            self.at(*place, value=True),
            f"{name!r} is not the name of {a} here",
            rule=f"{to} are {listed}" if known[to] else f"no {to} are declared",
            todo=f"did you mean {near[0]!r}?" if near else f"declare it under `{_SECTIONS.get(to, to)}`",
        )

    def sense(self, config: Config) -> None:
        """What only several parts together can get wrong."""
        ids: dict[str, int] = {}
        by_key = {c.key: c for c in config.criteria}
        agreed = {c.criterion for c in config.checks if c.check == "agreement"}
        for i, check in enumerate(config.checks):
            if check.id in ids:
                self.fault(
                    self.at("checks", i),
                    f"two checks are called {check.id!r}",
                    rule="each has its own name",
                    todo="give one of them a `name`",
                )
            ids[check.id] = i
            if isinstance(check, Experiment):
                for j, outcome in enumerate(check.outcomes):
                    if outcome.measure == "candidate":
                        self._fits(("checks", i, "outcomes", j), by_key[outcome.criterion], False, False)
            elif (key := getattr(check, "criterion", None)) is not None:
                share = (isinstance(check, Evaluation) and check.metric in SHARES) or (
                    isinstance(check, Judge) and check.positive is not None
                )
                contrast = isinstance(check, Evaluation) and check.against is not None
                self._fits(("checks", i, "criterion"), by_key[key], share, contrast)
            if isinstance(check, Evaluation | Judge) and check.labels_agreed_by not in (None, *agreed):
                self.fault(
                    self.at("checks", i, "labels_agreed_by", value=True),
                    f"no agreement check measures {check.labels_agreed_by}",
                    todo="add one",
                )
            if isinstance(check, Evaluation):
                for name in (
                    (check.predictions, check.against) if check.metric in ("brier", *OF_SCORES) else ()
                ):
                    if name and config.predictions[name].score is None:
                        self.fault(
                            self.at("predictions", name), f"`score` is missing, and check {check.id} needs it"
                        )
            if isinstance(check, Evaluation | Fairness | Slices) and not (
                isinstance(check, Evaluation) and check.column
            ):
                self._answers(config, check.predictions)

    def _answers(self, config: Config, name: str) -> None:
        given = config.predictions[name]
        dataset = config.datasets[given.dataset] if given.dataset else None
        if given.target is None and not (dataset and dataset.target):
            self.fault(
                self.at("predictions", name),
                "nobody says where the right answers are",
                todo="add `target` here, or to the dataset that was answered",
            )
        elif given.target is None and not (given.key and dataset and dataset.key):
            self.fault(
                self.at("predictions", name),
                "the answers cannot be laid beside the dataset's target",
                rule="both are joined by a column that names the row",
                todo="add `key` to both",
            )

    def _fits(self, place: Place, criterion: Criterion, share: bool, contrast: bool) -> None:
        """Whether what the check gives can judge the criterion at all."""
        here = self.at(*place, value=True)
        if criterion.role == "guardrail" and not contrast:
            self.fault(
                here,
                f"{criterion.key} is a guardrail, and this check gives one number",
                rule="a guardrail is judged on a difference between candidate and control",
                todo="add `against`, or measure it in an experiment",
            )
        if share and criterion.unit not in ("share", "%"):
            self.fault(
                here,
                f"this check gives a share, and {criterion.key} is in {criterion.unit}",
                rule="a share is judged in share or %",
                todo="change the target's unit",
            )


def _together(file: str, faults: list[ConfigError]) -> ConfigError:
    faults = sorted({str(f): f for f in faults}.values(), key=lambda f: (f.line or 0, f.column or 0))
    said = "\n".join([f"{len(faults)} faults", *map(str, faults)])
    error = faults[0] if len(faults) == 1 else ConfigError(said, file=file)
    error.faults = tuple(faults)
    return error


_KINDS = f"a check is one of {', '.join(CHECKS)}"
#: What pydantic's complaints ask for, in plain words.
_RULES = {
    "float": "a number is needed",
    "int": "a whole number is needed",
    "bool": "true or false is needed",
    "string_type": "text is needed: put it in double quotes",
    "tuple": "a list is needed, such as [a, b]",
    "dict": "a group of fields is needed",
    "model": "a group of fields is needed",
    "date_": "a day is needed, such as 2026-12-31",
    "datetime": "a time with its zone is needed, such as 2026-12-31T09:00:00Z",
    "timezone": "a time with its zone is needed, such as 2026-12-31T09:00:00Z",
    "invalid_key": "a name is text: put it in double quotes",
}


def _rule(fault: Any) -> str:
    kind = fault["type"]
    if kind == "string_pattern_mismatch" and fault["ctx"]["pattern"].startswith("^[a-z0-9]"):
        return "a name has small letters, digits, - and _, at most 80 of them"
    for start, rule in _RULES.items():
        if kind.startswith(start):
            return rule
    return str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")


def _described(place: Place, data: Any) -> dict[str, Any]:
    """The schema of one place in the file."""
    schema = json_schema()
    node: Any = schema
    for part in place:
        node = _resolved(node, data, schema)
        inner = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
        node = inner or node.get("additionalProperties") or {}
        node = node if isinstance(node, dict) else {}
        data = dict(enumerate(data) if isinstance(data, list) else data or {}).get(part)
    described = {k: v for k, v in node.items() if k == "description"}
    return {**_resolved(node, data, schema), **described}


def _resolved(node: dict[str, Any], data: Any, schema: dict[str, Any]) -> dict[str, Any]:
    if mapping := node.get("discriminator", {}).get("mapping"):
        node = {"$ref": mapping.get(data.get("check") if isinstance(data, dict) else None, "#/$defs/Range")}
    elif isinstance(data, dict):  # a condition is a value, a list or a group of fields
        node = next((o for o in node.get("oneOf", ()) if "$ref" in o), node)
    while ref := node.get("$ref"):
        node = schema["$defs"].get(ref.rpartition("/")[2], {})
    return node


def _texts(data: Any) -> None:
    """A slice names values as text; people write 3 and true."""
    for criterion in _dicts(data.get("criteria")):
        if isinstance(where := criterion.get("slice"), dict):
            for name, value in where.items():
                if isinstance(value, bool | int | float):
                    where[name] = str(value).lower() if isinstance(value, bool) else str(value)


def _mark(node: Any) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [part for part in _list(value) if isinstance(part, dict)]


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str | int | float | bool) else f"a {type(value).__name__}"
    return {"a dict": "a group of fields", "a list": "a list", "a NoneType": "empty"}.get(text, text)[:80]
