"""A document that has a page of its own: its form, what is stored, and what somebody else wrote meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from django.http import HttpRequest

from sextant.documents import Document
from sextant.errors import Conflict, SextantError
from sextant_server.projects.frame import sent
from sextant_server.projects.permissions import Access
from sextant_server.records import actions, queries
from sextant_server.records.document_forms import DocumentForm, readable
from sextant_server.records.models import DocumentRow

_D = TypeVar("_D", bound=Document)
#: Stores a document, given what was written and the version that the writer had.
Store = Callable[[_D, int | None], object]


class Writing(Generic[_D]):
    """One document of a kind that a project has once, as its page writes it.

    `form` is bound to what was sent; `row` is the stored version, `written` what it says. `sent` is what was sent, once
    `form` was found to be valid. After a `stored()` that
    failed, `status` says why: 409 where somebody else wrote meanwhile (`conflict`), else 422.
    """

    def __init__(self, request: HttpRequest, found: Access, kind: type[_D]) -> None:
        self.found, self.kind = found, kind
        self.row: DocumentRow | None = queries.present_document(found.project, kind.kind, "")
        body = json.loads(self.row.body) if self.row else None
        self.written = kind.model_validate(body) if body else None
        # A new one begins with what its type says, such as 24 months.
        self.form = DocumentForm(kind, sent(request), initial=body or kind().plain())
        self.had = request.POST.get("version", "")
        self.conflict: dict[str, Any] | None = None

    def stored(self, store: Store[_D] | None = None) -> bool:
        """Store what was sent, or note what is wrong with it beside its field."""
        if not self.form.is_valid():
            return False
        try:
            (store or self._store)(self.sent, int(self.had) if self.had.isdigit() else None)
        except Conflict as error:
            theirs = readable(self.written) if self.written else []
            self.conflict = {"error": error, "theirs": theirs}
        except SextantError as error:
            self.form.faults.append(str(error))
        else:
            return True
        return False

    @property
    def sent(self) -> _D:
        return cast(_D, self.form.document)

    def _store(self, document: _D, expected: int | None) -> None:
        actions.put_document(self.found.project, self.found.caller, document, expected_version=expected)

    @property
    def status(self) -> int:
        if not self.form.bound:
            return 200
        return 409 if self.conflict else 422

    def context(self) -> dict[str, Any]:
        """What `problem/written.html` reads."""
        versions = queries.document_versions(self.found.project, self.kind.kind, "", limit=5)
        return {
            "form": self.form, "row": self.row, "conflict": self.conflict, "kind": self.kind.kind,
            "label": self.kind.label, "versions": versions,
        }  # fmt: skip
