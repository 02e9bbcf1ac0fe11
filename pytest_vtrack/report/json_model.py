"""The shape of the JSON report ``vtrack.report/1``; its JSON Schema is generated from here."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from pytest_vtrack.model.assessment import Direction, Kind
from pytest_vtrack.model.comparison import CaseVerdict, MetricVerdict, OverallVerdict
from pytest_vtrack.model.policy import Gate
from pytest_vtrack.model.run import Run, RunStatus

SCHEMA: Final = "vtrack.report/1"


class _Part(BaseModel):
    """A part of the report, read from the attributes of the noun that it shows."""

    model_config = ConfigDict(
        from_attributes=True, frozen=True, json_schema_serialization_defaults_required=True
    )


class RunPart(_Part):
    """One of the two runs."""

    version: str
    run: str
    env: str
    commit: str | None
    flags: dict[str, str]
    complete: bool
    status: RunStatus
    reason: str | None

    @classmethod
    def of(cls, run: Run) -> RunPart:
        """Return what the report says of a run."""
        return cls(
            version=run.version.name,
            run=run.id,
            env=run.env,
            commit=run.version.commit,
            flags=dict(run.flags),
            complete=run.complete,
            status=run.status,
            reason=run.reason,
        )


class MetricPart(_Part):
    """One metric; with ``ratio`` the effect, its range and the tolerance are logarithms of a factor."""

    name: str
    kind: Kind | None = None
    direction: Direction
    baseline: FiniteFloat | None = None
    current: FiniteFloat | None = None
    baseline_standard_error: FiniteFloat | None = None
    current_standard_error: FiniteFloat | None = None
    effect: FiniteFloat | None = None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    ratio: bool = False
    tolerance: FiniteFloat | None = None
    tolerance_assumed: bool = False
    verdict: MetricVerdict
    reason: str
    gate: bool
    pairs: int = 0
    worse: int = 0
    better: int = 0
    errors: int = 0
    unpaired: int = 0
    needed_cases: int | None = None
    detectable: FiniteFloat | None = None


class SlicePart(_Part):
    """One metric over the cases that share a tag."""

    tag: str
    value: str
    cases: int
    worse: int
    better: int
    metric: MetricPart = Field(validation_alias="result")


class CasesPart(_Part):
    """How many cases there are, and how they relate."""

    total: int
    shared: int
    new: int
    gone: int
    edited: int
    errors: int
    worse: int
    better: int


class ValuePart(_Part):
    """One metric of one case on both sides."""

    name: str = Field(validation_alias="metric")
    baseline: bool | FiniteFloat | str | None
    current: bool | FiniteFloat | str | None
    rationale: str | None


class CasePart(_Part):
    """One case that got worse."""

    id: str = Field(validation_alias="case_id")
    test: str
    dataset: str
    verdict: CaseVerdict
    confirmed: bool
    must_pass: bool
    tags: dict[str, str]
    error: str | None
    metrics: list[ValuePart] = Field(validation_alias="values")


class Report(_Part):
    """What was found; later versions of the package only add to it."""

    schema_: Literal["vtrack.report/1"] = Field(default=SCHEMA, serialization_alias="schema")
    verdict: OverallVerdict
    changed: bool = Field(description="Whether there is anything to look at.")
    exit_code: int = Field(description="What the gate adds to a session that is otherwise fine.")
    experiment: str
    rule: str = Field(description="The version of the decision rule; empty where nothing was compared.")
    gate: Gate
    current: RunPart | None = Field(description="Null where no case ran.")
    baseline: RunPart | None = Field(description="Null where there is nothing to compare with.")
    metrics: list[MetricPart]
    slices: list[SlicePart] = Field(default=[])
    flags: list[dict[str, Any]] = Field(default=[], description="Effects of feature flags; empty yet.")
    cases: CasesPart
    worst_cases: list[CasePart] = Field(default=[], description="At most 20.")
    must_pass_failures: list[str] = Field(default=[])
    warnings: list[str] = Field(default=[])
    others: list[Report] = Field(
        default=[], description="Further comparisons: with an older release, or of further runs."
    )
