"""Threads for synchronous calls, also where the system allows few."""

from __future__ import annotations

import threading
from contextvars import Context

import pytest

from pytest_vtrack.plugin.concurrency.workers import Workers


@pytest.fixture
def allowed(monkeypatch):
    """Let only so many threads be started, as a limit of processes does."""

    def allowed(number):
        left, start = [number], threading.Thread.start

        def limited(thread):
            if not left[0]:
                raise RuntimeError("can't start new thread")
            left[0] -= 1
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", limited)

    return allowed


@pytest.mark.parametrize(("number", "told"), [(1, 1), (3, 3), (10, None)])
def test_jobs_wait_for_the_threads_that_there_are(allowed, number, told):
    allowed(number)
    workers, begun, go, over = Workers(), threading.Semaphore(0), threading.Event(), threading.Semaphore(0)
    ran_in = []

    def job():
        ran_in.append(threading.current_thread())
        begun.release()
        go.wait(30)

    for _ in range(10):
        workers.submit(job, Context(), over.release)
    assert all(begun.acquire(timeout=30) for _ in range(number))
    go.set()
    assert all(over.acquire(timeout=30) for _ in range(10))
    assert len(set(ran_in)) == number
    assert workers.allowed == told


def test_without_any_thread_a_job_is_refused(allowed):
    allowed(0)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        Workers().submit(lambda: None, Context(), lambda: None)


def test_a_thread_that_ended_is_not_waited_for(allowed, monkeypatch):
    monkeypatch.setattr(Workers, "IDLE_S", 0.01)
    allowed(1)
    workers, over = Workers(), threading.Event()
    workers.submit(lambda: None, Context(), over.set)
    assert over.wait(30)
    for thread in workers._threads.copy():
        thread.join(30)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        workers.submit(lambda: None, Context(), lambda: None)
