"""What of a trial a session stores that another session stores too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.model.stored_trial import StoredTrial
from pytest_vtrack.workflow.own_trials import OwnTrials

KEY = CaseKey("t.py::t", "qa", "a", "d1", "")
THERE = StoredTrial(
    KEY,
    trial=0,
    attempt=0,
    nodeid="t.py::t[a]",
    outcome="passed",
    duration_s=0.25,
    completed=True,
    unfinished=None,
    passed=True,
    why=None,
    fingerprints=frozenset(),
)
BROKEN = replace(THERE, outcome="failed", completed=False, unfinished="OSError: no network")


def result(attempt=0, duration_s=1.0):
    return CaseResult(KEY, nodeid="t.py::t[a]", outcome="passed", attempt=attempt, duration_s=duration_s)


@pytest.mark.parametrize(
    ("there", "fresh", "attempts", "kept"),
    [
        pytest.param(THERE, [result()], [], 1, id="another's finished result stays"),
        pytest.param(THERE, [result(), result(1)], [], 1, id="also beside several attempts"),
        pytest.param(BROKEN, [result()], [1], 0, id="one that has not finished is superseded"),
        pytest.param(BROKEN, [result(), result(1)], [1, 2], 0, id="by every attempt"),
        pytest.param(BROKEN, [result(1)], [1], 0, id="an attempt that is later anyway keeps its number"),
        pytest.param(replace(THERE, counts=False), [result()], [1], 0, id="set aside before"),
        pytest.param(THERE, [result(duration_s=0.25)], [], 0, id="stored before the connection was lost"),
        pytest.param(THERE, [result(duration_s=0.25), result(1)], [1], 0, id="one of two was stored"),
    ],
)
def test_what_is_stored_beside_another_session(there, fresh, attempts, kept):
    own = OwnTrials()
    assert [each.attempt for each in own.choose(there, fresh)] == attempts
    own.stored(fresh)
    assert len(own.kept) == kept


def test_an_attempt_of_its_own_supersedes_what_finished():
    own = OwnTrials()
    own.stored([result()])
    assert [each.attempt for each in own.choose(THERE, [result(1)])] == [1]


def test_later_attempts_follow_the_first_one():
    own = OwnTrials()
    own.choose(BROKEN, [result()])
    own.stored([result()])
    assert [each.attempt for each in own.choose(replace(THERE, attempt=1), [result(1)])] == [2]


def test_what_was_chosen_counts_only_once_it_is_stored():
    own = OwnTrials()
    own.choose(BROKEN, [result()])  # the transaction is begun again, and the other session was faster
    assert own.choose(replace(THERE, attempt=1), [result()]) == []
    own.stored([result()])
    assert len(own.kept) == 1
