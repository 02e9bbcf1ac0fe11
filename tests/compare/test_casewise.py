from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pytest_vtrack.compare.casewise import (
    Passes,
    boolean_case,
    confirmed,
    fisher_drop,
    must_pass_failed,
    numeric_case,
    pass_at_k,
    pass_hat_k,
    welch_tail,
)


@pytest.mark.published("case-fisher")
def test_fisher_reproduces_published_tables(example):
    (passed_before, failed_before), (passed_now, failed_now) = example["input"][
        "rows_base_cand_cols_pass_fail"
    ]
    p = fisher_drop(
        Passes(passed_before, passed_before + failed_before), Passes(passed_now, passed_now + failed_now)
    )
    assert p == pytest.approx(example["expected"]["p_greater"], rel=1e-9)


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        pytest.param((1, 1), (0, 1), "changed", id="one-trial-is-too-few"),
        pytest.param((2, 2), (0, 2), "changed", id="two-trials-are-too-few"),
        pytest.param((3, 3), (0, 3), "regressed", id="three-of-three-to-none-is-exactly-the-level"),
        pytest.param((0, 3), (3, 3), "fixed", id="none-to-three-of-three"),
        pytest.param((5, 5), (4, 5), "flaky", id="mixed-now"),
        pytest.param((3, 5), (5, 5), "flaky", id="mixed-before"),
        pytest.param((5, 10), (5, 10), "flaky", id="mixed-on-both-sides"),
        pytest.param((10, 10), (5, 10), "regressed", id="half-lost-of-ten"),
        pytest.param((3, 3), (3, 3), "same", id="all-pass"),
        pytest.param((0, 2), (0, 5), "same", id="all-fail-with-unequal-trials"),
        pytest.param((3, 3), (0, 1), "changed", id="one-failing-trial-against-three-passing"),
        pytest.param((0, 0), (1, 1), "error", id="no-value-before"),
        pytest.param((1, 1), (0, 0), "error", id="no-value-now"),
    ],
)
def test_boolean_case(before, now, verdict):
    assert boolean_case(Passes(*before), Passes(*now)).verdict == verdict


@given(st.integers(1, 8), st.integers(1, 8), st.data())
def test_swapping_the_sides_mirrors_a_boolean_case(k_before, k_now, data):
    before = Passes(data.draw(st.integers(0, k_before)), k_before)
    now = Passes(data.draw(st.integers(0, k_now)), k_now)
    mirrored = {"regressed": "fixed", "fixed": "regressed"}
    verdict = boolean_case(before, now).verdict
    assert boolean_case(now, before).verdict == mirrored.get(verdict, verdict)


@pytest.mark.parametrize(
    ("before", "now", "direction", "verdict"),
    [
        pytest.param([0.9], [0.5], "higher", "changed", id="one-trial"),
        pytest.param([0.9], [0.895], "higher", "same", id="within-tolerance"),
        pytest.param([0.9], [0.9 + 1e-16], "higher", "same", id="last-bit"),
        pytest.param([0.9, 0.92], [0.3, 0.31], "higher", "regressed", id="far-beyond-its-spread"),
        pytest.param([0.9, 0.92], [0.3, 0.31], "lower", "fixed", id="lower-is-better"),
        pytest.param([0.9, 0.1], [0.3, 0.4], "higher", "flaky", id="spread-as-large-as-the-change"),
        pytest.param([1.0, 1.0], [0.0, 0.0], "higher", "changed", id="two-equal-trials-show-no-spread"),
        pytest.param([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], "higher", "regressed", id="three-equal-trials"),
        pytest.param([], [0.4], "higher", "error", id="no-value-before"),
    ],
)
def test_numeric_case(before, now, direction, verdict):
    assert numeric_case(before, now, tolerance=0.02, direction=direction).verdict == verdict


@given(
    st.lists(st.integers(0, 10), min_size=2, max_size=8),
    st.lists(st.integers(0, 10), min_size=2, max_size=8),
)
def test_welch_agrees_with_scipy(before, now):
    assume(len(set(before)) > 1 and len(set(now)) > 1)  # scipy warns where a side does not vary
    expected = stats.ttest_ind(before, now, equal_var=False).pvalue / 2
    assert welch_tail(before, now) == pytest.approx(expected, rel=1e-9)


def test_of_many_cases_only_strong_ones_are_confirmed():
    ten_trials = fisher_drop(Passes(10, 10), Passes(0, 10))
    five_trials = fisher_drop(Passes(5, 5), Passes(0, 5))
    assert confirmed([ten_trials] + [1.0] * 99)[0]
    assert not any(confirmed([five_trials] + [1.0] * 99))


@pytest.mark.parametrize(
    ("before", "now", "failed"),
    [
        ((1, 1), (0, 1), True),
        ((3, 3), (1, 3), True),
        ((2, 2), (1, 2), False),
        ((2, 3), (0, 3), False),
        ((0, 0), (0, 1), False),
        ((1, 1), (0, 0), False),
    ],
    ids=["one-trial", "majority", "half", "did-not-always-pass", "no-baseline", "no-value-now"],
)
def test_must_pass(before, now, failed):
    assert must_pass_failed(Passes(*before), Passes(*now)) is failed


@pytest.mark.published("pass-at-k")
def test_pass_at_k_and_pass_hat_k(example):
    result, k = Passes(example["input"]["correct"], example["input"]["n"]), example["input"]["k"]
    assert pass_at_k(result, k) == pytest.approx(example["expected"]["pass_at_k"], rel=1e-12)
    assert pass_hat_k(result, k) == pytest.approx(example["expected"]["pass_hat_k"], rel=1e-12)


def test_more_draws_than_trials_are_undefined():
    assert pass_at_k(Passes(3, 3), 4) is None
    assert pass_hat_k(Passes(3, 3), 4) is None


def test_stability_takes_two_trials():
    stable = [Passes(1, 1).stable, Passes(2, 2).stable, Passes(0, 2).stable, Passes(1, 2).stable]
    assert stable == [None, True, True, False]
