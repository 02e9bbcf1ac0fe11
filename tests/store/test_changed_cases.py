"""The cases that a report lists: worse, better, newly failing, with values, reasons and tags."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from pytest_vtrack.model.assessment import LATENCY, Assessment, MetricSpec
from pytest_vtrack.store.protocol import ChangedCases, WatchedMetric

PASSED = MetricSpec("passed", "f", kind="bool")


@pytest.fixture
def changed(store, record):
    def changed(before, now, *watched, limit=100):
        record("r1", before), record("r2", now)
        return store.changed_cases("r1", "r2", watched, limit=limit)

    return changed


def names(cases):
    return [case.case_id for case in cases]


def test_worst_cases_come_first_by_loss_then_by_id(changed, result):
    before = [result(c, {"m": 1.0}) for c in "abcdef"]
    now = [result(c, {"m": v}) for c, v in zip("abcdef", (0.9, 0.2, 1.0, 0.2, 1.5, 1.1), strict=True)]
    found = changed(before, now, WatchedMetric("m", tolerance=0.1))
    assert (found.worse, found.better) == (3, 2)
    assert names(found.worst) == ["b", "d", "a"]
    assert names(found.best) == ["e", "f"]
    assert found.worst[0].loss == pytest.approx(8.0)
    assert [case.verdict for case in (*found.worst, *found.best)] == ["regressed"] * 3 + ["fixed"] * 2


def test_lists_are_capped_and_counts_are_not(changed, result):
    found = changed(
        [result(c, {"m": 1.0}) for c in "abc"],
        [result(c, {"m": 0.0}) for c in "abc"],
        WatchedMetric("m"),
        limit=2,
    )
    assert found.worse == 3
    assert names(found.worst) == ["a", "b"]


def test_more_cases_than_one_query_describes(changed, result):
    cases = [f"c{i:04d}" for i in range(1200)]
    found = changed(
        [result(c, {"m": 1.0}) for c in cases],
        [result(c, {"m": 0.0}) for c in cases],
        WatchedMetric("m"),
        limit=1100,
    )
    assert names(found.worst) == cases[:1100]


@pytest.mark.parametrize(
    ("threshold", "worse"), [(0.0, 3), (0.1, 2), (0.3, 1), (0.5, 0)], ids=lambda value: str(value)
)
def test_difference_of_exactly_the_threshold_counts(changed, result, threshold, worse):
    before = [result(c, {"m": 0.9}) for c in "abcd"]
    now = [result(c, {"m": v}) for c, v in zip("abcd", (0.6, 0.8, 0.85, 0.9 - 1e-14), strict=True)]
    assert changed(before, now, WatchedMetric("m", threshold=threshold)).worse == worse


def test_lower_is_better_turns_worse_around(changed, result):
    spec = {"m": MetricSpec("m", "f", better="lower")}
    before = [result(c, {"m": 1.0}, specs=spec) for c in "ab"]
    now = [result(c, {"m": v}, specs=spec) for c, v in zip("ab", (2.0, 0.5), strict=True)]
    found = changed(before, now, WatchedMetric("m", direction="lower"))
    assert (names(found.worst), names(found.best)) == (["a"], ["b"])


def test_worse_on_one_metric_outweighs_better_on_another(changed, result):
    before, now = [result("a", {"m": 1.0, "n": 0.0})], [result("a", {"m": 0.5, "n": 1.0})]
    found = changed(before, now, WatchedMetric("m"), WatchedMetric("n"))
    assert (found.worse, found.better) == (1, 0)
    assert [(value.metric, value.loss) for value in found.worst[0].values] == [("m", 0.5), ("n", -1.0)]


def test_ratio_metrics_are_measured_by_factor(changed, result):
    spec = {"latency": LATENCY}
    before = [result(c, {"latency": 1.0}, specs=spec) for c in "ab"]
    now = [result(c, {"latency": v}, specs=spec) for c, v in zip("ab", (2.0, 1.05), strict=True)]
    watched = WatchedMetric("latency", "lower", math.log(1.1), math.log(1.1), ratio=True)
    found = changed(before, now, watched)
    assert names(found.worst) == ["a"]
    assert found.worst[0].loss == pytest.approx(math.log(2) / math.log(1.1))
    assert found.worst[0].values[0].current == pytest.approx(2.0)


def test_error_where_the_baseline_had_a_value_is_worse(changed, result):
    before = [result("a", {"m": 1.0}), result("b", {"m": 1.0}), result("c"), result("d", {"m": 1.0})]
    now = [
        result("a", {"m": RuntimeError("scorer: no")}),
        result("b", error="setup: no", outcome="error"),
        result("c", error="boom"),
        result("d"),
    ]
    found = changed(before, now, WatchedMetric("m"))
    assert names(found.worst) == ["a", "b"]
    assert [case.verdict for case in found.worst] == ["error", "error"]
    (value,) = found.worst[0].values
    assert (value.baseline, value.current, value.current_trials, value.rationale) == (
        1.0,
        None,
        0,
        "scorer: no",
    )
    assert found.worst[1].error == "setup: no"


def test_case_says_what_the_current_run_knows_of_it(changed, result):
    why = Assessment(PASSED, False, rationale="says 14 days")
    before = [result("a", {"passed": True}, specs={"passed": PASSED}, tags={"topic": "old"})]
    now = [result("a", assessments=(why,), tags={"topic": "refund"}, error="assert", nodeid="t.py::test[a]")]
    (case,) = changed(before, now, WatchedMetric("passed")).worst
    assert (case.test, case.dataset) == ("tests/test_qa.py::test_answers", "qa")
    assert (case.tags, case.error, case.nodeid) == ({"topic": "refund"}, "assert", "t.py::test[a]")
    (value,) = case.values
    assert (value.baseline, value.current, value.rationale) == (True, False, "says 14 days")


def test_rationale_is_that_of_the_worst_trial(changed, result):
    def trial(number, passed, why):
        return result("a", assessments=(Assessment(PASSED, passed, rationale=why),), trial=number)

    before = [trial(t, True, "fine") for t in range(3)]
    now = [trial(0, True, "good"), trial(1, False, "bad"), trial(2, True, "good")]
    (case,) = changed(before, now, WatchedMetric("passed")).worst
    (value,) = case.values
    assert value.rationale == "bad"
    assert (value.baseline, value.current) == (1.0, pytest.approx(2 / 3))
    assert (value.baseline_trials, value.current_trials) == (3, 3)


def test_nothing_watched_is_nothing_changed(changed, result):
    assert changed([result("a", {"m": 1.0})], [result("a", {"m": 0.0})]) == ChangedCases()


def test_unknown_metric_is_nothing_changed(changed, result):
    cases = [result("a", {"m": 1.0})]
    assert changed(cases, cases, WatchedMetric("nobody")) == ChangedCases()


@pytest.mark.parametrize("trials", [1, 4])
def test_changed_cases_agree_with_a_look_at_each_case(changed, result, trials):
    rng = random.Random(trials)
    sides = [
        [
            result(f"c{i}", {"m": rng.random(), "n": rng.choice([True, False])}, trial=t)
            for i in range(50)
            for t in range(trials)
        ]
        for _ in range(2)
    ]
    watched = (WatchedMetric("m", threshold=0.3, tolerance=0.1), WatchedMetric("n", "lower"))
    found = changed(*sides, *watched)

    def mean(side, case, name):
        values = [
            a.value for r in side for a in r.assessments if r.key.case_id == case and a.metric.name == name
        ]
        return sum(values) / len(values)

    worse, better = set(), set()
    for case in {f"c{i}" for i in range(50)}:
        m = mean(sides[1], case, "m") - mean(sides[0], case, "m")
        n = mean(sides[0], case, "n") - mean(sides[1], case, "n")
        signs = [m] * (abs(m) >= 0.3) + [n] * (abs(n) > 1e-12)
        if any(sign < 0 for sign in signs):
            worse.add(case)
        elif signs:
            better.add(case)
    assert {*names(found.worst)} == worse
    assert {*names(found.best)} == better
    assert (found.worse, found.better) == (len(worse), len(better))


@pytest.mark.parametrize(
    ("before", "now", "fails"),
    [
        ([True], [False], True),
        ([True], [True], False),
        ([False], [False], False),
        ([True, True, True], [True, False, False], True),
        ([True, True, True], [True, True, False], False),
        ([True, True], [True, False], False),
        ([True, False, True], [False, False, False], False),
        ([True, RuntimeError("x")], [False, False], False),
        ([True], [RuntimeError("x")], True),
        ([True, None], [False], True),
        ([1.0], [0.0], False),
    ],
    ids=str,
)
def test_newly_failing_passed_every_trial_and_fails_most_now(store, record, result, before, now, fails):
    record("r1", [result("a", {"passed": value}, trial=t) for t, value in enumerate(before)])
    record("r2", [result("a", {"passed": value}, trial=t) for t, value in enumerate(now)])
    found = store.newly_failing("r1", "r2", metric="passed", limit=10)
    assert found.count == len(found.cases) == int(fails)


def test_newly_failing_counts_a_case_that_crashed_before_its_scorer(store, record, result):
    record("r1", [result("a", {"m": True}), result("b", {"m": False})])
    record("r2", [result(c, error="setup", outcome="error") for c in "ab"] + [result("z", {"m": True})])
    (case,) = store.newly_failing("r1", "r2", metric="m", limit=10).cases
    assert (case.case_id, case.verdict) == ("a", "error")


def test_newly_failing_is_capped_and_describes_its_cases(store, record, result):
    record("r1", [result(c, {"m": True}) for c in "abc"])
    record("r2", [replace(result(c, {"m": False}), tags={"must_pass": "true"}) for c in "abc"])
    found = store.newly_failing("r1", "r2", metric="m", limit=2)
    assert (found.count, names(found.cases)) == (3, ["a", "b"])
    assert found.cases[0].tags == {"must_pass": "true"}
    assert found.cases[0].values[0].current is False
