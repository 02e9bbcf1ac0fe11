"""A test item while it runs as a trial of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.plugin.execution import Execution
    from pytest_vtrack.plugin.handles import CaseHandle
    from pytest_vtrack.plugin.slots import CaseSlot


@dataclass(slots=True)
class Trial:
    """Which case runs, what was measured of it, and in the end its result."""

    handle: CaseHandle
    nodeid: str
    attempt: int
    """0, or which rerun of the same trial this is."""
    execution: Execution
    result: CaseResult | None = None

    @property
    def slot(self) -> CaseSlot:
        """Which case, version, flag state and trial it is."""
        return self.handle.slot
