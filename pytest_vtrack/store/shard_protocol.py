"""What every store can do with runs that several sessions fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from pytest_vtrack.model.run import CaseResult, Run, RunStatus
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.model.stored_trial import StoredTrial

Choice: TypeAlias = Callable[[StoredTrial, Sequence[CaseResult]], Sequence[CaseResult]]
"""Told what is stored of a trial and what comes, it returns what is to be stored; it may be asked again."""


class Shards(Protocol):
    """Keeps which sessions fill a run together. Every method may raise ``StoreError``."""

    def join(self, run: Run, shard: Shard) -> Run:
        """Open a run, or join the one that is there; return it as stored, with what it expects now.

        A complete run stays so where the shard is one of those that filled it.
        """

    def add(self, run_id: str, results: Sequence[CaseResult], choose: Choice) -> None:
        """Store results of one of the sessions, all or none; it chooses where a trial is stored already."""

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
