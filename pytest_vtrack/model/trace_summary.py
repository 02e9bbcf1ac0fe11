"""What is listed of a stored trace, and how it is named."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_vtrack.model.run import CaseKey, Outcome
from pytest_vtrack.model.trace import TraceStatus

_ID_DIGITS = 12
_RUN_DIGITS = 8


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A stored trace without what went in and came out."""

    run_id: str
    version: str
    env: str
    key: CaseKey
    nodeid: str
    trial: int
    status: TraceStatus
    outcome: Outcome
    started_at: float
    duration_s: float
    trace_id: str = ""
    spans: bool = False
    """Whether it has any."""

    @property
    def ref(self) -> str:
        """What ``vtrack show`` takes for it: the first digits of its id, else ``RUN:CASE``."""
        if self.trace_id:
            return self.trace_id[:_ID_DIGITS]
        trial = f"#{self.trial}" if self.trial else ""
        return f"{self.run_id[:_RUN_DIGITS]}:{self.key.case_id or self.nodeid}{trial}"
