"""What a session goes on with: the runs, and what of them is told again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.model.run import Run
from pytest_vtrack.model.stored_trial import StoredTrial
from pytest_vtrack.workflow.resuming import Remainder

if TYPE_CHECKING:
    from pytest_vtrack.plugin.runs import RunKey
    from pytest_vtrack.plugin.transport import Plain

told_key: pytest.StashKey[tuple[Run, StoredTrial]] = pytest.StashKey()
"""What is stored of an item that does not run."""


@dataclass(frozen=True)
class Continued:
    """One run that goes on, and what is left of it."""

    run: Run
    left: Remainder

    def plain(self, key: RunKey) -> list[Any]:
        """Return what the controller has to know."""
        stale = [
            [each.test, each.dataset, each.case_id, each.digest, each.flags, trial]
            for each, trial in self.left.stale
        ]
        cost = sum(told.cost or 0.0 for told in self.left.told.values())
        return [list(key), self.run.id, stale, cost]


@dataclass(frozen=True)
class Resuming:
    """What a session goes on with."""

    runs: Mapping[RunKey, Continued] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    """What is said of it."""

    def told_of(self, nodeid: str, key: RunKey) -> tuple[Run, StoredTrial] | None:
        """Return the run of a case and what is stored of it, where it need not run again.

        :param nodeid: the one that the case has as an item of its own.
        """
        going_on = self.runs.get(key)
        found = going_on.left.told.get(nodeid) if going_on else None
        return (going_on.run, found) if going_on and found else None

    def attempt(self, key: RunKey, nodeid: str) -> int:
        """Return which attempt of its trial an item is when it runs for the first time now."""
        going_on = self.runs.get(key)
        return going_on.left.again.get(nodeid, 0) if going_on else 0

    def run_id(self, key: RunKey) -> str | None:
        """Return the id of the run that goes on."""
        going_on = self.runs.get(key)
        return going_on.run.id if going_on else None

    @property
    def plain(self) -> Plain:
        """What travels to the controller with the first report."""
        return {
            "resumed": [going_on.plain(key) for key, going_on in self.runs.items()],
            "resuming": list(self.lines),
        }
