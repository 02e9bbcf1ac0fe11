"""What was found as JSON for other programs: ``vtrack.report/1``."""

from __future__ import annotations

import json
from typing import Any

from pytest_vtrack.model.comparison import CaseCounts, Comparison, SideCounts
from pytest_vtrack.report.json_model import CasePart, CasesPart, MetricPart, Report, RunPart, SlicePart
from pytest_vtrack.report.summary import Compared, Recorded, Summary
from pytest_vtrack.report.without_baseline import kind_of

_MOST_CASES = 20


def report_json(summary: Summary) -> dict[str, Any]:
    """Return a summary as plain values: the comparison that decides at the top, others in ``others``.

    Numbers are finite or ``None``.
    """
    first, *others = _reports(summary)
    whole = first.model_copy(
        update={
            "exit_code": summary.exit_code,
            "warnings": [*first.warnings, *summary.notices],
            "others": others,
        }
    )
    return whole.model_dump(mode="json", by_alias=True)


def report_text(summary: Summary) -> str:
    """Return the report as text with stable keys: one summary, one sequence of bytes."""
    text = json.dumps(report_json(summary), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return _well_formed(text) + "\n"


def _well_formed(text: str) -> str:
    """Return text that can be written as UTF-8: half a surrogate pair, as models may put out, is not."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _reports(summary: Summary) -> list[Report]:
    """Return a report for each comparison, and for each run that was compared with nothing."""
    compared = [_compared(each) for each in summary.gravest_first]
    alone = [_alone(each, summary) for each in summary.recorded]
    if not alone and (summary.missing or not compared):
        found = [each.comparison for each in summary.comparisons]
        first = Recorded(found[0].current, cases=found[0].cases.total) if found else None
        alone = [_alone(first, summary)]
    return [*alone, *compared] if summary.is_missed else [*compared, *alone]


def _compared(found: Compared) -> Report:
    comparison = found.comparison
    return Report(
        verdict=comparison.verdict,
        changed=_changed(comparison),
        exit_code=found.exit_code,
        experiment=comparison.current.experiment,
        rule=comparison.rule,
        gate=comparison.policy.gate,
        current=RunPart.of(comparison.current),
        baseline=RunPart.of(comparison.baseline),
        metrics=[
            MetricPart.model_validate(each) for each in sorted(comparison.metrics, key=lambda each: each.name)
        ],
        slices=[
            SlicePart.model_validate(each)
            for each in sorted(comparison.slices, key=lambda each: (each.tag, each.value, each.result.name))
        ],
        cases=CasesPart.model_validate(comparison.cases),
        worst_cases=[CasePart.model_validate(each) for each in comparison.worst_cases[:_MOST_CASES]],
        must_pass_failures=list(comparison.must_pass_failures),
        warnings=list(comparison.warnings),
    )


def _changed(comparison: Comparison) -> bool:
    cases = comparison.cases
    decided = comparison.verdict in ("regressed", "improved", "no_baseline")
    labels = any(each.reason == "labels_changed" for each in comparison.metrics)
    return decided or labels or any((cases.worse, cases.better, cases.new, cases.gone, cases.edited))


def _alone(recorded: Recorded | None, summary: Summary) -> Report:
    """Return the report of a run without a baseline, or of no run at all."""
    run = recorded.run if recorded else None
    stored = run.stored if run else 0
    total = recorded.cases if recorded and recorded.cases is not None else stored
    return Report(
        verdict="no_baseline",
        changed=True,
        exit_code=summary.exit_code if summary.is_missed else 0,
        experiment=run.experiment if run else summary.experiment,
        rule="",
        gate=summary.gate,
        current=RunPart.of(run) if run else None,
        baseline=None,
        metrics=[_metric(each) for each in sorted(recorded.metrics, key=_name)] if recorded else [],
        cases=CasesPart.model_validate(CaseCounts(total=total)),
        warnings=[each.why for each in summary.missing],
    )


def _metric(found: SideCounts) -> MetricPart:
    return MetricPart(
        name=_name(found),
        kind=kind_of(found),
        direction=found.spec.better,
        current=found.mean,
        verdict="not_comparable",
        reason="no_baseline",
        gate=found.spec.gate,
        errors=found.errors,
    )


def _name(found: SideCounts) -> str:
    return found.spec.name
