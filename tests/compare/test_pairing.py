from __future__ import annotations

import math
from dataclasses import astuple
from statistics import variance

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.compare.pairing import Row, pair_runs
from pytest_vtrack.compare.sums import differs, sum_clusters, sum_pairs, sum_tables
from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import ErrorSums, PairSums, TrialSums

SCORE = MetricSpec("score", "f1")
SECONDS = MetricSpec("seconds", "f1", better="lower", kind="latency")


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (0.1 + 0.2, 0.3, False),
        (1e6, 1e6 + 1e-7, False),
        (1e6, 1e6 + 1e-5, True),
        (0.0, 1e-13, False),
        (0.0, 1e-11, True),
        (1.0, 1.0, False),
    ],
)
def test_values_that_differ_in_their_last_bits_are_equal(before, now, expected):
    assert differs(before, now) is expected


def test_sums_of_pairs():
    found = sum_pairs([0.5, 1.0, 0.25, 0.3], [1.0, 0.0, 0.25, 0.1 + 0.2])
    assert found == PairSums(
        n=4,
        s1=-0.5,
        s2=1.25,
        up=1,
        down=1,
        baseline_sum=2.05,
        baseline_sum2=pytest.approx(1.4025),
        current_sum=1.55,
        largest=1.0,
    )
    assert found.changed == 2
    assert sum_pairs([], []) == PairSums()


def test_a_cluster_is_one_pair_and_means_stay_means_over_cases():
    found = sum_clusters([1.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0], ["a", "a", "a", "b"])
    assert found.n == 2
    assert found.s1 / found.n == pytest.approx(-1 / 4)
    assert found.s2 == pytest.approx((1 * 2 / 4) ** 2)
    assert (found.baseline_sum / found.n, found.current_sum / found.n) == (0.75, 0.5)
    assert found.baseline_sum2 / found.n == 0.75
    assert (found.down, found.up) == (1, 0)
    assert sum_clusters([], [], []) == PairSums()


def test_a_cluster_whose_changes_cancel_has_not_changed():
    found = sum_clusters([0.1, 0.7], [0.7, 0.1], ["a", "a"])
    assert (found.n, found.changed, found.s2) == (1, 0, 0.0)


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (1, 1), (4, 200)])
def test_tables_of_numpy_add_up_as_lists_do(shape):
    rng = numpy.random.default_rng(3)
    before = rng.random(shape).round(1)
    now = numpy.where(rng.random(shape) < 0.5, before, rng.random(shape)) + 1e-16
    found = sum_tables(before, now)
    listed = sum_tables(before.tolist(), now.tolist())
    assert listed == [sum_pairs(*row) for row in zip(before.tolist(), now.tolist(), strict=True)]
    assert [astuple(sums) for sums in found] == [pytest.approx(astuple(sums), rel=1e-12) for sums in listed]


def test_trials_are_averaged_within_their_case():
    before = [Row(SCORE, "a", value, trial) for trial, value in enumerate([0.2, 0.4])]
    now = [Row(SCORE, "a", value, trial) for trial, value in enumerate([0.6, 0.9, 0.9])]
    (sums,) = pair_runs(before, now)
    assert (sums.raw.n, sums.raw.s1) == (1, pytest.approx(0.5))
    noise = variance([0.2, 0.4]) / 2 + variance([0.6, 0.9, 0.9]) / 3
    assert sums.trials == TrialSums(1, pytest.approx(noise), 2, 3)
    assert (sums.baseline.cases, sums.baseline.numbers, sums.current.numbers) == (1, 2, 3)


def test_one_trial_says_nothing_about_noise():
    (sums,) = pair_runs([Row(SCORE, "a", 0.2)], [Row(SCORE, "a", 0.2, 0), Row(SCORE, "a", 0.3, 1)])
    assert sums.trials == TrialSums()


def test_only_equal_cases_pair():
    before = [Row(SCORE, case, 0.5) for case in ("a", "b", "gone", ("edited", 1))]
    now = [Row(SCORE, case, 0.7) for case in ("b", "a", "new", ("edited", 2))]
    (sums,) = pair_runs(before, now)
    assert (sums.raw.n, sums.unpaired) == (2, 4)


