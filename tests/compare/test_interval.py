from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pytest_vtrack.compare.interval import plus_two
from pytest_vtrack.compare.sums import sum_pairs

changes_strategy = st.lists(st.sampled_from([-1.0, -0.5, -0.1, 0.0, 0.0, 0.25, 1.0]), min_size=1, max_size=60)


def interval_of(changes, alpha=0.05):
    return plus_two(sum_pairs([0.0] * len(changes), changes), alpha)


@pytest.mark.published("plus-two-interval")
def test_reference_values(example):
    changes = [float(d) for d, times in example["input"]["differences_run_length"] for _ in range(times)]
    found, expected = interval_of(changes), example["expected"]
    assert found.effect == pytest.approx(expected["mean"], rel=1e-9)
    assert found.centre == pytest.approx(expected["centre"], rel=1e-9)
    assert found.se == pytest.approx(expected["se"], rel=1e-9)
    assert found.df == expected["df"]
    assert found.low == pytest.approx(expected["lower"], rel=1e-9)
    assert found.high == pytest.approx(expected["upper"], rel=1e-9)
    assert found.p_worse == pytest.approx(expected["p_worse"], rel=1e-9)


@pytest.mark.published("paired-proportion-interval")
def test_booleans_give_bonett_and_price_but_for_the_t_quantile(example):
    (_, broken), (fixed, _) = example["input"]["table"]
    n = sum(map(sum, example["input"]["table"]))
    # p_first - p_second: a case that only the first has counts as +1
    found = interval_of([1.0] * broken + [-1.0] * fixed + [0.0] * (n - broken - fixed))
    z = 1.959963984540054
    se = found.se * math.sqrt((n + 1) / (n + 2))  # theirs divides by N, a t interval by N - 1
    assert found.effect == pytest.approx(example["expected"]["estimate"], rel=1e-9)
    assert [found.centre - z * se, found.centre + z * se] == pytest.approx(
        example["expected"]["bonett_price"], rel=1e-6
    )


@given(changes_strategy)
def test_it_is_the_t_interval_with_two_added_cases(changes):
    changed = [d for d in changes if d]
    assume(changed)
    r = math.sqrt(math.fsum(d * d for d in changed) / len(changed))
    widened = [*changes, r, -r]
    found = interval_of(changes)
    low, high = stats.t.interval(0.9, len(widened) - 1, stats.tmean(widened), stats.sem(widened))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9, abs=1e-12)


@given(changes_strategy, st.sampled_from([0.01, 0.05, 0.1]))
def test_range_and_evidence_never_contradict_each_other(changes, alpha):
    assume(any(changes))
    found = interval_of(changes, alpha)
    assert (found.high < 0) == (found.p_worse < alpha)
    assert (found.low > 0) == (found.p_better < alpha)
    assert found.p_worse + found.p_better == pytest.approx(1)


@given(changes_strategy)
def test_the_range_reaches_beyond_the_mean_on_both_sides_of_no_change(changes):
    """Worse and ok cannot both hold, as the low end lies below the plain mean of any loss."""
    assume(any(changes))
    found = interval_of(changes)
    assert found.low < found.effect or found.effect > 0
    assert found.se >= 2 * abs(found.effect) / (len(changes) + 2) * (1 - 1e-9)


@pytest.mark.parametrize(("failing", "is_evidence"), [(4, False), (5, True)])
def test_it_takes_five_newly_failing_cases(failing, is_evidence):
    assert (interval_of([-1.0] * failing).high < 0) is is_evidence


def test_a_constant_shift_has_a_spread():
    assert interval_of([-0.1] * 30).high == pytest.approx(-0.083, abs=5e-4)
