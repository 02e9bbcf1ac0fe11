"""A comparison as JSON for other programs: ``vtrack.report/1``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_vtrack.model.comparison import CaseChange, Comparison, MetricResult, SliceResult
from pytest_vtrack.model.run import Run

SCHEMA = "vtrack.report/1"
_MOST_CASES = 20


def report_json(comparison: Comparison, *, exit_code: int) -> dict[str, Any]:
    """Return a comparison as plain values; numbers are finite or ``None``."""
    cases = comparison.cases
    return {
        "schema": SCHEMA,
        "verdict": comparison.verdict,
        "changed": _changed(comparison),
        "exit_code": exit_code,
        "experiment": comparison.current.experiment,
        "rule": comparison.rule,
        "gate": comparison.policy.gate,
        "current": _run(comparison.current),
        "baseline": _run(comparison.baseline),
        "metrics": [_metric(result) for result in comparison.metrics],
        "slices": [_slice(each) for each in comparison.slices],
        "flags": [],
        "cases": {
            "total": cases.total,
            "shared": cases.shared,
            "new": cases.new,
            "gone": cases.gone,
            "edited": cases.edited,
            "errors": cases.errors,
            "worse": cases.worse,
            "better": cases.better,
        },
        "worst_cases": _cases(comparison.worst_cases),
        "must_pass_failures": list(comparison.must_pass_failures),
        "warnings": list(comparison.warnings),
    }


def _changed(comparison: Comparison) -> bool:
    cases = comparison.cases
    return bool(
        comparison.verdict in ("regressed", "improved", "no_baseline")
        or cases.worse
        or cases.better
        or cases.new
        or cases.gone
        or cases.edited
    )


def _run(run: Run) -> dict[str, Any]:
    return {
        "version": run.version.name,
        "run": run.id,
        "env": run.env,
        "commit": run.version.commit,
        "flags": dict(run.flags),
        "complete": run.complete,
        "status": run.status,
        "reason": run.reason,
    }


def _metric(result: MetricResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "kind": result.kind,
        "direction": result.direction,
        "baseline": result.baseline,
        "current": result.current,
        "effect": result.effect,
        "low": result.low,
        "high": result.high,
        "ratio": result.ratio,
        "tolerance": result.tolerance,
        "tolerance_assumed": result.tolerance_assumed,
        "verdict": result.verdict,
        "reason": result.reason,
        "gate": result.gate,
        "pairs": result.pairs,
        "worse": result.worse,
        "better": result.better,
        "errors": result.errors,
        "unpaired": result.unpaired,
        "needed_cases": result.needed_cases,
        "detectable": result.detectable,
    }


def _slice(each: SliceResult) -> dict[str, Any]:
    return {
        "tag": each.tag,
        "value": each.value,
        "cases": each.cases,
        "worse": each.worse,
        "better": each.better,
        "metric": _metric(each.result),
    }


def _cases(changes: Iterable[CaseChange]) -> list[dict[str, Any]]:
    return [
        {
            "id": change.case_id,
            "test": change.test,
            "dataset": change.dataset,
            "verdict": change.verdict,
            "tags": dict(change.tags),
            "error": change.error,
            "metrics": [
                {
                    "name": value.metric,
                    "baseline": value.baseline,
                    "current": value.current,
                    "rationale": value.rationale,
                }
                for value in change.values
            ],
        }
        for change in list(changes)[:_MOST_CASES]
    ]
