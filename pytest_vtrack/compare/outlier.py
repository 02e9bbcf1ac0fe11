"""What would be decided without one case: a mean that a single case carries says little about the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_vtrack.compare.rule import decide
from pytest_vtrack.model.comparison import MetricResult, MetricSums, MetricVerdict, PairSums
from pytest_vtrack.model.policy import Policy


def verdict_without(
    metrics: Sequence[MetricSums], name: str, d: float, baseline: float, policy: Policy, *, log: bool
) -> MetricVerdict:
    """Decide all metrics again without one case of one of them, and return that one's verdict.

    :param d: current - baseline of the case, as logarithms where ``log``.
    """
    again = [_without(each, d, baseline, log=log) if each.name == name else each for each in metrics]
    return next(found.verdict for found in decide(again, policy) if found.name == name)


def with_note(found: MetricResult, case_id: str, without: MetricVerdict) -> MetricResult:
    """Name the case that carries the effect, and what would be decided without it."""
    verdict = "the same" if without == found.verdict else without.replace("_", " ")
    note = (
        f"One case carries much of this: {case_id} changed more than 20 times as much as the typical case "
        f"that changed. Without it the verdict would be {verdict}."
    )
    return replace(found, notes=(*found.notes, note))


def _without(sums: MetricSums, d: float, baseline: float, *, log: bool) -> MetricSums:
    if log and sums.log is not None:
        return replace(sums, log=_less(sums.log, d, baseline))
    return replace(sums, raw=_less(sums.raw, d, baseline))


def _less(pairs: PairSums, d: float, baseline: float) -> PairSums:
    return replace(
        pairs,
        n=pairs.n - 1,
        s1=pairs.s1 - d,
        s2=max(pairs.s2 - d * d, 0.0),
        up=pairs.up - (d > 0),
        down=pairs.down - (d < 0),
        baseline_sum=pairs.baseline_sum - baseline,
        baseline_sum2=max(pairs.baseline_sum2 - baseline * baseline, 0.0),
        current_sum=pairs.current_sum - baseline - d,
    )
