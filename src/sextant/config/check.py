"""What all checks of a `sextant.yaml` have."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from sextant.canonical import Frozen
from sextant.config.fields import Versions
from sextant.criteria import Key, Setting
from sextant.tables import Condition

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Where = dict[Column, Condition]
WHERE: Any = Field(
    default_factory=dict,
    description="Only rows with this: a value, several, or at_least, at_most, above, below, missing.",
)
SETTING: Any = Field(
    default=Setting.OFFLINE,
    description="Where the rows come from: test data (offline), or real use (monitoring).",
)


class Check(Frozen):
    """What every check has. `id` is what commands call it."""

    #: The field that names the table.
    about: ClassVar[str]

    check: str
    name: Key | None = Field(
        default=None, description="What commands call it. Left out: its target, or its kind and table."
    )
    depends: Versions = Field(
        default=(),
        description="What else the number rests on, as kind:name@version: the proof grows stale with it.",
    )

    @property
    def id(self) -> str:
        criterion: str | None = getattr(self, "criterion", None)
        return self.name or criterion or f"{self.check}-{getattr(self, self.about)}"
