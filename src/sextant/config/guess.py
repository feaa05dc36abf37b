"""A proposal for a folder that has no `sextant.yaml` yet: what its files seem to be, each guess with its
reason.

Nothing is settled here. Every guess says why, and the ones that matter ask a question: the caller shows
them, takes the answers, and gets the config. A bar is never set silently.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sextant.config.load import loads
from sextant.config.model import Config
from sextant.errors import InvalidInput, SextantError
from sextant.phrases import number, with_unit
from sextant.tables import FORMATS, Table, engine, table

TARGETS = ("label", "target", "y_true", "truth", "actual", "class", "ground_truth", "gold", "expected")
PREDICTIONS = ("prediction", "predicted", "y_pred", "pred", "predicted_label", "output_label", "answer")
SCORES = ("score", "probability", "proba", "y_score", "confidence")
KEYS = ("id", "key", "uuid", "row_id", "item", "item_id", "index")
LABELERS = ("labeler", "labeller", "rater", "annotator", "worker", "worker_id")
ITEMS = ("item", "item_id", "task", "unit", "example", "id")
RATINGS = ("label", "rating", "annotation")
#: A column of times is called one of these, or ends in _at or _time.
TIMES = ("time", "timestamp", "date", "datetime", "created")
#: With more different values than this a target is a number to be close to, and a column is no group.
_FEW = 20
_MOST_FILES = 50


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess: where it goes in the file (`criteria.0.threshold`), the value, why, and what to ask, if it
    is a question for a person."""

    where: str
    value: Any
    why: str
    question: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a `sextant.yaml` for the folder may say, and why. `guesses` come in the order of the file."""

    said: Mapping[str, Any]
    guesses: tuple[Guess, ...]
    passed_over: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[Guess, ...]:
        return tuple(g for g in self.guesses if g.question)

    def config(self, answers: Mapping[str, Any] | None = None) -> Config:
        """The config with the answers put in, by the guesses' `where`; what is not answered stays as
        proposed.

        Raises `InvalidInput` for an answer to what was not asked, or one that the file may not say.
        """
        body = _copy(self.said)
        known = {g.where for g in self.guesses}
        for where, value in (answers or {}).items():
            if where not in known:
                raise InvalidInput(f"{where} was not asked", rule=f"asked were {', '.join(sorted(known))}")
            _put(body, where, value)
        from sextant.config.edit import dump
        from sextant.reports import first_fault

        try:
            config = Config.model_validate(body)
        except ValidationError as error:
            raise InvalidInput(first_fault(error), where="the proposal") from error
        return loads(dump(config)).config


def guess(folder: str | Path) -> Proposal:
    """Look at the tables in a folder (and the folders in it, hidden ones aside) and propose a project file.

    A file with a column of right answers and one of a model's answers holds predictions; others are
    datasets, their role taken from their name. A column with a different value in every row that is called
    like a key is the key; text columns with few values are groups. Of predictions it proposes an accuracy
    (few classes) or a mean absolute error with a check, and of a column of latency its 95th percentile,
    each bar with its reason. Files that cannot be read, and those beyond the first 50, are named in
    `passed_over`.
    """
    root = Path(folder)
    look = _Look(root)
    for path in _files(root):
        look.at(path)
    return look.proposal()


class _Look:
    """What has been seen of a folder so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.guesses: list[Guess] = []
        self.passed_over: list[str] = []
        self.datasets: dict[str, dict[str, Any]] = {}
        self.predictions: dict[str, dict[str, Any]] = {}
        self.criteria: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []
        self.tables: dict[str, Table] = {}
        self.seen = 0
        self.engine = engine()

    def at(self, path: Path) -> None:
        shown = path.relative_to(self.root).as_posix()
        self.seen += 1
        if self.seen > _MOST_FILES:
            self.passed_over.append(f"{shown}: more than {_MOST_FILES} files")
            return
        try:
            found = table(path, name=shown, on=self.engine)
        except SextantError as error:
            self.passed_over.append(str(error))
            return
        name = self._name(path)
        self.tables[name] = found
        prediction = _named(found, PREDICTIONS)
        if prediction:
            self._predictions(name, shown, found, prediction)
        else:
            self._dataset(name, shown, found)

    def _dataset(self, name: str, shown: str, found: Table) -> None:
        body: dict[str, Any] = {"path": shown}
        self.datasets[name] = body
        where = f"datasets.{name}"
        if role := _role(name):
            body["role"] = role
            self._note(f"{where}.role", role, f"its name says {role}")
        self._columns(body, where, found)
        target = _named(found, TARGETS)
        if target and not _named(found, LABELERS):
            body["target"] = target
            self._note(f"{where}.target", target, f"a column called {target} usually holds the right answer")
        if time := next((c for c in found.columns if _is_time(found, c)), None):
            body["time"] = time
            self._note(f"{where}.time", time, "it holds times")
        self.checks.append({"check": "quality", "dataset": name})
        item, labeler, label = (_named(found, names) for names in (ITEMS, LABELERS, RATINGS))
        if item and labeler and label:
            check = {"check": "agreement", "dataset": name, "item": item, "labeler": labeler, "label": label}
            self._note(f"checks.{len(self.checks)}.label", label, f"{labeler} rated {item}, one rating a row")
            self.checks.append(check)

    def _predictions(self, name: str, shown: str, found: Table, prediction: str) -> None:
        where = f"predictions.{name}"
        told = re.findall(r"(?:^|[_-])((?:v|m)\d+)(?=$|[_.-])", Path(shown).stem.lower())
        version, why = (
            (told[0], "the file's name says so") if told else ("1", "nothing says which version it is")
        )
        taken = {p["model"] for p in self.predictions.values()}
        if f"{self._slug()}@{version}" in taken:
            # Two files under one name would pass for two measurements of one model.
            version, why = name, f"another file is {version} already, so this one is called like its file"
        body: dict[str, Any] = {"path": shown, "model": f"{self._slug()}@{version}", "prediction": prediction}
        self.predictions[name] = body
        self._note(f"{where}.model", body["model"], why, f"Which model made {shown}? (name@version)")
        self._note(
            f"{where}.prediction", prediction, f"a column called {prediction} usually holds a model's answer"
        )
        for field, names in (("target", TARGETS), ("score", SCORES)):
            if column := _named(found, names):
                body[field] = column
                self._note(f"{where}.{field}", column, f"a column called {column} usually holds the {field}")
        self._columns(body, where, found)

    def _columns(self, body: dict[str, Any], where: str, found: Table) -> None:
        """The key and the groups: what the values say, and not the name alone."""
        for column in found.columns:
            called = column.lower() in KEYS or column.lower().endswith("_id")
            if called and _unique(found, column):
                body["key"] = column
                self._note(f"{where}.key", column, "no two rows have the same value in it")
                break
        taken = {*TARGETS, *PREDICTIONS, *SCORES, *LABELERS, *RATINGS}
        groups = [
            c
            for c in found.columns
            if c != body.get("key") and c.lower() not in taken and _is_group(found, c)
        ]
        if groups:
            body["groups"] = groups
            self._note(f"{where}.groups", groups, f"text with at most {_FEW} values each")

    def _note(self, where: str, value: Any, why: str, question: str = "") -> None:
        self.guesses.append(Guess(where, value, why, question))

    def _name(self, path: Path) -> str:
        base = re.sub(r"[^a-z0-9]+", "-", _stem(path).lower()).strip("-")[:60] or "table"
        names = {*self.datasets, *self.predictions}
        return (
            base
            if base not in names
            else next(f"{base}-{i}" for i in range(2, 999) if f"{base}-{i}" not in names)
        )

    def _slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.root.resolve().name.lower()).strip("-")[:60] or "project"

    def proposal(self) -> Proposal:
        slug = self._slug()
        name = slug.replace("-", " ").capitalize()
        first = [
            Guess("project.slug", slug, "the folder's name", "Short name of the project?"),
            Guess("project.name", name, "the folder's name", "Name of the project?"),
            Guess("project.summary", "", "only you know", "What is it for, in a sentence?"),
        ]
        self._link()
        self._judge()
        self.engine.disconnect()
        said = {
            "version": 1,
            "project": {"slug": slug, "name": name, "summary": ""},
            "criteria": self.criteria,
            "datasets": self.datasets,
            "predictions": self.predictions,
            "checks": self.checks,
        }
        return Proposal(said, (*first, *self.guesses), tuple(self.passed_over))

    def _link(self) -> None:
        """Predictions to the test set that they answer, and to what the model learned from."""
        tests = [n for n, d in self.datasets.items() if d.get("role") == "test" and "key" in d]
        trains = [n for n, d in self.datasets.items() if d.get("role") == "train"]
        for name, body in self.predictions.items():
            where = f"predictions.{name}"
            test = next((t for t in tests if self._answers(name, t)), None)
            if test is not None:
                body["dataset"] = test
                self._note(f"{where}.dataset", test, "its rows have the keys that were answered")
                self._target(name, body, test)
                if len(trains) == 1:
                    self._same_target(test, trains[0])
                    body["train"] = trains[0]
                    question = f"Did the model of {body['path']} learn from {trains[0]}?"
                    self._note(f"{where}.train", trains[0], "it is the only training data", question)
        for test in tests if len(trains) == 1 else ():
            self.checks.append({"check": "leakage", "dataset": test, "train": trains[0]})

    def _answers(self, name: str, test: str) -> bool:
        """Whether every answer is about a row of the test set."""
        found, rows = self.tables[name], self.tables[test]
        if "key" not in self.predictions[name]:
            return False
        mine, theirs = found.column(self.predictions[name]["key"]), rows.column(self.datasets[test]["key"])
        if mine.type() != theirs.type():
            return False
        left, right = found.expr.select(key=mine), rows.expr.select(key=theirs)
        return found.count(left.anti_join(right, "key")) == 0

    def _target(self, name: str, body: dict[str, Any], test: str) -> None:
        """Where nothing is called a target: the column of the test set that the answers mostly equal."""
        dataset, rows = self.datasets[test], self.tables[test]
        if "target" in body or "target" in dataset:
            return
        answers = self.tables[name].expr.select(
            sextant_key=self.tables[name].expr[body["key"]],
            sextant_answer=self.tables[name].expr[body["prediction"]],
        )
        both = rows.expr.join(answers, rows.expr[dataset["key"]] == answers.sextant_key)
        said = both.sextant_answer
        alike = [c for c in rows.columns if c != dataset["key"] and both[c].type() == said.type()]
        if not alike:
            return
        counts = rows.fetch(
            both.aggregate(**{f"c{i}": (both[c] == said).cast("int8").sum() for i, c in enumerate(alike)})
        )
        share, best = max((n or 0, -i) for i, n in enumerate(counts[0].values()))
        if share > self.tables[name].count() / 2:
            column = alike[-best]
            dataset["target"] = column
            self._note(
                f"datasets.{test}.target",
                column,
                f"{number(share)} of the answers in {body['path']} equal it",
                f"Does column {column} of {dataset['path']} hold the right answer?",
            )

    def _same_target(self, test: str, train: str) -> None:
        target = self.datasets[test].get("target")
        if target in self.tables[train].columns and "target" not in self.datasets[train]:
            self.datasets[train]["target"] = target
            self._note(
                f"datasets.{train}.target", target, "the test data has the right answer in a column called so"
            )

    def _judge(self) -> None:
        """A target and a check for what can be measured, with a bar that has a reason. One target judges
        every model."""
        for name, body in self.predictions.items():
            found, target = self.tables[name], body.get("target")
            dataset = self.datasets.get(body.get("dataset", ""), {})
            if target is None and dataset.get("target"):
                found, target = self.tables[body["dataset"]], dataset["target"]
            if target is None:
                self.passed_over.append(
                    f"{body['path']}: no column of right answers, so nothing to judge it by"
                )
            elif _distinct(found, target) <= _FEW or found.column(target).type().is_string():
                self._accuracy(name, found, target)
            elif found.column(target).type().is_numeric():
                self._error(name, found, target)
        slow = [
            (name, column, unit, now)
            for name in self.predictions
            for column in self.tables[name].columns
            if (unit := _latency(column)) and (now := _p95(self.tables[name], column)) is not None
        ]
        if slow:
            self._slowness(slow)

    def _accuracy(self, name: str, found: Table, target: str) -> None:
        kept = found.keep(found.present(target))
        counts = kept.expr.group_by(target).aggregate(n=kept.expr.count())
        row = found.fetch(counts.aggregate(most=counts.n.max(), all=counts.n.sum()))[0]
        if not row["all"]:
            return
        always = row["most"] / row["all"]
        why = (
            f"always giving the most frequent answer is right in {with_unit(always, 'share')} of cases; half of the way "
            "from there to never being wrong"
        )
        criterion = {
            "key": _key("accuracy", target),
            "name": "Answers that are right",
            "family": "ml",
            "metric": "accuracy",
            "unit": "share",
            "direction": "at_least",
            "threshold": math.floor((1 + always) / 2 * 100) / 100,
            "baseline": {
                "value": round(always, 6),
                "source": f"always the most frequent answer, in {found.name}",
            },
        }
        self._ask(criterion, why, "What share of answers must be right?")
        self._check(
            name,
            {"check": "evaluation", "criterion": criterion["key"], "predictions": name, "metric": "accuracy"},
        )
        body = self.predictions[name]
        if body.get("groups") or self.datasets.get(body.get("dataset", ""), {}).get("groups"):
            self.checks.append({"check": "slices", "predictions": name})

    def _error(self, name: str, found: Table, target: str) -> None:
        values = found.numbers(target)
        middle = found.fetch(found.expr.aggregate(m=values.quantile(0.5)))[0]["m"]
        if middle is None:
            return
        off = found.fetch(found.expr.aggregate(m=(values - middle).abs().mean()))[0]["m"]
        why = f"always answering the middle value is off by {number(off)} on the average; half of that"
        criterion = {
            "key": _key("error", target),
            "name": "Mean error of the answers",
            "family": "ml",
            "metric": "mean absolute error",
            "unit": target,
            "direction": "at_most",
            "threshold": float(f"{off / 2:.3g}"),
            "baseline": {"value": float(f"{off:.6g}"), "source": f"always the middle value, in {found.name}"},
        }
        self._ask(criterion, why, "How far off may an answer be on the average?")
        self._check(
            name, {"check": "evaluation", "criterion": criterion["key"], "predictions": name, "metric": "mae"}
        )

    def _slowness(self, slow: list[tuple[str, str, str, float]]) -> None:
        unit = slow[0][2]
        slow = [s for s in slow if s[2] == unit]
        now = max(q for *_, q in slow)
        why = f"today 95 % of answers take at most {with_unit(now, unit)}; twice that is where alerts usually begin"
        criterion = {
            "key": "p95-latency",
            "name": "Time that 95 % of answers stay under",
            "family": "system",
            "metric": "95th percentile of latency",
            "unit": unit,
            "direction": "at_most",
            "threshold": float(f"{2 * now:.2g}"),
        }
        self._ask(criterion, why, "How long may 95 % of the answers take at most?")
        for name, column, _, _ in slow:
            check = {
                "check": "quantile",
                "criterion": "p95-latency",
                "table": name,
                "column": column,
                "q": 0.95,
            }
            self._check(name, check)

    def _ask(self, criterion: dict[str, Any], why: str, question: str) -> None:
        if not any(c["key"] == criterion["key"] for c in self.criteria):
            self._note(f"criteria.{len(self.criteria)}.threshold", criterion["threshold"], why, question)
            self.criteria.append(criterion)

    def _check(self, name: str, check: dict[str, Any]) -> None:
        """Add a check; where several judge one target, each has a name of its own."""
        if any(c.get("criterion") == check["criterion"] for c in self.checks):
            check = {"check": check["check"], "name": f"{check['criterion']}-{name}"[:80], **check}
        self.checks.append(check)


