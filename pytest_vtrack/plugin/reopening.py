"""A run that goes on, on the side that writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import SettingError
from pytest_vtrack.model.run import CaseKey
from pytest_vtrack.plugin.liveness import PROCESS, process_mark
from pytest_vtrack.workflow.resuming import resumed_tags

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.plugin.runs import RunKey
    from pytest_vtrack.store.protocol import Store


@dataclass(frozen=True)
class Reopening:
    """Which run goes on, and what of it no longer counts."""

    run_id: str
    stale: tuple[tuple[CaseKey, int], ...]
    cost: float
    """Of what is stored and stays."""

    def reopened(self, store: Store, started: Run, *, whole: bool) -> Run:
        """Open the run in place of one that would start now, and return it; a complete one stays closed.

        :param whole: all cases are planned, so that their number is what the run expects.
        """
        found = store.run(self.run_id)
        assert found is not None, "it was found a moment ago"
        if found.complete:
            return found
        expected = started.expected if whole else max(found.expected or 0, started.expected or 0)
        store.begin(replace(found, expected=expected))
        if self.stale:
            store.set_aside(found.id, self.stale)
        tags = {**resumed_tags(found, started.started_at), PROCESS: process_mark()}
        store.update_run(found.id, tags=tags)
        return store.run(found.id) or found


def reopenings(plain: Iterable[list[Any]]) -> dict[RunKey, Reopening]:
    """Return which of the runs of a session go on."""
    return {
        tuple(key): Reopening(run_id, tuple((CaseKey(*case), trial) for *case, trial in stale), cost)
        for key, run_id, stale, cost in plain
    }


def check_params(run: Run, params: Mapping[str, str]) -> None:
    """Refuse params that differ from those of the run that goes on.

    :raises SettingError: one has another value than when the run began.
    """
    for name, value in params.items():
        if (before := run.version.params.get(name, value)) != value:
            raise SettingError(
                f"--vtrack-resume: the param {name} was {before!r} when run {run.short_id} began and is "
                f"{value!r} now; a run is of one state of the application: set it back, or leave out "
                "--vtrack-resume to start a new run"
            )
