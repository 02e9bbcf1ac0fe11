"""A comparison as JSON for other programs: ``vtrack.report/1``."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from pytest_vtrack.model.assessment import Direction, Kind
from pytest_vtrack.model.comparison import CaseVerdict, Comparison, MetricVerdict, OverallVerdict
from pytest_vtrack.model.policy import Gate
from pytest_vtrack.model.run import Run, RunStatus

SCHEMA: Final = "vtrack.report/1"
_MOST_CASES = 20


class _Part(BaseModel):
    """A part of the report, read from the attributes of the noun that it shows."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


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
    kind: Kind | None
    direction: Direction
    baseline: FiniteFloat | None
    current: FiniteFloat | None
    effect: FiniteFloat | None
    low: FiniteFloat | None
    high: FiniteFloat | None
    ratio: bool
    tolerance: FiniteFloat | None
    tolerance_assumed: bool
    verdict: MetricVerdict
    reason: str
    gate: bool
    pairs: int
    worse: int
    better: int
    errors: int
    unpaired: int
    needed_cases: int | None
    detectable: FiniteFloat | None


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
    """The whole report; later versions of the package only add to it."""

    schema_: Literal["vtrack.report/1"] = Field(serialization_alias="schema")
    verdict: OverallVerdict
    changed: bool
    exit_code: int
    experiment: str
    rule: str
    gate: Gate
    current: RunPart
    baseline: RunPart
    metrics: list[MetricPart]
    slices: list[SlicePart]
    flags: list[dict[str, Any]]
    """Effects of feature flags; always empty yet."""
    cases: CasesPart
    worst_cases: list[CasePart]
    must_pass_failures: list[str]
    warnings: list[str]


def report_json(comparison: Comparison, *, exit_code: int) -> dict[str, Any]:
    """Return a comparison as plain values; numbers are finite or ``None``."""
    report = Report(
        schema_=SCHEMA,
        verdict=comparison.verdict,
        changed=_changed(comparison),
        exit_code=exit_code,
        experiment=comparison.current.experiment,
        rule=comparison.rule,
        gate=comparison.policy.gate,
        current=RunPart.of(comparison.current),
        baseline=RunPart.of(comparison.baseline),
        metrics=[MetricPart.model_validate(each) for each in comparison.metrics],
        slices=[SlicePart.model_validate(each) for each in comparison.slices],
        flags=[],
        cases=CasesPart.model_validate(comparison.cases),
        worst_cases=[CasePart.model_validate(each) for each in comparison.worst_cases[:_MOST_CASES]],
        must_pass_failures=list(comparison.must_pass_failures),
        warnings=list(comparison.warnings),
    )
    return report.model_dump(mode="json", by_alias=True)


def _changed(comparison: Comparison) -> bool:
    cases = comparison.cases
    decided = comparison.verdict in ("regressed", "improved", "no_baseline")
    return decided or any((cases.worse, cases.better, cases.new, cases.gone, cases.edited))
