"""What a report page is made from, as the workflow hands it over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pytest_vtrack.model.assessment import Assessment
from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.report.view import ReportView

CaseStatus = Literal["worse", "better", "same", "new", "gone", "edited"]
"""How a case relates to the baseline; only the first three are compared."""
Judged: TypeAlias = Mapping[str, Sequence[Assessment]]
"""The assessments of a case's trials under each metric's name."""
Mark = Literal["worse", "better", "changed", "same"]
"""How one value relates to the baseline's."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """One metric of one case: how it moved, and by how much."""

    mark: Mark
    loss: float = 0.0
    """In tolerances of the metric; negative is better. For ranking only."""


@dataclass(frozen=True, slots=True)
class CasePair:
    """One case with the trials of both runs; a side without trials does not have the case."""

    key: CaseKey
    baseline: Sequence[CaseResult]
    current: Sequence[CaseResult]
    status: CaseStatus
    judged: tuple[Judged, Judged] = ({}, {})
    """What was said of the trials of each side."""
    loss: float = 0.0
    """The largest loss over its metrics."""
    cells: Mapping[str, CellChange] = field(default_factory=dict)

    @property
    def newest(self) -> CaseResult:
        """The last trial of the current run, or of the baseline where the case is gone."""
        return (self.current or self.baseline)[-1]


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run on the trend page: what its metrics were, and what was decided about it."""

    run: Run
    metrics: Sequence[SideCounts]
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that a report shows."""

    run: Run
    """The run that the report is about."""
    baseline: Run | None
    """What it was compared with; ``None`` for a first version."""
    view: ReportView | None
    metrics: Sequence[SideCounts]
    """What the run stored under each metric."""
    baseline_metrics: Sequence[SideCounts]
    pairs: Iterable[CasePair]
    """All cases of both runs in one pass, sorted."""
    past: Sequence[PastRun] = ()
    """Runs of the experiment until this one, oldest first."""
    missing: str = ""
    """Why there is no comparison although one was asked for."""
    made_at: float = 0.0
    """Seconds since the epoch."""
