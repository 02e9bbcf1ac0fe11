"""What a session came to: everything its screen says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_vtrack.model.comparison import Comparison
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store

# Of several verdicts the gravest decides: REGRESSED, then NO BASELINE, then NOT SURE.
_GRAVEST_FIRST = (10, 12, 11)


@dataclass(slots=True)
class Conclusion:
    """The comparisons of a session, or why there are none, and the exit code of the gate."""

    comparisons: list[Comparison] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    """All runs of the session."""
    first_runs: list[Run] = field(default_factory=list)
    """Runs that had nothing to be compared with."""
    missing: dict[str, str] = field(default_factory=dict)
    """The REFs that name nothing, and why."""
    notices: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    """The report files that were written, as they were named."""
    exit_code: int = 0
    store: Store | None = None

    def gate(self, code: int) -> None:
        """Take the exit code of one more verdict; 0 changes nothing."""
        codes = [each for each in (self.exit_code, code) if each]
        self.exit_code = min(codes, key=_GRAVEST_FIRST.index, default=0)
