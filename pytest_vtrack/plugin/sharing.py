"""A run that several sessions fill, each on a machine of its own: this session's part in it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.errors import SettingError
from pytest_vtrack.model import payload
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.model.tags import AUTOMATIC
from pytest_vtrack.plugin.options import settings_key
from pytest_vtrack.plugin.versions import session_version
from pytest_vtrack.workflow.own_trials import OwnTrials
from pytest_vtrack.workflow.run_key import SharedKey, shared_key
from pytest_vtrack.workflow.shared_runs import with_told

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult, Run, RunStatus
    from pytest_vtrack.plugin.awaited import Extent
    from pytest_vtrack.store.protocol import Store


def key_of(config: pytest.Config, environ: Mapping[str, str] = os.environ) -> SharedKey | None:
    """Return the run key of a session; what the CI says counts where machines have one store."""
    from pytest_vtrack.store.location import is_postgres

    try:
        return shared_key(environ, detect=is_postgres(config.stash[settings_key].store))
    except SettingError as error:
        raise pytest.UsageError(str(error)) from None


_RunKey = tuple[str | None, str | None, str | None]
"""Experiment, version and environment of one of the session's runs."""


@dataclass(slots=True)
class _Part:
    """What this session is to store of a run."""

    shard: Shard
    own: OwnTrials = field(default_factory=OwnTrials)


@dataclass(frozen=True, slots=True)
class _Adding:
    """Stores results; of a trial that another session has finished its result stays."""

    store: Store
    parts: Mapping[str, _Part]

    def add(self, run_id: str, results: Sequence[CaseResult]) -> None:
        """Store results of a run, all or none."""
        part = self.parts.get(run_id)
        if part is None:  # a baseline that is scored again
            self.store.add(run_id, results)
            return
        self.store.shards.add(run_id, results, part.own.choose)
        part.own.stored(results)


class Sharing:
    """The session's part in the runs that it shares."""

    def __init__(self, config: pytest.Config, key: SharedKey) -> None:
        self._config = config
        self._key = key
        self._expected: dict[_RunKey, tuple[list[str], Iterable[Extent]]] = {}
        self._parts: dict[str, _Part] = {}

    def run_id(self) -> str:
        """Return the id that the run has in every session with this key and of the same state."""
        settings, version = self._config.stash[settings_key], session_version(self._config)
        given = (repr(sorted(each.items())) for each in (settings.flags, settings.params))
        state = (settings.experiment, version.name, str(version.commit), settings.env, *given)
        parts = (self._key.name, self._key.surroundings, *state)
        return payload.digest(*parts) + payload.digest(*reversed(parts))

    def expect(self, key: _RunKey, nodeids: list[str], extents: Iterable[Extent]) -> None:
        """Take note of what the session is to store."""
        self._expected[key] = nodeids, extents

    def joined(self, store: Store, run: Run, key: _RunKey) -> Run:
        """Open a run, or join it, and return it as it is stored.

        :raises SettingError: the run is of another experiment.
        """
        nodeids, extents = self._expected[key]
        chunks = tuple((str(name), int(start), int(stop), int(each)) for name, start, stop, each in extents)
        found = store.run(run.id)
        if found is not None and found.experiment != run.experiment:
            raise SettingError(
                f"VTRACK_RUN_KEY: {self._key.name!r} has a run of experiment {found.experiment!r} already; "
                f"give the sessions of {run.experiment!r} another key"
            )
        identity = payload.digest(str(self._key.number), *sorted(nodeids), repr(chunks))
        shard = Shard(
            id=identity,
            key=self._key.name,
            number=self._key.number,
            total=self._key.total,
            place=run.tags.get(f"{AUTOMATIC}ci.job_url") or platform.node(),
            nodeids=frozenset(nodeids),
            chunks=chunks,
            started_at=run.started_at,
        )
        self._parts[run.id] = _Part(shard)
        return with_told(store, store.shards.join(run, shard), run)

    def adding(self, store: Store) -> _Adding:
        """Return what stores the results of this session."""
        return _Adding(store, self._parts)

    def shard_id(self, run_id: str) -> str:
        """Return what stands for this session among those that fill a run."""
        return self._parts[run_id].shard.id

    def left(self, store: Store, run_id: str, status: RunStatus, reason: str | None, at: float) -> Run:
        """Note that this session has ended, and return the run, which may go on elsewhere."""
        shard = self._parts[run_id].shard
        return store.shards.leave(run_id, shard.id, status=status, reason=reason, ended_at=at)

    def notices(self, runs: Iterable[Run]) -> list[str]:
        """Say what is still missing, and what was not stored because it was there."""
        from pytest_vtrack.report.words import counted

        said = []
        for run in runs:
            part: Any = self._parts.get(run.id)
            if part is None:
                continue
            if kept := len(part.own.kept):
                said.append(
                    f"run {run.short_id} keeps {counted(kept, 'result')} as another session with run key "
                    f"{self._key.name} had stored them; where sessions repeat each other, each needs its own"
                )
            if run.status in ("running", "incomplete"):
                said.append(
                    f"run {run.short_id} (run key {self._key.name}) is not complete: {run.reason}; when all "
                    f"shards are through, {self._next()}"
                )
        return said

    def _next(self) -> str:
        from pytest_vtrack.store.location import is_postgres

        decides = f"`vtrack compare BASELINE key:{self._key.name}` decides"
        if is_postgres(self._config.stash[settings_key].store):
            return decides
        return f"`vtrack merge` makes one run of their stores, and {decides}"
