"""The tables that checks read: opened once on one engine, answers joined to the rows that were answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sextant.config import Config
from sextant.config.checks import Agreement, AnyCheck, Evaluation, Judge
from sextant.config.fields import Refers
from sextant.config.model import Dataset, Predictions
from sextant.criteria import Origin
from sextant.errors import InvalidInput, SextantError
from sextant.evaluation.leakage import Shared
from sextant.evidence import Version
from sextant.phrases import number
from sextant.tables import Table, digest_of, engine, files_of, same_values, table


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's answers with the columns of the rows that were answered. `target` names the right answer.
    Of a test set, `answered` of `rows` rows have an answer; None where that cannot be told, or does not
    matter."""

    table: Table
    target: str
    answered: int | None = None
    rows: int | None = None


class Inputs:
    """The tables of a project, by the names of its config. `root` is the folder that paths are seen from.

    Opens each table when it is first asked for, and keeps it until `close()`; give one to several runs so
    that they share it. Files must not change meanwhile.
    """

    def __init__(self, config: Config, root: str | Path) -> None:
        self.config = config
        self.root = Path(root)
        self._engine: Any = None
        self._tables: dict[str, Table] = {}
        self._digests: dict[str, str] = {}
        self._answers: dict[str, Answers] = {}
        #: What comparing test and training data gave, by their names: several checks ask for it.
        self.shared: dict[tuple[str, str, tuple[str, ...]], Shared] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.disconnect()
            self._engine = None

    def declared(self, name: str) -> Dataset | Predictions:
        return dict(self.config.tables())[name]

    def path(self, name: str) -> Path:
        return self.root / self.declared(name).path

    def lacking(self, name: str) -> str:
        """Why a table cannot be read, in half a sentence; empty if its files are there."""
        try:
            files_of(self.path(name))
        except SextantError as error:
            return f"{self.declared(name).path}: {error.what}"
        return ""

    def digest(self, name: str) -> str:
        """Digest of the table's content."""
        if name not in self._digests:
            self._digests[name] = digest_of(self.path(name))
        return self._digests[name]

    def version(self, name: str) -> Version:
        """The version of a dataset, or of the dataset that was answered: as stated, or the start of its
        digest."""
        given = self.declared(name)
        if isinstance(given, Predictions):
            if given.dataset:
                return self.version(given.dataset)
            return Version(kind="dataset", name=name, version=self.digest(name)[:12])
        return Version(kind="dataset", name=name, version=given.version or self.digest(name)[:12])

    def origin(self, names: Iterable[str]) -> Origin:
        """Simulated if any of the tables is."""
        invented = any(self.declared(name).origin == "simulated" for name in names)
        return Origin.SIMULATED if invented else Origin.MEASURED

    def table(self, name: str) -> Table:
        """A table as it lies there."""
        if name not in self._tables:
            self.digest(name)
            if self._engine is None:
                self._engine = engine()
            self._tables[name] = table(
                self.path(name), name=f"{name} ({self.declared(name).path})", on=self._engine
            )
        return self._tables[name]

    def answers(self, name: str) -> Answers:
        """A model's answers, each with the columns of its row in the dataset that was answered.

        A column that both have is taken from the answers. Raises `InvalidInput` when a row was answered
        twice, or an answer is about a row that the test set does not have; elsewhere the right answer may
        come later.
        """
        if name not in self._answers:
            self._answers[name] = self._joined(name)
        return self._answers[name]

    def _joined(self, name: str) -> Answers:
        given = self.declared(name)
        if not isinstance(given, Predictions):
            raise InvalidInput(f"{name} are no predictions", where=name)
        found = self.table(name)
        dataset = self.config.datasets[given.dataset] if given.dataset else None
        target = given.target or (dataset.target if dataset else None) or ""
        if dataset is None or given.dataset is None or not (given.key and dataset.key):
            return Answers(found, target)
        rows = self.table(given.dataset)
        for side, key in ((found, given.key), (rows, dataset.key)):
            _unique(side, key)
        more = [c for c in rows.columns if c not in found.columns and c != dataset.key]
        mine, theirs = same_values(
            found.column(given.key), rows.column(dataset.key), where=f"the keys of {found.name}"
        )
        left = found.expr.mutate(sextant_key=mine)
        right = rows.expr.select(*more, sextant_row_key=theirs)
        joined = left.join(right, left.sextant_key == right.sextant_row_key, how="left")
        lost = found.count(joined.filter(joined.sextant_row_key.isnull()))
        test = dataset.role == "test"
        if lost and test:
            raise InvalidInput(
                f"{number(lost)} answers are about rows that {rows.name} does not have",
                where=found.name,
                rule="every answer names a row of its dataset by its key",
                todo="check that both are of one version",
            )
        kept = joined.drop("sextant_key", "sextant_row_key")
        answered, all_rows = (found.count(), rows.count()) if test else (None, None)
        return Answers(Table(found.name, kept, found.engine), target, answered, all_rows)


def needs(config: Config, spec: AnyCheck) -> list[str]:
    """The tables that a check reads, itself or to find out whether its number counts."""
    names = counted(config, spec)
    if isinstance(spec, Evaluation | Judge) and (agreement := agreement_of(config, spec)):
        names.append(agreement.dataset)
    return list(dict.fromkeys(names))


def counted(config: Config, spec: AnyCheck) -> list[str]:
    """The tables whose rows a check's number is made of: they say where it comes from."""
    names: list[str] = []
    for field, info in type(spec).model_fields.items():
        to = next((m.to for m in info.metadata if isinstance(m, Refers)), None)
        if to not in (None, "criteria") and getattr(spec, field) is not None:
            names.append(getattr(spec, field))
    for name in list(names):
        if name in config.predictions:
            names += [n for n in (config.predictions[name].dataset, config.predictions[name].train) if n]
    return list(dict.fromkeys(names))


def agreement_of(config: Config, spec: Evaluation | Judge) -> Agreement | None:
    """The check that says whether an evaluation's labels can be trusted."""
    found = (c for c in config.checks if isinstance(c, Agreement) and c.criterion == spec.labels_agreed_by)
    return next(found, None) if spec.labels_agreed_by else None


def _unique(side: Table, key: str) -> None:
    column = side.column(key)
    row = side.fetch(side.expr.aggregate(rows=side.expr.count(), keys=column.nunique()))[0]
    if row["keys"] < row["rows"]:
        raise InvalidInput(
            f"{number(row['rows'])} rows have {number(row['keys'])} different values of {key}",
            where=side.name,
            rule="a key names one row",
            todo="keep one row for each, or name another key",
        )
