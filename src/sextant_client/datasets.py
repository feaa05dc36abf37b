"""Datasets of a project: their versions and the profiles of their days. The rows stay where they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sextant_client.asking import Asking

if TYPE_CHECKING:
    from sextant.data.versions import DataVersion


class Datasets(Asking):
    """What a project can be asked and told about its datasets. A part of `Project`."""

    def datasets(self) -> dict[str, Any]:
        """Every dataset at its newest version, and how fresh those are that a pipeline keeps."""
        answer: dict[str, Any] = self._ask("GET", "datasets")
        return answer

    def dataset(self, name: str) -> dict[str, Any]:
        """A dataset: its versions, where they came from, and how fresh it is; `NotFound` if it has none."""
        answer: dict[str, Any] = self._ask("GET", "datasets", name)
        return answer

    def data_version(self, name: str, number: int) -> dict[str, Any]:
        """One version of a dataset, with its profile if one was kept."""
        answer: dict[str, Any] = self._ask("GET", "datasets", name, "versions", str(number))
        return answer

    def put_data_version(
        self, version: DataVersion, *, profile: Mapping[str, Any] | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Say what a commit made. Its rows stay in the data home; the newest version becomes the present one, and
        what rests on another becomes stale. Saying it again changes its tags, its profile, what it changed since its
        parent, and whether it is kept. `sextant_client.keeping.keep` commits and says so."""
        said = version.plain()
        said["columns"] = said.pop("schema")
        del said["total"]
        gone = version.gone_on.isoformat() if version.gone_on else None
        body = {
            **said,
            "tags": list(version.tags),
            "state": version.state,
            "gone_on": gone,
            "profile": profile,
            "changes": changes,
        }
        answer: dict[str, Any] = self._ask(
            "PUT", "datasets", version.name, "versions", str(version.number), body=body, again=True
        )
        return answer

    def days(self, name: str, *, limit: int = 28) -> list[dict[str, Any]]:
        """The newest days of a dataset whose profile is kept, the earliest first."""
        answer = self._ask("GET", "datasets", name, "days", params={"limit": limit})
        return list(answer["days"])

    def day(self, name: str, day: date) -> dict[str, Any]:
        """One day of a dataset, with its profile."""
        answer: dict[str, Any] = self._ask("GET", "datasets", name, "days", day.isoformat())
        return answer

    def put_day(
        self, name: str, day: date, profile: Mapping[str, Any], *, origin: str = "measured"
    ) -> dict[str, Any]:
        """Keep the profile of a dataset's rows of one day. Said again, it is replaced."""
        body = {"profile": profile, "origin": origin}
        answer: dict[str, Any] = self._ask(
            "PUT", "datasets", name, "days", day.isoformat(), body=body, again=True
        )
        return answer
