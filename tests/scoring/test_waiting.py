from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import pytest

from pytest_vtrack.model.assessment import Feedback
from pytest_vtrack.scoring.apart import for_whom
from pytest_vtrack.scoring.judging.asking import _silent_context
from pytest_vtrack.scoring.protocol import as_scorer, scorer
from pytest_vtrack.scoring.runner import ScoringContext, run_scorers
from pytest_vtrack.scoring.waiting import ask, waits


def plain(outputs):
    return outputs == 1


async def awaited(outputs, inputs):
    await asyncio.sleep(0)
    return inputs["n"] + outputs


class AsyncObject:
    name = "object"

    async def __call__(self, outputs):
        return [Feedback(0.5, "half", name="half"), Feedback(outputs, name="whole")]


async def refuses(outputs):
    raise ValueError("no")


async def gives_up(outputs):
    raise asyncio.CancelledError("by myself")


def needs_baseline(baseline):
    return baseline


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (plain, False),
        ("exact_match", False),
        (awaited, True),
        (AsyncObject(), True),
        (scorer(plain, paid=True), True),
        (scorer(plain, timeout=5), True),
        (scorer(plain, retries=1), True),
    ],
    ids=["function", "built-in", "async", "async object", "paid", "time limit", "retries"],
)
def test_scorers_that_wait_are_known_by_what_they_declare(declared, expected):
    assert waits(as_scorer(declared, where="here")) is expected


def in_order(scorers, context):
    with asyncio.Runner() as runner:
        return run_scorers(scorers, context, await_=runner.run)


def test_told_answers_are_those_of_scorers_that_are_asked_in_their_turn():
    def thread(outputs):
        return threading.current_thread().name

    functions = [
        scorer(plain, name="paid", paid=True),
        awaited,
        AsyncObject(),
        refuses,
        gives_up,
        scorer(needs_baseline, name="limited", timeout=5),
        scorer(thread, timeout=5),
    ]
    scorers = [as_scorer(each, where="here") for each in functions]
    context = ScoringContext(inputs={"n": 2}, outputs=1, baseline=lambda: 3.0)
    answers = {}
    asyncio.run(ask(scorers, context, answers))
    told = [answers[each].told() for each in scorers]

    def never(_):
        raise AssertionError("nothing is awaited any more")

    found = run_scorers(told, ScoringContext(), await_=never)
    assert found == in_order(scorers, context)
    assert [each.metric.name for each in found][:4] == ["paid", "awaited", "half", "whole"]
    assert next(each.error for each in found if each.error).startswith("ValueError: no (test_waiting.py")


def test_what_is_cancelled_has_no_answer_and_what_was_said_stays():
    async def endless(outputs):
        await asyncio.Event().wait()

    async def cancelled(scorers, answers):
        asked = asyncio.create_task(ask(scorers, ScoringContext(outputs=1, inputs={"n": 1}), answers))
        while len(answers) < 1:
            await asyncio.sleep(0)
        asked.cancel()
        with suppress(asyncio.CancelledError):
            await asked
        return asked.cancelled()

    scorers = [as_scorer(each, where="here") for each in (endless, awaited)]
    answers = {}
    assert asyncio.run(cancelled(scorers, answers))
    assert [each.name for each in answers] == ["awaited"]


def ends_early(outputs):
    return next(each for each in () if each == outputs)


async def leaves(outputs):
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (scorer(ends_early, paid=True), "StopIteration (test_waiting.py:"),
        (scorer(ends_early, timeout=60), "StopIteration (test_waiting.py:"),
        (leaves, "SystemExit: 3 (test_waiting.py:"),
    ],
    ids=["in a thread", "in a thread with a time limit", "out of the event loop"],
)
def test_what_an_event_loop_cannot_carry_is_said_in_its_turn(function, said):
    asked = as_scorer(function, where="here")
    answers = {}
    asyncio.run(ask([asked], ScoringContext(outputs=1), answers))
    (assessment,) = run_scorers([answers[asked].told()], ScoringContext(), await_=asyncio.run)
    assert said in assessment.error


def test_what_a_judge_prints_stays_with_its_case():
    token = for_whom.set("the case")
    try:
        assert _silent_context().run(for_whom.get) == "the case"
    finally:
        for_whom.reset(token)
