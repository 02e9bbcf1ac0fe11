"""Evaluation runs: one version over its cases in one environment, and the result of each case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pytest_vtrack.model.assessment import Assessment
from pytest_vtrack.model.version import AppVersion

RunStatus = Literal["running", "complete", "partial", "incomplete"]
"""``partial``: a chosen part of the cases (``-k``, ``-x`` …). ``incomplete``: expected cases are missing."""

Origin = Literal["session", "file", "import"]
"""``file``: read from a committed baseline file, so it is never somebody's newest run."""

Outcome = Literal["passed", "failed", "error", "skipped"]

Flags: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of an evaluation run besides its cases. Times are seconds since the epoch."""

    id: str
    experiment: str
    version: AppVersion
    env: str = "dev"
    flags: Flags = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    started_at: float = 0.0
    ended_at: float | None = None
    status: RunStatus = "running"
    reason: str | None = None
    """Why the run is partial or incomplete, in words for the user."""
    expected: int | None = None
    stored: int = 0
    origin: Origin = "session"

    @property
    def short_id(self) -> str:
        """The first digits of the id, as screens show it and ``run:`` accepts it."""
        return self.id[:8]

    @property
    def took_s(self) -> float | None:
        """Seconds from begin to end; ``None`` before the end, and where the clock was set back in between."""
        took = None if self.ended_at is None else self.ended_at - self.started_at
        return None if took is None or took < 0 else took

    @property
    def complete(self) -> bool:
        """Whether every expected case is stored: only such a run may become a baseline."""
        return self.status == "complete"


@dataclass(frozen=True, slots=True)
class CaseKey:
    """What pairs a case of one run with the same case of another."""

    test: str
    """The test's node id without its parameters."""
    dataset: str
    """The dataset's name; empty for a test that has none."""
    case_id: str
    digest: str = ""
    """Of inputs and expectations; another digest under the same id is an edited case."""
    flags: str = ""
    """The flag state as canonical JSON, empty without flags: each state pairs with itself."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One trial of one case: what went in, what came out, and every assessment of it.

    Inputs, expectations and outputs are JSON text (:mod:`pytest_vtrack.model.payload`): a result is
    made to travel between processes and to be stored, not to be computed with.
    """

    key: CaseKey
    nodeid: str
    outcome: Outcome
    trial: int = 0
    attempt: int = 0
    """0, or which rerun of the same trial this is; only the newest attempt counts."""
    inputs: str = "{}"
    expectations: str = "{}"
    tags: Mapping[str, str] = field(default_factory=dict)
    outputs: str | None = None
    error: str | None = None
    started_at: float = 0.0
    duration_s: float = 0.0
    assessments: tuple[Assessment, ...] = ()
    warnings: tuple[str, ...] = ()
    trace_id: str = ""
    """32 hexadecimal digits, as OpenTelemetry writes them; empty for a trace that has no spans."""
    spans: str | None = None
    """The spans inside the call as JSON text (:mod:`pytest_vtrack.model.spans`), ``None`` without any."""
