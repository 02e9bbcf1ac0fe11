from __future__ import annotations

import math

import pytest

from pytest_vtrack.compare.planning import effort, needed_pairs
from pytest_vtrack.compare.rule import decide
from pytest_vtrack.model.policy import Policy, Tolerance


def decided(sums, **policy):
    (result,) = decide([sums], Policy(**policy))
    return result


@pytest.mark.published("power")
def test_sample_sizes_of_miller(example):
    given, expected = example["input"], example["expected"]
    variance = given["omega2"] + (given["sigma2_A"] + given["sigma2_B"]) / given["K"]
    squared_errors = effort(given["alpha_two_sided"] / 2)
    if "n" in expected:
        assert squared_errors * variance / given["delta"] ** 2 == pytest.approx(expected["n"], rel=1e-9)
        assert needed_pairs(variance, given["delta"], 0.025) == math.ceil(expected["n"])
    else:
        assert math.sqrt(squared_errors * variance / given["n"]) == pytest.approx(expected["mde"], rel=1e-9)


@pytest.mark.parametrize(
    ("changed_share", "two_points", "five_points"), [(0.05, 773, 124), (0.10, 1546, 248), (0.20, 3092, 495)]
)
def test_cases_that_settle_a_boolean_metric(changed_share, two_points, five_points):
    assert needed_pairs(changed_share, 0.02, 0.05) == two_points
    assert needed_pairs(changed_share, 0.05, 0.05) == five_points


def test_an_open_question_says_what_would_settle_it(booleans):
    result = decided(booleans(100, broken=5, fixed=5))
    assert (result.verdict, result.needed_cases, result.advice) == ("not_sure", 1562, "more cases")
    assert result.detectable == pytest.approx(2.4865 * math.sqrt(0.1 * 100 / 99 / 100), rel=1e-4)


def test_a_settled_question_only_says_what_it_could_have_shown(booleans):
    result = decided(booleans(100, broken=20))
    assert (result.verdict, result.needed_cases, result.advice) == ("worse", None, None)
    assert result.detectable == pytest.approx(0.1, abs=0.01)


def test_identical_pairs_say_nothing_about_what_they_could_have_shown(booleans):
    result = decided(booleans(100))
    assert (result.needed_cases, result.detectable, result.advice) == (None, None, None)


@pytest.mark.parametrize("n", [1, 4])
def test_too_few_cases_need_at_least_thirty(booleans, n):
    assert decided(booleans(n, broken=n)).needed_cases == 30


def test_a_loss_as_large_as_the_tolerance_is_not_settled_by_a_number_of_cases(booleans):
    result = decided(booleans(1000, broken=15, fixed=2))
    assert (result.reason, result.needed_cases) == ("unclear_size", None)


@pytest.mark.parametrize("tolerance", [0.0, 1e-320, 1e-9])
def test_no_number_of_cases_shows_that_nothing_at_all_was_lost(booleans, tolerance):
    result = decided(booleans(100, broken=5, fixed=4), tolerances={"metric": Tolerance(tolerance)})
    assert (result.verdict, result.needed_cases) == ("not_sure", None)


def test_noise_between_trials_is_cured_by_more_trials(build):
    noisy = build([[0.2, 1.0]] * 20 + [[1.0, 0.2]] * 20, [[0.3, 1.0]] * 20 + [[0.9, 0.2]] * 20)
    steady = build([[0.6, 0.6]] * 40, [[0.3, 0.3]] * 20 + [[0.8, 0.8]] * 20)
    assert decided(noisy, tolerances={"metric": Tolerance(0.001)}).advice == "more trials"
    assert decided(steady).advice == "more cases"


def test_cases_are_counted_as_cases_where_clusters_are_compared(build):
    values = [0.2, 0.9, 0.4, 0.7] * 20
    before, now = values, values[1:] + values[:1]
    plain = decided(build(before, now))
    pairs_of_cases = decided(build(before, now, clusters=[str(case // 2) for case in range(80)]))
    assert pairs_of_cases.pairs == 40
    assert plain.needed_cases > 80
    assert pairs_of_cases.needed_cases % 2 == 0
    assert pairs_of_cases.needed_cases > 80
