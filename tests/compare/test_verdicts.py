"""The rules of the decision, one after the other, and what takes a verdict back."""

from __future__ import annotations

import dataclasses
import math

import pytest

from pytest_vtrack.compare.rule import decide
from pytest_vtrack.model.comparison import MetricSums
from pytest_vtrack.model.policy import Policy, Tolerance


def decided(sums, **policy):
    (result,) = decide([sums], Policy(**policy))
    return result


def ruling(sums, **policy):
    result = decided(sums, **policy)
    return result.verdict, result.reason


@pytest.mark.parametrize(
    ("n", "broken", "fixed", "expected"),
    [
        pytest.param(1, 0, 0, ("ok", "identical"), id="rule-2-one-identical-case"),
        pytest.param(100, 0, 0, ("ok", "identical"), id="rule-2-identical"),
        pytest.param(4, 4, 0, ("not_sure", "too_few"), id="rule-3-four-of-four-broken"),
        pytest.param(5, 5, 0, ("worse", "dropped"), id="rule-4-five-of-five-broken"),
        pytest.param(100, 8, 2, ("worse", "dropped"), id="rule-4-evidence-and-size"),
        pytest.param(100, 7, 3, ("not_sure", "chance"), id="rule-7-could-be-chance"),
        pytest.param(5, 0, 5, ("better", "rose"), id="rule-5-five-of-five-fixed"),
        pytest.param(100, 2, 8, ("better", "rose"), id="rule-5-evidence-and-size"),
        pytest.param(1000, 6, 5, ("ok", "within_tolerance"), id="rule-6-loss-surely-below-two-points"),
        pytest.param(1000, 15, 2, ("not_sure", "unclear_size"), id="rule-7-real-loss-of-open-size"),
        pytest.param(20, 3, 0, ("not_sure", "chance"), id="rule-7-three-of-twenty"),
    ],
)
def test_rules_for_booleans(booleans, n, broken, fixed, expected):
    assert ruling(booleans(n, broken=broken, fixed=fixed)) == expected


def test_a_small_real_loss_is_ok_and_said(booleans):
    result = decided(booleans(3000, broken=20, fixed=4))
    assert (result.verdict, result.reason) == ("ok", "within_tolerance")
    assert result.high < 0
    assert "A real loss, but smaller than the tolerance." in result.notes


@pytest.mark.parametrize(("n", "verdict"), [(29, "not_sure"), (30, "ok")])
def test_ok_takes_thirty_cases_unless_identical(build, n, verdict):
    before = [0.5] * n
    now = [0.501, *before[1:]]
    assert decided(build(before, now)).verdict == verdict


def test_a_metric_where_lower_is_better_got_worse_when_it_rose(build):
    result = decided(build([0.1] * 40, [0.4] * 40, better="lower"))
    assert (result.verdict, result.reason, result.direction) == ("worse", "rose", "lower")
    assert result.effect == pytest.approx(-0.3)
    assert (result.worse, result.better) == (40, 0)


def test_a_metric_where_lower_is_better_got_better_when_it_dropped(build):
    assert ruling(build([0.4] * 40, [0.1] * 40, better="lower")) == ("better", "dropped")


def test_effects_of_a_rating_stand_in_its_own_unit(build):
    result = decided(build([4.0] * 60, [3.5] * 60, bounds=(1.0, 5.0)))
    assert (result.kind, result.verdict) == ("bounded", "worse")
    assert (result.baseline, result.current, result.effect) == (4.0, 3.5, -0.5)
    assert result.low < -0.5 < result.high < 0
    assert (result.tolerance, result.tolerance_assumed) == (0.08, True)


def test_latency_is_compared_by_its_factor(build):
    seconds = [0.5 + i % 7 for i in range(50)]
    result = decided(build(seconds, [1.5 * s for s in seconds], kind="latency", better="lower"))
    assert (result.verdict, result.reason, result.ratio) == ("worse", "rose", True)
    assert result.effect == pytest.approx(-math.log(1.5))
    assert result.current / result.baseline == pytest.approx(1.5)
    assert result.tolerance == pytest.approx(math.log(1.1))


def test_a_latency_of_zero_falls_back_to_seconds(build):
    seconds = [0.0, *([1.0, 2.0] * 20)]
    result = decided(build(seconds, [1.5 * s for s in seconds], kind="latency", better="lower"))
    assert (result.verdict, result.ratio) == ("worse", False)
    assert result.effect == pytest.approx(-30 / 41)
    assert result.tolerance == pytest.approx(0.1 * 60 / 41)
    assert any("not by a factor" in note for note in result.notes)


