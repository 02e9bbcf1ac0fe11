"""What has been scored, and reading trials in pieces with everything that was said of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.store import Store

OLD, NEW = MetricSpec("right", "f1"), MetricSpec("right", "f2")
OTHER = "tests/test_other.py::test_tone"


def test_the_tests_that_lack_a_metric_are_told(
    store: Store, record: Callable[..., Run], result: Callable[..., CaseResult]
) -> None:
    record("r1")
    first = result("q0", {"right": True})
    store.add("r1", [first, result("q1", {"right": ValueError("no")})])
    store.add(
        "r1", [result("q2", {"tone": 1.0}, test=OTHER), result("q3", {}, test=OTHER, outcome="skipped")]
    )
    found = store.stored_scores("r1")
    assert found.tests == {first.key.test, OTHER}
    assert found.lacking == {("right", "f1"): {OTHER}, ("tone", "f1"): {first.key.test}}


def test_a_metric_that_was_superseded_is_lacked_again(
    store: Store, record: Callable[..., Run], result: Callable[..., CaseResult]
) -> None:
    record("r1")
    first = result("q0", {"right": True})
    store.add("r1", [first])
    store.add("r1", [replace(first, attempt=1, assessments=(Assessment(NEW, False),))])
    assert store.stored_scores("r1").lacking == {("right", "f1"): {first.key.test}, ("right", "f2"): set()}
    summary = store.metric_summaries("r1")
    assert [(each.spec, each.cases) for each in summary] == [(NEW, 1)]


def test_trials_come_in_pieces_each_with_all_attempts(
    store: Store, record: Callable[..., Run], result: Callable[..., CaseResult]
) -> None:
    record("r1")
    stored = [result(f"q{n}", {"right": True}, trial=trial) for n in range(5) for trial in range(2)]
    again = replace(stored[3], attempt=1, assessments=(Assessment(NEW, False),))
    store.add("r1", stored)
    store.add("r1", [again])
    read, after = [], None
    while True:
        piece, after = store.some_trials("r1", after=after, limit=3)
        if after is None:
            break
        assert len(piece) <= 3
        read += piece
    assert [attempts for attempts in read if len(attempts) > 1] == [[stored[3], again]]
    assert sorted((each.key.case_id, each.trial) for each, *_ in read) == [
        (each.key.case_id, each.trial) for each in stored
    ]


def test_trials_are_read_from_a_case_on(
    store: Store, record: Callable[..., Run], result: Callable[..., CaseResult]
) -> None:
    record("r1")
    record("r2")
    stored = [result(f"q{n}", {"right": True}) for n in range(5)]
    store.add("r1", stored)
    store.add("r2", stored[:2])
    first, *others = store.trials_from_case("r1", stored[0].key, limit=2)
    assert first == [stored[0]]
    assert all(each[0] in stored[1:] for each in others)
    assert store.trials_from_case("r2", stored[3].key, limit=2) == []
    assert store.trials_from_case("r1", CaseKey("t", "qa", "gone"), limit=2) == []
