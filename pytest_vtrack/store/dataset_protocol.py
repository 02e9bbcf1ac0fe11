"""What every store can do with registered datasets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.dataset_version import DatasetVersion


class Datasets(Protocol):
    """Keeps versions of datasets under names. Every method may raise ``StoreError``."""

    def add(
        self, name: str, cases: Iterable[Case], *, source: str, why: str, who: str, at: float
    ) -> tuple[DatasetVersion, bool]:
        """Keep cases as the next version of a name; return the version, and whether it is new.

        The cases of the newest version again, in any order, are no new version.
        """

    def newest(self) -> list[DatasetVersion]:
        """Return the newest version of every name, sorted by name."""

    def history(self, name: str) -> list[DatasetVersion]:
        """Return all versions of a name, newest first."""

    def cases(self, name: str, number: int) -> Iterator[Case]:
        """Stream the cases of a version in the order in which they were given."""

    def cases_like(self, digests: Collection[str]) -> Mapping[tuple[str, str], Case]:
        """Return cases of any version by id and digest, for these digests."""
