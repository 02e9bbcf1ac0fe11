"""Saying where a verdict hangs on a single case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_vtrack.compare.outlier import verdict_without, with_note
from pytest_vtrack.compare.verdict import FEWEST_CASES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_vtrack.model.comparison import MetricResult, MetricSums
    from pytest_vtrack.model.policy import Policy
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store

_UNBOUNDED = frozenset({"number", "latency", "cost", "tokens"})
_OPEN = frozenset({"worse", "better", "not_sure"})


def with_outliers(
    store: Store,
    baseline: Run,
    current: Run,
    sums: Sequence[MetricSums],
    results: Sequence[MetricResult],
    policy: Policy,
) -> tuple[MetricResult, ...]:
    """Note the case that carries a metric's effect; only values without bounds can stand out that far."""

    def noted(found: MetricResult) -> MetricResult:
        if found.kind not in _UNBOUNDED or found.verdict not in _OPEN or found.pairs < FEWEST_CASES:
            return found
        if found.clusters is not None:  # groups are compared, so no single case decides
            return found
        case = store.outlier(baseline.id, current.id, metric=found.name, log=found.ratio)
        if case is None:
            return found
        without = verdict_without(sums, found.name, case.d, case.baseline, policy, log=found.ratio)
        return with_note(found, case.case_id, without)

    return tuple(noted(each) for each in results)
