"""Tags and params that tests tell of a session's runs; they wait while the store takes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from pytest_vtrack.errors import StoreError

if TYPE_CHECKING:
    from pytest_vtrack.store.protocol import Store
    from pytest_vtrack.store.spool import Spool


class _Description(NamedTuple):
    run_id: str
    tags: Mapping[str, str] | None
    params: Mapping[str, str] | None


class Descriptions:
    """Stores what is told at once where it can, else later.

    :param is_away: whether the store took nothing a moment ago: asking it again would hold up the tests.
    """

    def __init__(self, store: Store, is_away: Callable[[], bool]) -> None:
        self._store = store
        self._is_away = is_away
        self._waiting: list[_Description] = []

    def add(
        self, run_ids: Iterable[str], tags: Mapping[str, str] | None, params: Mapping[str, str] | None
    ) -> None:
        """Take tags, and params of the version, of runs."""
        self._waiting += [_Description(run_id, tags, params) for run_id in run_ids]
        if not self._is_away():
            with suppress(StoreError):  # said by the next result, or at the end
                self.store()

    def store(self) -> None:
        """Store what waits.

        :raises StoreError: the store does not take it.
        """
        while self._waiting:
            told = self._waiting[0]
            self._store.update_run(told.run_id, tags=told.tags, params=told.params)
            del self._waiting[0]

    def keep(self, spool: Spool) -> None:
        """Keep what waits in a file."""
        for told in self._waiting:
            spool.describe(told.run_id, tags=told.tags, params=told.params)
