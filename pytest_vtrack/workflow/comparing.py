"""Comparing two stored runs: sums from the store, decided by the rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_vtrack.compare.difference import paired_cases
from pytest_vtrack.compare.relative import against_no_change, is_relative
from pytest_vtrack.compare.rule import RULE_VERSION, decide, overall
from pytest_vtrack.model.comparison import CaseChange, Comparison, MetricResult, OverallVerdict
from pytest_vtrack.model.tags import MEASURED_AGAINST
from pytest_vtrack.store.protocol import WatchedMetric
from pytest_vtrack.workflow.case_verdicts import CaseJudge
from pytest_vtrack.workflow.compared_slices import compared_slices, without_cases
from pytest_vtrack.workflow.declared import with_declared
from pytest_vtrack.workflow.outliers import with_outliers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_vtrack.model.assessment import MetricSpec
    from pytest_vtrack.model.comparison import CaseCounts, MetricSums, SliceResult
    from pytest_vtrack.model.policy import Policy
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store

MOST_CASES = 1000
"""How many changed cases a comparison lists; all are counted."""


def compare(
    store: Store, baseline: Run, current: Run, policy: Policy, *, same_session: bool = False
) -> Comparison:
    """Compare two runs of one store case by case and decide what changed.

    Cases that the user left out of a partial run are not held against it.

    :param same_session: whether the runs were recorded side by side, so that what only one of them has are
        tests that are meant for it; few cases in common are then no sign of a wrong baseline.
    """
    policy = with_declared(policy, current)
    sums = store.metric_sums(baseline.id, current.id, cluster=policy.cluster)
    if current.status == "partial":
        sums = _of_selected(store, baseline, current, sums)
    measured = current.tags.get(MEASURED_AGAINST) == baseline.id
    results = decide([against_no_change(each, measured=measured) for each in sums], policy)
    results = with_outliers(store, baseline, current, sums, results, policy)
    relation = store.case_relation(baseline.id, current.id)
    own = [each.name for each in sums if is_relative(each)]  # their stored values do not pair
    watched = [each for each in watched_metrics(results) if each.name not in own]
    changed = store.changed_cases(baseline.id, current.id, watched, limit=MOST_CASES)
    failures = _must_pass_failures(store, baseline, current, sums, policy)
    slices = compared_slices(store, baseline, current, policy)
    counts = replace(relation.counts, worse=changed.worse, better=changed.better)
    judge = CaseJudge(store, baseline, current, results)
    return Comparison(
        current=current,
        baseline=baseline,
        policy=policy,
        verdict=_verdict(results, slices, counts, len(failures), same_session=same_session),
        metrics=results,
        slices=slices,
        cases=counts,
        worst_cases=_marked(judge.judged(changed.worst, of=counts.shared), failures),
        better_cases=judge.judged(changed.best, of=counts.shared),
        new_cases=relation.new_cases,
        gone_cases=relation.gone_cases if current.status == "complete" else (),
        edited_cases=relation.edited_cases,
        must_pass_failures=failures,
        warnings=(
            *_warnings(baseline, current),
            *_nothing_decided(policy, slices, current),
            *_nothing_grouped(policy, sums, current),
            *_peeking(store, baseline, current),
        ),
        rule=RULE_VERSION,
    )


def _verdict(
    results: tuple[MetricResult, ...],
    slices: tuple[SliceResult, ...],
    counts: CaseCounts,
    failures: int,
    *,
    same_session: bool,
) -> OverallVerdict:
    if shares_too_few(counts) and not (same_session and counts.shared):
        return "no_baseline"
    gating_slices = [each.result for each in slices if each.result.gate]
    return overall((*results, *gating_slices), failures)


def shares_too_few(counts: CaseCounts) -> bool:
    """Tell whether two runs have so few cases in common that one is no baseline for the other."""
    return counts.shared * 10 < counts.total or not counts.shared


def _of_selected(store: Store, baseline: Run, current: Run, sums: Sequence[MetricSums]) -> list[MetricSums]:
    """Return what is said of the selected cases: a metric of others only is not gone."""
    missing = [each.name for each in sums if each.current is None]
    if missing:
        left = store.metrics_of_shared_cases(baseline.id, current.id, missing)
        sums = [each for each in sums if each.current is not None or each.name in left]
    return [_without_left_out(each) for each in sums]


def _without_left_out(sums: MetricSums) -> MetricSums:
    """Count only the current run's own cases as unpaired: the others were not selected."""
    own = sums.current.cases - sums.raw.n if sums.current and not sums.clusters else sums.unpaired
    return replace(sums, unpaired=max(0, min(own, sums.unpaired)))


