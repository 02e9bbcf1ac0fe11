"""Values whose squares are too small for a number."""

from __future__ import annotations

import pytest

from pytest_vtrack.store.protocol import WatchedMetric


@pytest.mark.parametrize("unit", [5e-324, 1e-300, 1e-200, 1e-156, 1e-149])
@pytest.mark.parametrize("trials", [1, 3])
def test_values_next_to_nothing_are_compared_as_any_others(store, record, result, unit, trials):
    for run, factor in (("a", 1), ("b", 2)):
        results = [
            result(f"c{n}", {"loss": unit * (n + trial) * factor}, trial=trial)
            for n in range(4)
            for trial in range(trials)
        ]
        record(run, results)
    middle = (trials - 1) / 2
    (summary,) = store.metric_summaries("b")
    assert (summary.cases, summary.maximum) == (4, 2 * unit * (2 + trials))
    (sums,) = store.metric_sums("a", "b")
    assert (sums.raw.n, sums.raw.up, sums.raw.down) == (4, 0, 0)  # as any difference below 1e-12
    assert sums.raw.s1 == pytest.approx(sum(unit * (n + middle) for n in range(4)), rel=0.3)
    watched = WatchedMetric("loss")
    assert store.changed_cases("a", "b", [watched], limit=10).worse == 0
    store.outlier("a", "b", metric="loss", log=False)
    store.slice_sums("a", "b")