def _key(what: str, target: str) -> str:
    return (
        what
        if target.lower() in TARGETS
        else f"{what}-{re.sub(r'[^a-z0-9]+', '-', target.lower()).strip('-')}"[:80]
    )


def _p95(found: Table, column: str) -> float | None:
    if not found.column(column).type().is_numeric():
        return None
    now = found.fetch(found.expr.aggregate(q=found.numbers(column).quantile(0.95)))[0]["q"]
    return float(now) if now is not None and now > 0 else None


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        hidden = any(
            part.startswith((".", "_")) or part == "node_modules" for part in path.relative_to(root).parts
        )
        if path.is_file() and not hidden and path.name.lower().endswith(tuple(FORMATS)):
            yield path


def _stem(path: Path) -> str:
    suffix = next(s for s in sorted(FORMATS, key=len, reverse=True) if path.name.lower().endswith(s))
    return path.name[: -len(suffix)]


def _named(found: Table, names: tuple[str, ...]) -> str | None:
    lower = {c.lower(): c for c in reversed(found.columns)}
    return next((lower[n] for n in names if n in lower), None)


def _role(name: str) -> str:
    words = set(name.split("-"))
    roles = {
        "train": {"train", "training"},
        "test": {"test", "testing", "holdout", "heldout"},
        "reference": {"reference", "baseline"},
        "production": {"production", "prod", "live"},
    }
    return next((role for role, called in roles.items() if words & called), "")


