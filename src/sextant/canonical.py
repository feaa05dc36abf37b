"""One way to write a value down, so that one value has one digest everywhere.

Canonical JSON: keys sorted, no blanks, UTF-8, numbers as Python's shortest repr. Whole floats are written as
whole numbers (`1.0` and `1` are one number in JSON, and databases and JavaScript do not keep them apart).
JSON has no nan and no infinity, so they are written as the strings "NaN", "Infinity" and "-Infinity", which
the typed fields of pydantic read back as numbers (see docs/decisions).
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, date, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

#: The years that a date of a project may lie in.
FIRST_YEAR, LAST_YEAR = 1900, 2200


class Frozen(BaseModel):
    """Base of every stored type: immutable, no unknown keys, nan and inf survive JSON."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="strings", protected_namespaces=()
    )

    @model_validator(mode="after")
    def _in_our_time(self) -> Self:
        # Sums of days and changes of zone stay within the calendar, whatever is computed from a date later.
        for name, value in self.__dict__.items():
            if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
                raise ValueError(
                    f"{name} lies in the year {value.year}: between {FIRST_YEAR} and {LAST_YEAR}"
                )
        return self

    def plain(self) -> dict[str, Any]:
        """As plain JSON values, without what was not given (an absent field and a null are one thing)."""
        data: dict[str, Any] = json.loads(self.model_dump_json(exclude_none=True))
        return data

    def digest(self) -> str:
        """SHA-256 of the canonical form, as 64 hexadecimal digits."""
        return digest(self.plain())


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(json.loads(value.model_dump_json(exclude_none=True)))
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical(value: Any) -> str:
    """The canonical JSON text of plain values, dates and pydantic models.

    >>> canonical({"b": 1.0, "a": [float("nan"), 0.5]})
    '{"a":["NaN",0.5],"b":1}'
    """
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(value: Any) -> str:
    """SHA-256 of `canonical(value)`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
