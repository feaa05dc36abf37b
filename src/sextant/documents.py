"""Documents: what people write down about a project, typed and versioned.

Each phase declares its kinds in its own `documents.py` and registers them here by their name. A document of
a kind has a key (`""` where a project has just one), versions, and a digest that people sign. A person's
word decides a gate item only where GATES.md says "signed"; elsewhere the check reads what the document
points to.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import ConfigDict, StringConstraints, ValidationError

from sextant.canonical import Frozen
from sextant.criteria import Phase
from sextant.errors import InvalidInput, NotFound

#: Text that a draft may leave empty: a check, not the type, asks for it.
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class Document(Frozen):
    """Base of every kind of document.

    `kind` names it, `phase` is where it belongs, `many` says that a project may have several, each with a
    key; `label` and `help` are what the page says. `material` names the fields whose change re-opens
    signatures (all of them unless it says so); the rest is wording.
    """

    # Nobody writes down an infinite amount; evidence may hold one.
    model_config = ConfigDict(allow_inf_nan=False)

    kind: ClassVar[str]
    phase: ClassVar[Phase]
    many: ClassVar[bool] = False
    label: ClassVar[str]
    help: ClassVar[str] = ""
    material: ClassVar[frozenset[str] | None] = None

    def material_digest(self) -> str:
        """Digest of what a signature is about."""
        from sextant.canonical import digest

        body = self.plain()
        return digest({k: v for k, v in body.items() if self.material is None or k in self.material})


_D = TypeVar("_D", bound=type[Document])
DOCUMENT_KINDS: dict[str, type[Document]] = {}

_HOMES = tuple(
    f"sextant.{phase}.documents"
    for phase in ("problem", "data", "model", "evaluation", "deployment", "maintenance")
)


def document(cls: _D) -> _D:
    """Class decorator: make a kind known under its name."""
    if cls.kind in DOCUMENT_KINDS:
        raise TypeError(f"two kinds of documents are called {cls.kind}")
    DOCUMENT_KINDS[cls.kind] = cls
    return cls


@dataclass(frozen=True, slots=True)
class Merge:
    """Two people's changes of one version brought together: what came of it, the titles of the fields that were taken
    from the other one, and of those that both changed differently (then `document` has the first one's words)."""

    document: Document
    taken: tuple[str, ...]
    clashes: tuple[str, ...]


def merge(base: Document, mine: Document, theirs: Document) -> Merge:
    """Field by field: what only one of the two changed since `base` is kept; what both changed alike is one change.

    >>> from sextant.problem.documents import FiveWs
    >>> base, mine, theirs = FiveWs(what="a", who="b"), FiveWs(what="A", who="b"), FiveWs(what="a", who="B")
    >>> found = merge(base, mine, theirs)
    >>> found.document == FiveWs(what="A", who="B"), found.taken, found.clashes
    (True, ('Who',), ())
    """
    values, taken, clashes = mine.model_dump(), [], []
    for name, info in type(mine).model_fields.items():
        was, one, other = getattr(base, name), getattr(mine, name), getattr(theirs, name)
        if other in (was, one):
            continue
        title = str(info.title or name.replace("_", " "))
        if one == was:
            values[name] = other.model_dump() if isinstance(other, Frozen) else other
            taken.append(title)
        else:
            clashes.append(title)
    return Merge(type(mine).model_validate(values), tuple(taken), tuple(clashes))


def document_kinds() -> dict[str, type[Document]]:
    """Every kind by its name, in the order of the phases."""
    for home in _HOMES:
        import_module(home)
    # Whoever imported one phase first must not change the order. A phase may have files beside its `documents.py`,
    # which that imports.
    place = {home.rpartition(".")[0]: number for number, home in enumerate(_HOMES)}

    def order(item: tuple[str, type[Document]]) -> int:
        return place.get(item[1].__module__.rpartition(".")[0], len(place))

    return dict(sorted(DOCUMENT_KINDS.items(), key=order))


def read_document(kind: str, body: Any, *, where: str | None = None) -> Document:
    """Plain values as a document of the kind, or a clear error."""
    kinds = document_kinds()
    if kind not in kinds:
        raise NotFound(f"there is no kind of document called {kind!r}", todo=f"kinds are {', '.join(kinds)}")
    try:
        return kinds[kind].model_validate(body)
    except ValidationError as error:
        from sextant.reports import first_fault

        raise InvalidInput(first_fault(error), where=where or kinds[kind].label) from error
