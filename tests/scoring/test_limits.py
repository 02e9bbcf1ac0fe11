from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
import time
from functools import partial

import pytest

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import Feedback
from pytest_vtrack.scoring import configured, limits
from pytest_vtrack.scoring.protocol import scorer
from pytest_vtrack.scoring.runner import ScoringContext, run_scorers


@pytest.fixture(autouse=True)
def _hardly_waiting(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_WAIT_S", 0.001)


def scored(declared, **context):
    """Score as a session does that has one event loop."""
    with asyncio.Runner() as runner:
        (assessment,) = run_scorers([declared], ScoringContext(**context), await_=runner.run)
    return assessment


class Flaky:
    """Fails so often, then says what it is given."""

    def __init__(self, failures, answer=True, error=ConnectionError):
        self.failures, self.answer, self.error, self.calls = failures, answer, error, 0

    def __call__(self, outputs):
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error(f"attempt {self.calls}")
        return self.answer


class FlakyAsync(Flaky):
    async def __call__(self, outputs):
        await asyncio.sleep(0)
        return super().__call__(outputs)


@pytest.mark.parametrize("kind", [Flaky, FlakyAsync, lambda *_: partial(Flaky(2).__call__)])
def test_a_call_that_fails_is_made_again_and_the_attempts_are_kept(kind):
    assessment = scored(scorer(kind(2), retries=2, version=1, name="f"))
    assert (assessment.value, assessment.error) == (True, None)
    assert assessment.metadata == {"attempts": 3}


@pytest.mark.parametrize("kind", [Flaky, FlakyAsync])
def test_where_no_attempt_succeeds_the_last_error_stands_with_their_number(kind):
    flaky = kind(9)
    assessment = scored(scorer(flaky, retries=2, version=1))
    assert (assessment.value, flaky.calls) == (None, 3)
    assert assessment.error.startswith("ConnectionError: attempt 3 (test_limits.py:")
    assert assessment.error.endswith("(3 attempts)")
    assert assessment.metadata == {"attempts": 3}


def test_the_first_answer_is_taken_as_it_is():
    assessment = scored(scorer(Flaky(0, 0.5), retries=5, version=1))
    assert (assessment.value, assessment.metadata) == (0.5, {})


@pytest.mark.parametrize(
    ("retry_on", "calls"),
    [(None, 3), (ConnectionError, 3), (OSError, 3), ((KeyError, ConnectionError), 3), (KeyError, 1)],
)
def test_only_named_errors_are_tried_again(retry_on, calls):
    flaky = Flaky(9)
    assessment = scored(scorer(flaky, retries=2, retry_on=retry_on, version=1))
    assert flaky.calls == calls
    assert ("attempts)" in assessment.error) == (calls > 1)


def test_the_end_of_an_asynchronous_iterator_is_an_error_like_any_other():
    async def last(outputs):
        await anext(aiter(outputs))

    async def nothing():
        return
        yield

    assessment = scored(scorer(last, retries=2, retry_on=KeyError, version=1), outputs=nothing())
    assert assessment.error.startswith("StopAsyncIteration")


def test_attempts_are_kept_on_every_feedback():
    flaky = Flaky(1, [Feedback(1.0, name="a", metadata={"x": 1}), Feedback(None, name="b")])
    declared = scorer(flaky, retries=1, version=1)
    with asyncio.Runner() as runner:
        a, b = run_scorers([declared], ScoringContext(), await_=runner.run)
    assert (a.metadata, b.metadata) == ({"x": 1, "attempts": 2}, {"attempts": 2})


@pytest.mark.parametrize(
    ("answer", "value"), [(None, None), ("a", "a"), (False, False), (Feedback(2.0, "why"), 2.0)]
)
def test_whatever_a_scorer_may_return_it_may_return_late(answer, value):
    assessment = scored(scorer(Flaky(1, answer), retries=1, version=1))
    assert (assessment.value, assessment.error) == (value, None)


def test_what_is_no_score_stays_an_error():
    assessment = scored(scorer(Flaky(1, [1, 2]), retries=1, version=1))
    assert assessment.error.startswith("returned a list of int")


def test_a_synchronous_scorer_that_hangs_is_left_behind():
    never = threading.Event()
    assessment = scored(scorer(lambda: never.wait(), timeout=0.02, name="hangs", version=1))
    never.set()
    assert assessment.value is None
    assert assessment.error.startswith("TimeoutError: no answer within timeout=0.02 s")


def test_an_asynchronous_scorer_that_hangs_is_cancelled():
    ended = []

    async def hangs():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    assessment = scored(scorer(hangs, timeout=0.02, version=1))
    assert assessment.error.startswith("TimeoutError: no answer within timeout=0.02 s")
    assert ended == [True]


def test_an_awaitable_that_a_plain_function_returns_has_the_same_limit():
    assessment = scored(scorer(lambda: asyncio.sleep(60), timeout=0.02, name="s", version=1))
    assert assessment.error.startswith("TimeoutError: no answer within")


def test_time_outs_are_tried_again_and_counted():
    assessment = scored(scorer(lambda: asyncio.sleep(60), timeout=0.01, retries=1, name="s", version=1))
    assert assessment.error.endswith("(2 attempts)")


def test_a_coroutine_that_comes_after_the_time_limit_is_closed():
    came = []

    def slow():
        time.sleep(0.1)
        came.append(asyncio.sleep(0))
        return came[0]

    assert "no answer within" in scored(scorer(slow, timeout=0.01, name="s", version=1)).error
    until = time.monotonic() + 5
    while not (came and inspect.getcoroutinestate(came[0]) == inspect.CORO_CLOSED):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_time_out_of_the_scorer_itself_keeps_its_words():
    assessment = scored(scorer(Flaky(9, error=TimeoutError), timeout=5, version=1))
    assert assessment.error.startswith("TimeoutError: attempt 1")


def test_a_limited_scorer_may_run_an_event_loop_of_its_own():
    async def answer():
        return 0.5

    assert scored(scorer(lambda: asyncio.run(answer()), timeout=5, name="own", version=1)).value == 0.5


def test_a_limited_scorer_sees_context_variables():
    seen = contextvars.ContextVar("seen", default="nothing")
    seen.set("mine")
    assert scored(scorer(lambda: seen.get(), timeout=5, name="seen", version=1)).value == "mine"


def test_a_limited_scorer_is_called_directly_without_limits():
    @scorer(timeout=5, retries=2)
    def short(outputs):
        return len(outputs) < 5

    assert short("abc") is True
    assert short.__wrapped__("abcdef") is False
    assert short.parameters == ("outputs",)


def test_limits_are_no_part_of_the_fingerprint():
    def short(outputs):
        return len(outputs) < 5

    assert scorer(short, timeout=5, retries=2).fingerprint == scorer(short).fingerprint


def test_scorers_without_limits_are_called_as_they_are():
    def short(outputs):
        return len(outputs) < 5

    assert scorer(short).function is short


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"timeout": 0}, "timeout=0 must be a number of seconds above 0"),
        ({"timeout": float("inf")}, "timeout=inf must be"),
        ({"timeout": "5"}, "timeout='5' must be"),
        ({"timeout": True}, "timeout=True must be"),
        ({"retries": -1}, "retries=-1 must be a whole number from 0 up"),
        ({"retries": 1.5}, "retries=1.5 must be"),
        ({"retries": True}, "retries=True must be"),
        ({"retries": 1, "retry_on": "all"}, "retry_on='all' must be an exception class"),
        ({"retries": 1, "retry_on": (int,)}, "must be an exception class or a tuple of them"),
        ({"retries": 1, "retry_on": KeyboardInterrupt}, "must be an exception class"),
        ({"retry_on": OSError}, "retry_on= says when to try again, but retries= is not given"),
        ({"paid": "yes"}, "paid='yes' must be True or False"),
    ],
)
def test_limits_that_cannot_be_are_refused(declared, message):
    with pytest.raises(ScorerError, match=r"scorer 'f'.*") as refused:
        scorer(lambda: 1, name="f", **declared)
    assert message in str(refused.value)


def test_retries_without_tenacity_are_refused_at_once(monkeypatch):
    monkeypatch.setattr(configured, "find_spec", lambda name: None)
    with pytest.raises(ScorerError, match=r"retries=1: needs tenacity.*pip install 'pytest-vtrack\[retry\]'"):
        scorer(lambda: 1, name="f", retries=1)


@pytest.mark.parametrize(
    ("declared", "paid"), [({}, False), ({"paid": True}, True), ({"paid": False}, False)]
)
def test_a_scorer_says_whether_it_is_paid(declared, paid):
    assert scorer(lambda: 1, name="f", **declared).paid is paid


def test_what_an_object_says_of_being_paid_counts_unless_declared_otherwise():
    class Judge:
        paid = True

        def __call__(self, outputs):
            return True

    assert scorer(Judge()).paid is True
    assert scorer(Judge(), paid=False).paid is False