def test_the_range_is_cut_to_what_is_possible(booleans):
    result = decided(booleans(5, broken=5))
    assert result.low == -1
    assert result.high == pytest.approx(-0.1590913484, rel=1e-9)


def test_a_drop_of_exactly_the_tolerance_counts(booleans):
    assert ruling(booleans(150, broken=3), alpha=0.2) == ("worse", "dropped")


@pytest.mark.parametrize(
    ("broken", "evidence", "expected"),
    [
        (12, "any", ("worse", "dropped")),
        (12, "beyond-tolerance", ("worse", "dropped")),
        (6, "any", ("worse", "dropped")),
        (6, "beyond-tolerance", ("not_sure", "unclear_size")),
    ],
)
def test_evidence_beyond_the_tolerance_asks_for_more(booleans, broken, evidence, expected):
    assert ruling(booleans(100, broken=broken), evidence=evidence) == expected


def test_a_larger_tolerance_turns_a_loss_into_ok(booleans):
    sums = booleans(400, broken=16)
    assert ruling(sums) == ("worse", "dropped")
    wider = {"metric": Tolerance(10, "pt")}
    assert ruling(sums, tolerances=wider) == ("ok", "within_tolerance")


# what the two runs do not share


@pytest.mark.parametrize("gone", ["baseline", "current"])
def test_a_metric_of_one_run_only(booleans, gone):
    whole = booleans(10, broken=5)
    result = decided(dataclasses.replace(MetricSums("metric", whole.baseline, whole.current), **{gone: None}))
    assert result.verdict == "not_comparable"
    assert result.reason == ("new_metric" if gone == "baseline" else "gone_metric")
    assert result.gate is (gone == "current")
    assert result.kind == "bool"
    assert (result.baseline, result.current) == ((None, 0.5) if gone == "baseline" else (1.0, None))


def test_without_a_pair_nothing_is_compared(build):
    assert ruling(build([0.5, None], [None, 0.5])) == ("not_comparable", "no_pairs")


def test_categories_are_ok_only_where_no_label_changed(build):
    assert ruling(build(["a", "b"], ["a", "b"])) == ("ok", "identical")
    result = decided(build(["a", "b"], ["a", "c"]))
    assert (result.verdict, result.reason, result.gate, result.pairs) == (
        "not_sure",
        "labels_changed",
        False,
        2,
    )


# cases left out


def scores(n: int, unpaired: int = 0) -> list[float]:
    return [0.8 + 0.001 * (i % 3) for i in range(n + unpaired)]


@pytest.mark.parametrize(
    ("change", "unpaired", "expected"),
    [
        pytest.param(0.0, 10, ("ok", "identical"), id="a-tenth-is-allowed"),
        pytest.param(0.0, 11, ("not_sure", "unpaired"), id="identical-is-not-ok"),
        pytest.param(0.001, 11, ("not_sure", "unpaired"), id="within-tolerance-is-not-ok"),
        pytest.param(0.1, 11, ("not_sure", "unpaired"), id="better-is-not-sure"),
        pytest.param(-0.1, 11, ("worse", "dropped"), id="worse-stays-worse"),
    ],
)
def test_more_than_a_tenth_unpaired_is_not_sure_at_best(build, change, unpaired, expected):
    before = scores(90, unpaired)
    assert ruling(build(before, [value + change for value in before[:90]])) == expected


def test_unpaired_categories_are_not_ok(build):
    assert ruling(build(["a", "b", "c"], ["a"])) == ("not_sure", "unpaired")


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        pytest.param(0, ("ok", "identical"), id="no-error"),
        pytest.param(1, ("ok", "identical"), id="one-of-200-stays-within-the-tolerance"),
        pytest.param(3, ("not_sure", "errors_decide"), id="three-of-200-might-be-a-loss"),
        pytest.param(10, ("not_sure", "errors_decide"), id="ten-of-200-would-be-worse"),
    ],
)
def test_errors_now_count_as_the_worst_value(build, errors, expected):
    before = [True] * 200
    assert ruling(build(before, [None] * errors + [True] * (200 - errors))) == expected


def test_errors_that_change_nothing_leave_the_verdict(build):
    worse = build([True] * 200, [None] * 2 + [False] * 30 + [True] * 168)
    assert ruling(worse) == ("worse", "dropped")
    failed_before = build([False] * 2 + [True] * 198, [None] * 2 + [True] * 198)
    assert ruling(failed_before) == ("ok", "identical")


