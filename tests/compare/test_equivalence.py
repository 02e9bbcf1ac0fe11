from __future__ import annotations

import dataclasses

import pytest

from pytest_vtrack.compare.equivalence import difference_in_differences, equivalence
from pytest_vtrack.compare.rule import decide
from pytest_vtrack.model.policy import Policy


@pytest.mark.parametrize(
    ("n", "broken", "fixed", "expected"),
    [
        pytest.param(10, 0, 0, "equivalent", id="identical"),
        pytest.param(1500, 4, 4, "equivalent", id="range-within-the-tolerance"),
        pytest.param(3000, 12, 3, "equivalent", id="real-but-tiny-loss"),
        pytest.param(100, 20, 0, "differs", id="worse"),
        pytest.param(100, 0, 20, "differs", id="better"),
        pytest.param(100, 5, 5, "inconclusive", id="too-wide"),
        pytest.param(500, 0, 8, "inconclusive", id="maybe-better"),
        pytest.param(4, 4, 0, "inconclusive", id="too-few"),
    ],
)
def test_a_restored_version_is_proven_the_same_or_not(booleans, n, broken, fixed, expected):
    (result,) = decide([booleans(n, broken=broken, fixed=fixed)], Policy())
    assert equivalence(result) == expected


def test_few_cases_prove_nothing_unless_identical(build):
    (result,) = decide([build([0.5] * 20, [0.5001] * 20)], Policy())
    assert -result.tolerance < result.low
    assert result.high < result.tolerance
    assert equivalence(result) == "inconclusive"


def test_what_cannot_be_compared_is_inconclusive(booleans):
    (result,) = decide([dataclasses.replace(booleans(50), baseline=None)], Policy())
    assert equivalence(result) == "inconclusive"


def test_a_flag_that_lost_its_effect():
    cases = [f"case {i}" for i in range(40)]
    off, on = dict.fromkeys(cases, 0.5), dict.fromkeys(cases, 0.8)
    sums = difference_in_differences(off, on, off, {**dict.fromkeys(cases, 0.6), "case 0": 0.8})
    assert (sums.n, sums.down, sums.up) == (40, 39, 0)
    assert sums.s1 == pytest.approx(39 * -0.2)
    assert sums.baseline_sum / sums.n == pytest.approx(0.3)


def test_only_cases_of_all_four_runs_count():
    off, on = {"a": 0.0, "b": 0.0, "c": 0.0}, {"a": 1.0, "b": 1.0}
    assert difference_in_differences(off, on, off, {"b": 1.0, "c": 1.0}).n == 1
    assert difference_in_differences(off, on, off, {}).n == 0
