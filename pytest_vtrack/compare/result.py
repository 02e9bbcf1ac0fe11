"""What is reported of one metric: the verdict with the numbers that explain it."""

from __future__ import annotations

import math
from dataclasses import replace

from pytest_vtrack.compare.difference import Difference, spec_of
from pytest_vtrack.compare.interval import Interval
from pytest_vtrack.compare.kind import metric_kind
from pytest_vtrack.compare.notes import notes
from pytest_vtrack.compare.planning import plan
from pytest_vtrack.compare.reasons import Reason
from pytest_vtrack.compare.verdict import Finding, Ruling
from pytest_vtrack.model.comparison import MetricResult, MetricSums


def measured(sums: MetricSums, finding: Finding, ruling: Ruling, *, gate: bool, alpha: float) -> MetricResult:
    """Report a metric whose differences were judged."""
    difference, pairs = finding.difference, finding.difference.pairs
    settle = plan(difference, ruling.reason, sums.trials, alpha)
    found = replace(
        _outline(sums, ruling, gate=gate),
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
    )
    return _with_range(found, finding, finding.interval) if finding.interval else found


def category(sums: MetricSums, *, unpaired: bool, gate: bool) -> MetricResult:
    """Report a metric of categories: ok only where no label changed, as no order says what is worse."""
    if sums.changed_labels:
        ruling = Ruling("not_sure", "labels_changed")
    else:
        ruling = Ruling("not_sure", "unpaired") if unpaired else Ruling("ok", "identical")
    return replace(_outline(sums, ruling, gate=gate), pairs=sums.label_pairs)


def not_comparable(sums: MetricSums, reason: Reason, *, gate: bool) -> MetricResult:
    """Report a metric that the two runs do not share; the values shown are those of each run by itself."""
    return replace(
        _outline(sums, Ruling("not_comparable", reason), gate=gate),
        baseline=sums.baseline.mean if sums.baseline else None,
        current=sums.current.mean if sums.current else None,
    )


def _outline(sums: MetricSums, ruling: Ruling, *, gate: bool) -> MetricResult:
    return MetricResult(
        name=sums.name,
        kind=metric_kind(sums),
        direction=spec_of(sums).better,
        gate=gate,
        verdict=ruling.verdict,
        reason=ruling.reason,
        errors=sums.errors.current + sums.errors.baseline,
        unpaired=sums.unpaired,
    )


def _with_range(found: MetricResult, finding: Finding, interval: Interval) -> MetricResult:
    """Add the plausible range, cut to what is possible, and the evidence."""
    limit = finding.difference.width or math.inf
    return replace(
        found,
        low=max(interval.low, -limit),
        high=min(interval.high, limit),
        p_worse=interval.p_worse,
        p_worse_adjusted=finding.p_worse,
        p_better_adjusted=finding.p_better,
    )


def _mean(total: float, difference: Difference) -> float:
    mean = total / difference.pairs.n
    return math.exp(mean) if difference.ratio else mean