def _unique(found: Table, column: str) -> bool:
    values = found.column(column)
    row = found.fetch(found.expr.aggregate(rows=found.expr.count(), values=values.nunique()))[0]
    return bool(0 < row["rows"] == row["values"])


def _distinct(found: Table, column: str) -> int:
    return int(found.fetch(found.expr.aggregate(n=found.column(column).nunique()))[0]["n"])


def _is_group(found: Table, column: str) -> bool:
    return bool(found.column(column).type().is_string()) and 2 <= _distinct(found, column) <= _FEW


def _is_time(found: Table, column: str) -> bool:
    kind, name = found.column(column).type(), column.lower()
    called = name in TIMES or name.endswith(("_at", "_time", "_date"))
    return bool(kind.is_timestamp() or kind.is_date()) and called


def _latency(column: str) -> str:
    """The unit of a column of latency, from its name; empty if it is none, or does not say."""
    words = re.split(r"[^a-z]+", column.lower())
    if not {"latency", "duration", "elapsed", "took", "seconds", "ms"} & set(words):
        return ""
    return (
        "ms"
        if words[-1] in ("ms", "millis", "milliseconds")
        else "s"
        if words[-1] in ("s", "sec", "seconds")
        else ""
    )


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _copy(v) for k, v in value.items()}
    return [_copy(v) for v in value] if isinstance(value, list) else value


def _put(body: Any, where: str, value: Any) -> None:
    *path, last = where.split(".")
    for part in path:
        body = body[int(part)] if isinstance(body, list) else body[part]
    body[last] = value
