"""What every store can do with runs that several sessions fill."""

from __future__ import annotations

from typing import Protocol

from pytest_vtrack.model.run import Run, RunStatus
from pytest_vtrack.model.shard import Shard


class Shards(Protocol):
    """Keeps which sessions fill a run together. Every method may raise ``StoreError``."""

    def join(self, run: Run, shard: Shard) -> Run:
        """Open a run, or join the one that is there; return it as stored, with what it expects now.

        A complete run stays so where the shard is one of those that filled it.
        """

    def leave(
        self, run_id: str, shard_id: str, *, status: RunStatus, reason: str | None, ended_at: float
    ) -> Run:
        """Note that a shard has ended; the last one closes the run."""

    def settle(self, run_id: str, *, total: int | None, at: float) -> Run:
        """Close a run: as complete where its shards have stored everything, else with what is missing.

        :param total: how many shards there have to be, where the user says so.
        """

    def of_run(self, run_id: str) -> list[Shard]:
        """Return the shards of a run by number, then by when they began; none where it is not shared."""

    def runs_with_key(self, key: str, experiment: str) -> list[Run]:
        """Return the runs that sessions with a key filled, newest first."""
