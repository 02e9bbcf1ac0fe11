from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.tags import MEASURED_AGAINST
from pytest_vtrack.workflow.comparing import compare


def cases(count, wrong=(), start=0):
    return {f"q{n}": n not in wrong for n in range(start, start + count)}


def verdict(store, old, new, **policy):
    return compare(store, old, new, Policy(**policy))


@pytest.mark.parametrize(
    ("wrong", "expected"), [((), "ok"), (range(15), "regressed"), (range(3), "not_sure")]
)
def test_the_overall_verdict(store, record, wrong, expected):
    old = record("v1", cases(40))
    assert verdict(store, old, record("v2", cases(40, wrong))).verdict == expected


def test_an_improvement_is_called_one(store, record):
    old = record("v1", cases(40, range(15)))
    found = verdict(store, old, record("v2", cases(40)))
    assert found.verdict == "improved"
    assert (found.cases.worse, found.cases.better) == (0, 15)


def test_runs_that_share_too_few_cases_are_no_baseline_for_each_other(store, record):
    old = record("v1", cases(40))
    assert verdict(store, old, record("v2", cases(40, start=40))).verdict == "no_baseline"
    assert verdict(store, old, record("v3", cases(40, start=38))).verdict == "no_baseline"
    assert verdict(store, old, record("v4", cases(40, start=20))).verdict != "no_baseline"


def test_a_small_chosen_part_is_compared_with_what_it_shares(store, record):
    old = record("v1", cases(400))
    found = verdict(store, old, record("v2", cases(3), status="partial", reason="-k q1"))
    assert found.verdict == "ok"
    assert found.gone_cases == ()
    assert found.cases.shared == 3


@pytest.mark.parametrize(("names", "gone"), [(["z0", "z1"], False), (["z0", "q1"], True)])
def test_a_metric_that_only_cases_left_out_had_is_not_gone(store, record, names, gone):
    old = record("v1", cases(40))
    some = next(store.results(old.id))
    depth = Assessment(MetricSpec("depth", "depth/1"), 1.0)
    deep = [replace(some, key=replace(some.key, case_id=name), attempt=1) for name in names]
    store.add(old.id, [replace(each, assessments=(*each.assessments, depth)) for each in deep])
    found = verdict(store, old, record("v2", cases(3), status="partial", reason="-k q"))
    assert ("depth" in [each.name for each in found.metrics]) is gone
    assert (found.verdict == "ok") is not gone
    whole = verdict(store, old, record("v3", cases(40)))
    assert "depth" in [each.name for each in whole.metrics], "a whole run has no such excuse"


def test_cases_are_told_apart_as_new_and_gone(store, record):
    old = record("v1", cases(20))
    found = verdict(store, old, record("v2", cases(20, start=2)))
    assert found.new_cases == ("q20", "q21")
    assert found.gone_cases == ("q0", "q1")


def test_a_changed_scorer_makes_its_metric_not_comparable(store, record):
    old = record("v1", cases(20))
    new = record("v2", cases(20, range(15)), spec=MetricSpec("right", "right/2"))
    (right,) = [each for each in verdict(store, old, new).metrics if each.name == "right"]
    assert (right.verdict, right.reason) == ("not_comparable", "fingerprint")


def test_what_must_pass_fails_the_run_by_itself(store, record):
    spec = MetricSpec("right", "right/1", must_pass=True, tolerance=0.5)
    old = record("v1", cases(40), spec=spec)
    found = verdict(store, old, record("v2", cases(40, [7]), spec=spec))
    assert found.verdict == "regressed"
    assert found.must_pass_failures == ("q7",)


def test_a_plain_test_that_fails_newly_fails_the_run_by_itself(store, record):
    old = record("v1", cases(40), dataset="")
    found = verdict(store, old, record("v2", cases(40, [7]), dataset=""))
    assert found.verdict == "regressed"
    assert found.must_pass_failures == ("q7",)
    again = verdict(store, record("v3", cases(40, [7]), dataset=""), record("v4", cases(40, [7]), dataset=""))
    assert again.verdict == "ok", "what failed in both is no news"


def test_the_user_is_warned_of_what_makes_a_comparison_doubtful(store, record):
    old = record("v1", cases(20), env="staging", status="partial", reason="-k x")
    warnings = verdict(store, old, record("v2", cases(20))).warnings
    assert any("environment 'staging', this run in 'dev'" in each for each in warnings)
    assert any("the baseline's run is partial (-k x)" in each for each in warnings)
    same = record("v3", cases(20))
    assert any("compared with itself" in each for each in verdict(store, same, same).warnings)


def again(store, record, old, commit):
    """Record the same version once more, compare, and keep the verdict as a session does."""
    found = compare(store, old, record("v2", cases(40, range(15)), commit=commit), Policy())
    store.save_verdict(found, exit_code=10, at=1.0)
    return [each for each in found.warnings if "another chance for luck" in each]


def test_running_the_same_commit_again_until_it_passes_is_said(store, record):
    old = record("v1", cases(40))
    assert again(store, record, old, "abc") == []
    (warning,) = again(store, record, old, "abc")
    assert warning.startswith(
        "this commit was compared with this baseline before (1 regressed); each further"
    )
    assert again(store, record, old, "def") == []


def test_work_in_progress_may_be_run_as_often_as_one_likes(store, record):
    old = record("v1", cases(40))
    assert [again(store, record, old, None) for _ in range(3)] == [[], [], []]


def test_a_metric_that_compares_with_the_baseline_is_decided_only_against_that_baseline(store, record):
    spec = MetricSpec("right", "builtin:unchanged/1:a", kind="bool")
    first, old = record("v1", cases(20), spec=spec), record("v2", cases(20), spec=spec)
    new = record("v3", cases(20, range(15)), spec=spec)
    store.update_run(new.id, tags={MEASURED_AGAINST: old.id})
    new = store.run(new.id)

    def right(baseline):
        found = verdict(store, baseline, new)
        return next(each for each in found.metrics if each.name == "right"), found.verdict

    against_old, overall = right(old)
    assert (against_old.verdict, against_old.baseline, against_old.current) == ("worse", 1.0, 0.25)
    assert overall == "regressed"
    against_first, overall = right(first)
    assert (against_first.verdict, against_first.gate, overall) == ("not_comparable", False, "ok")