def watched_metrics(results: Sequence[MetricResult]) -> list[WatchedMetric]:
    """Return the metrics that make a case worse or better, and from which difference on."""
    return [_watched(each) for each in results if _is_news(each)]


def _is_news(result: MetricResult) -> bool:
    """Tell whether a metric makes a case worth listing: timings differ in every case of every run."""
    return (
        result.verdict != "not_comparable" and not result.ratio and result.kind not in ("category", "latency")
    )


def _watched(result: MetricResult) -> WatchedMetric:
    yes_no = result.kind == "bool"
    threshold = 0.0 if yes_no else (result.tolerance or 0.0)
    return WatchedMetric(result.name, result.direction, threshold, None if yes_no else result.tolerance)


def _must_pass_failures(
    store: Store, baseline: Run, current: Run, sums: list[MetricSums], policy: Policy
) -> tuple[str, ...]:
    """List the must-pass cases that passed in the baseline and fail now.

    Must-pass is every case of a metric declared so, and every case tagged ``must_pass``, where the policy
    does not say otherwise of the metric.
    """
    failing: dict[str, None] = {}
    for each in sums:
        if each.current is None or each.baseline is None or each.raw.n == 0:
            continue
        found = store.newly_failing(baseline.id, current.id, metric=each.name, limit=MOST_CASES)
        for case in found.cases:
            if policy.must_pass.get(each.name, _must_pass(each.current.spec, case)):
                failing[case.case_id] = None
    return tuple(failing)


def _marked(changes: tuple[CaseChange, ...], failures: tuple[str, ...]) -> tuple[CaseChange, ...]:
    """Return the changes with those that failed a must-pass marked."""
    failed = frozenset(failures)
    return tuple(replace(each, must_pass=each.case_id in failed) for each in changes)


def _must_pass(spec: MetricSpec, case: CaseChange) -> bool:
    """Tell whether a case gates by itself: declared, tagged, or a plain test that is its own case."""
    plain_test = not case.dataset and spec.name == "passed"
    return spec.must_pass or plain_test or case.tags.get("must_pass", "").lower() in ("true", "1", "yes")


def _peeking(store: Store, baseline: Run, current: Run) -> list[str]:
    """Say how often the same code was judged before, where that was not always well."""
    earlier = store.earlier_verdicts(current.id, baseline.id)
    if not {"regressed", "not_sure"} & set(earlier):
        return []
    counts = ", ".join(f"{number} {word.replace('_', ' ')}" for word, number in Counter(earlier).items())
    return [
        f"this commit was compared with this baseline before ({counts}); each further run is another chance "
        "for luck, so decide by all of them"
    ]


def _nothing_decided(policy: Policy, slices: tuple[SliceResult, ...], current: Run) -> list[str]:
    """Name the slices that were chosen to decide and cannot: a slip would open the gate."""
    version = current.version.name
    return [
        f"the slice {name!r} was chosen to decide, but decides nothing: {version} has no such case"
        for name in without_cases(policy.gating_slices, slices)
    ]


def _nothing_grouped(policy: Policy, sums: Iterable[MetricSums], current: Run) -> list[str]:
    """Say where no two cases are in one group: a slip would take cases that depend on each other as many."""
    paired = [(each.clusters, paired_cases(each)) for each in sums]
    if policy.cluster is None or not any(cases for _, cases in paired):
        return []
    if any(clusters not in (None, cases) for clusters, cases in paired):
        return []
    version = current.version.name
    return [
        f"cases were to be grouped by {policy.cluster!r}, but no two cases of {version} have one value of "
        "that tag, so that each is taken for itself"
    ]


def _warnings(baseline: Run, current: Run) -> tuple[str, ...]:
    warnings = []
    if baseline.env != current.env:
        warnings.append(f"the baseline ran in environment {baseline.env!r}, this run in {current.env!r}")
    if not baseline.complete:
        warnings.append(f"the baseline's run is {baseline.status} ({baseline.reason or 'no reason stored'})")
    if baseline.version.name == current.version.name and baseline.id == current.id:
        warnings.append("a run is compared with itself")
    return tuple(warnings)
