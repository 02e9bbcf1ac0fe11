"""What is reported of one metric: the verdict with the numbers that explain it."""

from __future__ import annotations

import math
from typing import Any

from pytest_vtrack.compare.difference import Difference, spec_of
from pytest_vtrack.compare.kind import metric_kind
from pytest_vtrack.compare.notes import notes
from pytest_vtrack.compare.planning import plan
from pytest_vtrack.compare.reasons import Reason
from pytest_vtrack.compare.verdict import Finding, Ruling
from pytest_vtrack.model.assessment import Kind
from pytest_vtrack.model.comparison import MetricResult, MetricSums


def measured(sums: MetricSums, finding: Finding, ruling: Ruling, *, gate: bool, alpha: float) -> MetricResult:
    """Report a metric whose differences were judged."""
    difference, pairs, interval = finding.difference, finding.difference.pairs, finding.interval
    settle = plan(difference, ruling.reason, sums.trials, alpha)
    limit = difference.width or math.inf  # the range is cut to what is possible
    return MetricResult(
        **_outline(sums, ruling, difference.kind, gate=gate),
        baseline=_mean(pairs.baseline_sum, difference),
        current=_mean(pairs.current_sum, difference),
        effect=pairs.s1 / pairs.n,
        ratio=difference.ratio,
        tolerance=difference.margin.amount,
        tolerance_assumed=difference.margin.assumed,
        pairs=pairs.n,
        worse=pairs.down,
        better=pairs.up,
        needed_cases=settle.needed_cases,
        detectable=settle.detectable,
        advice=settle.advice,
        clusters=sums.clusters,
        notes=tuple(notes(sums, finding, ruling)),
        low=max(interval.low, -limit) if interval else None,
        high=min(interval.high, limit) if interval else None,
        p_worse=interval.p_worse if interval else None,
        p_worse_adjusted=finding.p_worse if interval else None,
        p_better_adjusted=finding.p_better if interval else None,
    )


def category(sums: MetricSums, *, unpaired: bool, gate: bool) -> MetricResult:
    """Report a metric of categories: ok only where no label changed, as no order says what is worse."""
    if sums.changed_labels:
        ruling = Ruling("not_sure", "labels_changed")
    else:
        ruling = Ruling("not_sure", "unpaired") if unpaired else Ruling("ok", "identical")
    return MetricResult(**_outline(sums, ruling, "category", gate=gate), pairs=sums.label_pairs)


def not_comparable(sums: MetricSums, reason: Reason, *, gate: bool) -> MetricResult:
    """Report a metric that the two runs do not share; the values shown are those of each run by itself."""
    return MetricResult(
        **_outline(sums, Ruling("not_comparable", reason), metric_kind(sums), gate=gate),
        baseline=sums.baseline.mean if sums.baseline else None,
        current=sums.current.mean if sums.current else None,
    )


def _outline(sums: MetricSums, ruling: Ruling, kind: Kind | None, *, gate: bool) -> dict[str, Any]:
    """Return what is said of every metric."""
    before, now = sums.baseline, sums.current
    return {
        "name": sums.name,
        "kind": kind,
        "direction": spec_of(sums).better,
        "gate": gate,
        "verdict": ruling.verdict,
        "reason": ruling.reason,
        "baseline_standard_error": before.standard_error if before else None,
        "current_standard_error": now.standard_error if now else None,
        "errors": sums.errors.current + sums.errors.baseline,
        "unpaired": sums.unpaired,
    }


def _mean(total: float, difference: Difference) -> float:
    mean = total / difference.pairs.n
    return math.exp(mean) if difference.ratio else mean
