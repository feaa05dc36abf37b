"""Kinds of fields that the parts of a `sextant.yaml` share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema

from sextant.errors import InvalidInput
from sextant.evidence import Version


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks a field whose value is the name of something else in the same file."""

    to: Literal["criteria", "datasets", "predictions", "tables"]


Criteria, Datasets, Answers, Tables = (
    Refers("criteria"), Refers("datasets"), Refers("predictions"), Refers("tables"),
)  # fmt: skip


def _version(kind: str | None) -> BeforeValidator:
    def read(value: Any) -> Any:
        try:
            return Version.parse(value, kind) if isinstance(value, str) else value
        except InvalidInput as error:
            raise ValueError(str(error)) from error

    return BeforeValidator(read)


_NAME = "[a-z0-9][a-z0-9_-]{0,79}"
ModelVersion = Annotated[
    Version, _version("model"), WithJsonSchema({"type": "string", "pattern": f"^(model:)?{_NAME}@.+$"})
]
AnyVersion = Annotated[
    Version, _version(None), WithJsonSchema({"type": "string", "pattern": f"^{_NAME}:{_NAME}@.+$"})
]
GuidelineVersion = Annotated[
    Version,
    _version("guideline"),
    WithJsonSchema({"type": "string", "pattern": f"^(guideline:)?{_NAME}@.+$"}),
]
JudgeVersion = Annotated[
    Version, _version("judge"), WithJsonSchema({"type": "string", "pattern": f"^(judge:)?{_NAME}@.+$"})
]
Versions = tuple[AnyVersion, ...]
