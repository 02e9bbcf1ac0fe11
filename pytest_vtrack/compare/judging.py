"""Metrics that are judged together: gating ones as one family, soft ones as another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pytest_vtrack.compare import result
from pytest_vtrack.compare.difference import Difference, difference, paired_cases
from pytest_vtrack.compare.errors_as_worst import with_errors_as_worst
from pytest_vtrack.compare.family import unadjusted
from pytest_vtrack.compare.interval import plus_two
from pytest_vtrack.compare.kind import metric_kind, obstacle
from pytest_vtrack.compare.verdict import FEWEST_CASES, MOST_UNPAIRED, Finding, Ruling, overruled, rule
from pytest_vtrack.model.comparison import MetricResult, MetricSums
from pytest_vtrack.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Bar:
    """How much evidence the metrics of one group need."""

    level: float
    adjust: Callable[[Sequence[float]], list[float]] = unadjusted
    fewest: int = FEWEST_CASES


def decide_groups(
    metrics: Sequence[MetricSums], gates: Sequence[bool], policy: Policy, *, gating: Bar, soft: Bar
) -> tuple[MetricResult, ...]:
    """Judge the gating and the soft metrics as two families, in the given order."""
    results: dict[int, MetricResult] = {}
    for gate, bar in ((True, gating), (False, soft)):
        members = [index for index, is_member in enumerate(gates) if is_member == gate]
        decided = _decide_family([metrics[index] for index in members], policy, bar, gate=gate)
        results.update(zip(members, decided, strict=True))
    return tuple(results[index] for index in range(len(metrics)))


def _decide_family(
    metrics: Sequence[MetricSums], policy: Policy, bar: Bar, *, gate: bool
) -> Iterator[MetricResult]:
    kinds = [(obstacle(sums), metric_kind(sums)) for sums in metrics]
    judged = [
        sums
        for sums, (reason, kind) in zip(metrics, kinds, strict=True)
        if reason is None and kind != "category"
    ]
    rulings = _judge_twice(judged, policy, bar)
    for sums, (reason, kind) in zip(metrics, kinds, strict=True):
        if reason:
            yield result.not_comparable(sums, reason, gate=gate)
        elif kind == "category":
            yield result.category(sums, unpaired=_unpaired_share(sums) > MOST_UNPAIRED, gate=gate)
        else:
            finding, ruling = next(rulings)
            yield result.measured(sums, finding, ruling, gate=gate, alpha=policy.alpha)


def _judge_twice(metrics: Sequence[MetricSums], policy: Policy, bar: Bar) -> Iterator[tuple[Finding, Ruling]]:
    """Judge the pairs, then again with errors as the worst value; a verdict stands where both agree."""
    plain = [difference(sums, policy) for sums in metrics]
    strict = [with_errors_as_worst(found, sums) for found, sums in zip(plain, metrics, strict=True)]
    judged = _judge(plain, policy, bar)
    judged_again = judged if strict == plain else _judge(strict, policy, bar)
    for sums, (finding, ruling), (again, other) in zip(metrics, judged, judged_again, strict=True):
        has_errors = again.difference != finding.difference
        errors_decide = has_errors and other.verdict != ruling.verdict
        yield finding, overruled(ruling, errors_decide=errors_decide, unpaired=_unpaired_share(sums))


def _judge(differences: Sequence[Difference], policy: Policy, bar: Bar) -> list[tuple[Finding, Ruling]]:
    findings = _findings(differences, policy.alpha, bar)
    return [(finding, rule(finding, policy, level=bar.level, fewest=bar.fewest)) for finding in findings]


def _findings(differences: Sequence[Difference], alpha: float, bar: Bar) -> list[Finding]:
    """Compute every interval, and adjust the evidence of those that can get a verdict at all."""
    intervals = [plus_two(found.pairs, alpha) if found.pairs.changed else None for found in differences]
    family = {
        index: interval
        for index, interval in enumerate(intervals)
        if interval and differences[index].pairs.n >= bar.fewest
    }
    worse = dict(zip(family, bar.adjust([interval.p_worse for interval in family.values()]), strict=True))
    better = dict(zip(family, bar.adjust([interval.p_better for interval in family.values()]), strict=True))
    return [
        Finding(found, interval, worse.get(index, 1.0), better.get(index, 1.0))
        for index, (found, interval) in enumerate(zip(differences, intervals, strict=True))
    ]


def _unpaired_share(sums: MetricSums) -> float:
    pairs = paired_cases(sums)
    return sums.unpaired / (sums.unpaired + pairs)
