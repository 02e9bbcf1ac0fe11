"""The event loop of a session: what one coroutine raises is nobody else's."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import time
import warnings
from concurrent.futures import Future

import pytest

from pytest_vtrack.plugin.loop import SessionLoop
from pytest_vtrack.scoring.loop_timer import LoopTimer


class Unreadable(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


RAISED = [SystemExit(3), Unreadable(), asyncio.CancelledError("by the client"), ValueError("no")]


@pytest.fixture
def loop():
    loop = SessionLoop()
    yield loop
    loop.close()


async def raises(error):
    await asyncio.sleep(0)
    raise error


async def answer():
    await asyncio.sleep(0)
    return 1


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_the_next_coroutine_runs_whatever_one_has_raised(loop, error):
    with pytest.raises(type(error)) as raised:
        loop.run(raises(error))
    assert raised.value is error
    assert loop.run(answer()) == 1


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_a_thread_gets_what_its_coroutine_raises_and_the_loop_goes_on(loop, error):
    ended: Future[object] = Future()

    def ask():
        try:
            loop.run_from_thread(raises(error))
        except BaseException as raised:
            ended.set_result(raised)

    async def goes_on():
        threading.Thread(target=ask).start()
        return await asyncio.wrap_future(ended)

    assert loop.loop is not None
    assert loop.run(goes_on()) is error
    assert loop.run(answer()) == 1


def test_each_coroutine_has_the_context_of_now_and_leaves_nothing_in_it(loop):
    word = contextvars.ContextVar("word", default="none")

    async def says():
        said = word.get()
        word.set("of another")
        return said

    assert loop.run(says()) == "none"
    assert loop.run(says()) == "none"
    token = word.set("of a fixture")
    assert loop.run(says()) == "of a fixture"
    word.reset(token)


def test_a_coroutine_that_is_cancelled_from_outside_is(loop):
    async def cancelled():
        asyncio.current_task().cancel()
        await asyncio.sleep(60)

    with pytest.raises(asyncio.CancelledError):
        loop.run(cancelled())
    assert loop.run(answer()) == 1


async def limited(*, steps):
    async with LoopTimer(0.1):
        for _ in range(steps):
            await asyncio.sleep(0.02)
    return steps


def test_a_limit_does_not_count_the_time_for_which_the_loop_stands_still(loop):
    task = loop.loop.create_task(limited(steps=2))
    loop.turn()
    time.sleep(0.2)  # as a scorer of another case may take
    loop.wait([task], None)
    assert task.result() == 2


def test_a_limit_holds_where_the_loop_stood_still(loop):
    task = loop.loop.create_task(limited(steps=10_000))
    loop.turn()
    time.sleep(0.2)
    loop.wait([task], None)
    assert isinstance(task.exception(), TimeoutError)


def test_a_loop_that_runs_already_refuses_and_leaves_nothing_behind(loop):
    async def inside():
        coroutine = answer()
        with pytest.raises(RuntimeError, match="running event loop"):
            loop.run(coroutine)
        coroutine.close()

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        asyncio.run(inside())
        gc.collect()
    assert [str(each.message) for each in seen] == []


def test_a_loop_that_cannot_be_made_is_told_each_time_and_needs_no_end(monkeypatch):
    def refuse(*args):
        raise OSError("no sockets here")

    loop = SessionLoop()
    with monkeypatch.context() as forbidden, warnings.catch_warnings():
        forbidden.setattr(asyncio, "new_event_loop", refuse)
        forbidden.setattr(asyncio.events, "new_event_loop", refuse)
        warnings.simplefilter("error")
        for _ in range(2):
            coroutine = answer()
            with pytest.raises(OSError, match="no sockets here"):
                loop.run(coroutine)
            coroutine.close()
        with pytest.raises(OSError, match="no sockets here"):
            loop.turn()
        loop.close()
        gc.collect()
    assert loop.run(answer()) == 1
    loop.close()