def test_each_metric_is_summed_by_name():
    rows = [Row(SECONDS, "a", 1.0), Row(SCORE, "a", 0.5)]
    assert [sums.name for sums in pair_runs(rows, rows)] == ["score", "seconds"]
    only_now = pair_runs([], rows)
    assert [(sums.baseline, sums.current.cases) for sums in only_now] == [(None, 1), (None, 1)]
    assert pair_runs(rows, [])[0].current is None
    assert pair_runs([], []) == ()


def test_an_error_is_a_case_without_any_value():
    before = [
        Row(SCORE, "a", 0.5),
        Row(SCORE, "b", error="boom"),
        Row(SCORE, "c", 0.25),
        Row(SCORE, "d", 0.1),
    ]
    now = [
        Row(SCORE, "a", error="boom"),
        Row(SCORE, "b", 0.75),
        Row(SCORE, "c", error="boom", trial=0),
        Row(SCORE, "c", 0.25, trial=1),
        Row(SCORE, "d"),
    ]
    (sums,) = pair_runs(before, now)
    assert sums.errors == ErrorSums(1, 0.5, 0.25, 1, 0.75, 0.5625)
    assert (sums.baseline.errors, sums.current.errors) == (1, 1)
    assert (sums.raw.n, sums.unpaired) == (1, 3)


def test_labels_are_compared_by_the_newest_trial():
    before = [Row(SCORE, "a", "x", 0), Row(SCORE, "a", "y", 1), Row(SCORE, "b", ""), Row(SCORE, "c", "z")]
    now = [Row(SCORE, "a", "y", 0), Row(SCORE, "b", "z"), Row(SCORE, "d", "z")]
    (sums,) = pair_runs(before, now)
    assert (sums.label_pairs, sums.changed_labels, sums.baseline.labels) == (2, 1, 4)
    assert sums.raw == PairSums()


def test_ratio_kinds_also_sum_logarithms():
    before = [Row(SECONDS, "a", 1.0), Row(SECONDS, "b", 4.0)]
    (sums,) = pair_runs(before, [Row(SECONDS, "a", 2.0), Row(SECONDS, "b", 8.0)])
    assert sums.log.s1 == pytest.approx(2 * math.log(2))
    assert (sums.baseline.mean, sums.current.mean) == (pytest.approx(2.0), pytest.approx(4.0))


@pytest.mark.parametrize("side", [0, 1])
def test_a_value_that_is_not_positive_has_no_logarithm(side):
    runs = [[Row(SECONDS, "a", 1.0), Row(SECONDS, "b", 3.0)] for _ in range(2)]
    runs[side][0] = Row(SECONDS, "a", 0.0)
    (sums,) = pair_runs(*runs)
    assert sums.log is None
    assert (sums.baseline, sums.current)[side].mean == 1.5


def test_booleans_are_counted_apart_from_numbers():
    rows = [Row(SCORE, "a", True), Row(SCORE, "b", 1.0), Row(SCORE, "c", "yes")]
    (sums,) = pair_runs(rows, rows)
    assert (sums.current.bools, sums.current.numbers, sums.current.labels) == (1, 1, 1)
    assert (sums.current.minimum, sums.current.maximum) == (1.0, 1.0)


def test_a_case_without_cluster_is_one_by_itself():
    rows = [Row(SCORE, case, 0.5, cluster=cluster) for case, cluster in zip("abcd", "xx??", strict=True)]
    rows = [Row(SCORE, row.case, 0.5, cluster=None if row.cluster == "?" else row.cluster) for row in rows]
    (sums,) = pair_runs(rows, rows)
    assert (sums.clusters, sums.raw.n) == (3, 3)
    assert pair_runs([], rows)[0].clusters is None


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=30))
def test_swapping_the_sides_turns_the_sums_around(cases):
    before, now = [first for first, _ in cases], [second for _, second in cases]
    there, back = sum_pairs(before, now), sum_pairs(now, before)
    assert there.s1 == pytest.approx(-back.s1, abs=1e-5)
    assert (there.n, there.s2) == (back.n, pytest.approx(back.s2))