def test_errors_in_the_baseline_can_hide_that_nothing_got_worse(build):
    before = [None] * 15 + [True] * 185
    now = [True] * 15 + [False] * 12 + [True] * 173
    assert ruling(build(before, now)) == ("not_sure", "errors_decide")


def test_without_bounds_an_error_counts_as_the_worst_value_seen(build):
    before = [float(i % 10) for i in range(100)]
    now = [None, *before[1:]]
    assert ruling(build(before, now)) == ("ok", "identical")  # case 0 had the worst value already
    now = [*before[:9], None, *before[10:]]
    result = decided(build(before, now, tolerance=0.01))
    assert (result.verdict, result.reason, result.errors) == ("not_sure", "errors_decide", 1)


def test_a_timeout_counts_as_the_slowest_case_seen(build):
    seconds = [1.0 + i % 5 for i in range(100)]
    result = decided(build(seconds, [None] * 5 + seconds[5:], kind="latency", better="lower"))
    assert (result.verdict, result.reason) == ("ok", "identical")
    slow = decided(
        build([*seconds, 300.0], [None] * 5 + [*seconds[5:], 300.0], kind="latency", better="lower")
    )
    assert (slow.verdict, slow.reason) == ("not_sure", "errors_decide")


def test_errors_of_another_metric_do_not_decide_this_one(booleans, build):
    clean = booleans(100, broken=8, fixed=2, name="clean")
    erring = build([True] * 200, [None] * 40 + [True] * 160, name="erring")
    alone, together = decided(clean), decide([clean, erring], Policy())[0]
    assert (together.verdict, together.reason) == (alone.verdict, alone.reason) == ("worse", "dropped")


# dependence between cases and trials


def test_trials_are_not_cases(build):
    once = build([True] * 100, [False] * 6 + [True] * 94)
    often = build([[True] * 5] * 100, [[False] * 5] * 6 + [[True] * 5] * 94)
    assert decided(often).high == decided(once).high
    assert decided(often).pairs == 100


def test_clusters_are_the_pairs_that_count(build):
    before, now = [True] * 100, [False] * 20 + [True] * 80
    assert decided(build(before, now)).verdict == "worse"
    clusters = [f"document {case // 20}" for case in range(100)]
    result = decided(build(before, now, clusters=clusters))
    assert (result.verdict, result.pairs, result.clusters) == ("not_sure", 5, 5)
    assert result.effect == pytest.approx(-0.2)
    assert (result.baseline, result.current) == (1.0, pytest.approx(0.8))


def test_fewer_than_five_clusters_are_too_few(build):
    clusters = [f"user {case % 4}" for case in range(100)]
    sums = build([True] * 100, [False] * 50 + [True] * 50, clusters=clusters)
    assert ruling(sums) == ("not_sure", "too_few")


def test_every_case_its_own_cluster_changes_nothing(build):
    before, now = [True] * 60, [False] * 9 + [True] * 51
    alone = decided(build(before, now))
    clustered = decided(build(before, now, clusters=[str(case) for case in range(60)]))
    assert (clustered.verdict, clustered.low, clustered.high) == (alone.verdict, alone.low, alone.high)


# notes


@pytest.mark.parametrize(("n", "noted"), [(40, True), (150, False)])
def test_few_identical_booleans_cannot_exclude_rare_breakage(booleans, n, noted):
    notes = decided(booleans(n)).notes
    assert (
        any("Identical in all 40 cases; that cannot exclude breakage rarer than 8%" in x for x in notes)
        is noted
    )


def test_unequal_trials_and_unusable_points_are_noted(build):
    notes = decided(build([[1.0, 9.0]] * 9, [[1.0, 9.0, 5.0]] * 9, tolerance=1.0)).notes
    assert any("different numbers of trials" in note for note in notes)
    points = decided(build([1.0, 9.0], [1.0, 9.0]), tolerances={"metric": Tolerance(2, "pt")})
    assert any("set in points" in note for note in points.notes)


def test_what_was_left_out_is_noted(build):
    result = decided(
        build([True] * 30 + [None], [None] + [True] * 30, clusters=[str(i // 2) for i in range(31)])
    )
    assert "Errors in place of a value: 1 now, 1 in the baseline." in " ".join(result.notes)
    assert "2 of 31 cases have a value on one side only." in result.notes
    assert "29 cases in 15 groups of like cases; the groups are compared." in result.notes
