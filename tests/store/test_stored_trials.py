"""What a run has of each trial, and letting trials no longer count."""

from __future__ import annotations

from pytest_vtrack.model.assessment import COMPLETED, COST, PASSED, Assessment, MetricSpec
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion


def begin(store, run_id="r"):
    store.begin(Run(run_id, "bot", AppVersion("v1"), started_at=1.0, expected=3))


def judged(passed, completed, *more, why=None):
    return (Assessment(PASSED, passed, rationale=why), Assessment(COMPLETED, completed), *more)


def test_each_trial_is_returned_with_what_was_said_of_it(store, result):
    begin(store)
    begin(store, "other")
    scored = Assessment(MetricSpec("right", "f9"), 1.0)
    store.add(
        "r",
        [
            result("a", assessments=judged(True, True, scored, Assessment(COST, 0.25)), duration_s=2.0),
            result("a", trial=1, outcome="failed", assessments=judged(False, True, why="Assertion: no")),
            result("b", outcome="failed", error="OSError: gone", assessments=judged(False, False)),
            result("c", outcome="skipped"),
        ],
    )
    store.add("other", [result("a")])
    found = {(each.key.case_id, each.trial): each for each in store.stored_trials("r")}
    assert len(found) == 4
    first = found["a", 0]
    assert (first.outcome, first.completed, first.passed, first.why) == ("passed", True, True, None)
    assert (first.duration_s, first.cost, first.attempt, first.counts) == (2.0, 0.25, 0, True)
    assert first.fingerprints == {PASSED.fingerprint, COMPLETED.fingerprint, COST.fingerprint, "f9"}
    assert (found["a", 1].passed, found["a", 1].why) == (False, "Assertion: no")
    assert (found["b", 0].completed, found["b", 0].why) == (False, "OSError: gone")
    assert (found["c", 0].completed, found["c", 0].passed, found["c", 0].cost) == (False, None, None)


def test_what_paid_scorers_cost_counts(store, result):
    begin(store)
    one = Assessment(MetricSpec("kind", "f1"), 1.0, source="llm_judge", metadata={"judge.cost": 0.5})
    other = Assessment(MetricSpec("apt", "f2"), None, error="refused", metadata={"cost": 0.25, "n": 1})
    free = Assessment(MetricSpec("brief", "f3"), 1.0, metadata={"words": "what it cost"})
    store.add(
        "r",
        [
            result("a", assessments=judged(True, True, one, other, free, Assessment(COST, 2.0))),
            result("b", assessments=judged(True, True, one)),
            result("c", assessments=judged(True, True, free)),
        ],
    )
    assert {each.key.case_id: each.cost for each in store.stored_trials("r")} == {
        "a": 2.75,
        "b": 0.5,
        "c": None,
    }


def test_the_highest_attempt_is_returned(store, result):
    begin(store)
    store.add("r", [result("a", outcome="failed", assessments=judged(False, False))])
    store.add("r", [result("a", attempt=1, assessments=judged(True, True))])
    (only,) = store.stored_trials("r")
    assert (only.attempt, only.completed, only.outcome) == (1, True, "passed")


def test_what_is_set_aside_stays_and_does_not_count(store, result):
    begin(store)
    gone, kept = result("gone", {"m": 1.0}, test="t.py::old"), result("kept", {"m": 0.0})
    store.add("r", [gone, kept])
    store.set_aside("r", [(gone.key, 0), (result("never").key, 0)])
    assert [each.key.case_id for each in store.results("r")] == ["kept"]
    assert len(list(store.results("r", all_attempts=True))) == 2
    assert {each.key.case_id: each.counts for each in store.stored_trials("r")} == {
        "gone": False,
        "kept": True,
    }
    run = store.finish("r", status="complete", reason=None, ended_at=2.0)
    assert run.stored == 1
    assert [(side.cases, side.mean) for side in store.metric_summaries("r")] == [(1, 0.0)]


def test_what_was_set_aside_may_come_back_as_a_later_attempt(store, result):
    begin(store)
    store.add("r", [result("a", {"m": 1.0})])
    store.set_aside("r", [(result("a").key, 0)])
    store.add("r", [result("a", {"m": 0.5}, attempt=1)])
    assert [each.assessments[0].value for each in store.results("r")] == [0.5]
    assert [each.assessments[0].value for each in store.results("r", all_attempts=True)] == [1.0, 0.5]
    run = store.finish("r", status="complete", reason=None, ended_at=2.0)
    assert run.stored == 1


def test_a_test_that_is_gone_is_no_longer_noted(store, result, record):
    record("before", [result("a", {"m": 1.0}, test="t.py::old")])
    begin(store)
    store.add("r", [result("a", {"m": 1.0}, test="t.py::gone"), result("a", {"m": 1.0}, test="t.py::new")])
    store.set_aside("r", [(result("a", test="t.py::gone").key, 0)])
    assert store.case_relation("before", "r").counts.shared == 1  # the one test is the other, renamed
