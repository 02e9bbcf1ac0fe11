"""The decision: from the sums of all metrics of two runs to a verdict for each, and one overall."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_vtrack.compare.difference import spec_of
from pytest_vtrack.compare.family import holm, unadjusted
from pytest_vtrack.compare.judging import Bar, decide_groups
from pytest_vtrack.compare.kind import metric_kind
from pytest_vtrack.model.assessment import COMPLETED
from pytest_vtrack.model.comparison import MetricResult, MetricSums, OverallVerdict
from pytest_vtrack.model.policy import Policy

RULE_VERSION = "plus-two/1"
"""Stored with each comparison, so that an old verdict can be read by the rule that made it."""


def decide(metrics: Sequence[MetricSums], policy: Policy) -> tuple[MetricResult, ...]:
    """Judge every metric; results keep the order of the metrics.

    The gating metrics are one family (Holm): with more of them each needs more evidence. A metric that is
    identical on all pairs, or has too few of them, could never be called worse, so it does not raise the bar
    for the others (Tarone 1990). Metrics that do not gate are judged by themselves.
    """
    family = Bar(policy.alpha, holm if policy.holm else unadjusted)
    gates = [is_gating(sums, policy) for sums in metrics]
    return decide_groups(metrics, gates, policy, gating=family, soft=Bar(policy.alpha))


def overall(results: Sequence[MetricResult], must_pass_failures: int = 0) -> OverallVerdict:
    """Sum up what gates; nothing compared at all is not ok.

    :param results: of metrics, and of slices that gate.
    :param must_pass_failures: cases that had to pass, did in the baseline and now do not.
    """
    verdicts = {found.verdict for found in results if found.gate}
    nothing_compared = all(found.verdict == "not_comparable" for found in results)
    if must_pass_failures or "worse" in verdicts:
        return "regressed"
    if nothing_compared or verdicts & {"not_sure", "not_comparable"}:
        return "not_sure"
    return "improved" if "better" in verdicts else "ok"


def is_gating(sums: MetricSums, policy: Policy) -> bool:
    """Tell whether a metric decides the overall verdict.

    ``completed`` always does; a metric that the baseline does not have never does, so that adding a scorer
    cannot fail a gate; categories only where the policy names them. For the rest the policy comes first,
    then what the metric declares: latency, cost and tokens are declared soft unless somebody asks.
    """
    if sums.baseline is None:
        return False
    if sums.name == COMPLETED.name:
        return True
    declared = spec_of(sums).gate and metric_kind(sums) != "category"
    return policy.gating.get(sums.name, declared)
