"""Buffering: few commits, nothing waits long, nothing is lost, and a child process writes nothing."""

from __future__ import annotations

import contextlib
import os
import threading

import pytest

from pytest_vtrack.errors import StoreUnreachable
from pytest_vtrack.store import writer as writer_module
from pytest_vtrack.store.spool import Spool
from pytest_vtrack.store.writer import Writer


class Recorder:
    """Stands for a store: notes what is added, fails as often as it is told to."""

    def __init__(self):
        self.batches = []
        self.failures = 0
        self.added = threading.Event()
        self.tried = threading.Event()

    def add(self, run_id, results):
        self.tried.set()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("disk full")
        self.batches.append((run_id, list(results)))
        self.added.set()


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize(("away_s", "done"), [(0, 1), (30, 1), (90, 0)])
def test_what_comes_after_the_last_result_waits_for_the_store(
    recorder, clock, tmp_path, monkeypatch, away_s, done
):
    back, calls = clock.now + away_s, []

    def work():
        if clock.now < back:
            raise StoreUnreachable("the server is away")
        calls.append(clock.now)

    monkeypatch.setattr("time.sleep", lambda seconds: setattr(clock, "now", clock.now + seconds))
    writer = Writer(recorder, clock=clock, spool=Spool(tmp_path / "waiting.jsonl"))
    with contextlib.nullcontext() if done else pytest.raises(StoreUnreachable, match="the server is away"):
        writer.patiently(work)
    assert len(calls) == done
    if away_s:
        clock.now = 100.0
        with pytest.raises(StoreUnreachable):  # nowhere to keep what waits
            Writer(recorder, clock=clock).patiently(work)


def test_ctrl_c_ends_the_wait_for_the_store_and_says_where_results_are(
    recorder, clock, tmp_path, monkeypatch, result
):
    def away(*_):
        raise StoreUnreachable("the store is locked")

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    recorder.add = away
    writer = Writer(recorder, clock=clock, spool=Spool(tmp_path / "waiting.jsonl"))
    writer.add("r", [result("a")])
    with pytest.raises(
        StoreUnreachable, match=r"the store is locked. 1 results .* they are in .*waiting.jsonl"
    ):
        writer.close()
    assert (tmp_path / "waiting.jsonl").exists()
    with pytest.raises(StoreUnreachable, match="the store is locked"):
        writer.patiently(away)


@pytest.mark.parametrize(("pressed", "left"), [(1, 0), (2, 1)], ids=["once", "again"])
def test_ctrl_c_while_the_last_results_are_stored_loses_none_of_them(recorder, clock, result, pressed, left):
    store, presses = recorder.add, [KeyboardInterrupt] * pressed

    def interrupted(run_id, results):
        if presses:
            raise presses.pop()
        store(run_id, results)

    writer = Writer(recorder, clock=clock)
    writer.add("r", [result("a")])
    writer.add("r", [result("b")])
    recorder.add = interrupted
    with pytest.raises(KeyboardInterrupt):
        writer.close()
    assert len(writer.waiting) == left
    assert sum(len(batch) for _, batch in recorder.batches) == 2 - left


def test_ctrl_c_as_results_are_taken_to_the_store_loses_none_of_them(recorder, clock, result):
    class Interrupted:
        def __enter__(self):
            lock.acquire()

        def __exit__(self, *_):
            lock.release()
            if not writer.waiting:
                writer._lock = lock
                raise KeyboardInterrupt

    writer = Writer(recorder, clock=clock)
    lock = writer._lock
    writer.add("r", [result("a")])
    writer.add("r", [result("b")])
    writer._lock = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        writer.flush()
    writer.close()
    assert [r.key.case_id for _, batch in recorder.batches for r in batch] == ["a", "b"]


def test_result_after_a_pause_is_stored_at_once(recorder, clock, result):
    writer = Writer(recorder, clock=clock)
    writer.add("r", [result("a")])
    clock.now += 0.1
    writer.add("r", [result("b")])
    assert [len(batch) for _, batch in recorder.batches] == [1]
    writer.flush()  # nothing waits while the clock moves, so the thread has no part in what follows
    clock.now += 0.6
    writer.add("r", [result("c")])
    assert [len(batch) for _, batch in recorder.batches] == [1, 1, 1]
    writer.close()


def test_as_many_results_as_may_wait_are_stored_together(recorder, clock, result):
    writer = Writer(recorder, clock=clock)
    for number in range(1 + writer_module.MOST + 5):
        writer.add("r", [result(str(number))])
    assert [len(batch) for _, batch in recorder.batches] == [1, writer_module.MOST]
    writer.close()
    assert [len(batch) for _, batch in recorder.batches] == [1, writer_module.MOST, 5]


def test_result_is_stored_by_the_thread_when_nothing_follows(recorder, result):
    writer = Writer(recorder, delay_s=0.05)
    writer.add("r", [result("a")])
    recorder.added.clear()
    writer.add("r", [result("b")])
    assert recorder.added.wait(5)
    assert [len(batch) for _, batch in recorder.batches] == [1, 1]
    writer.close()


def test_runs_are_stored_apart_and_in_order(recorder, clock, result):
    writer = Writer(recorder, clock=clock)
    writer.flush()
    writer.add("r0", [result("0")])
    for run_id, case in (("r1", "a"), ("r2", "b"), ("r1", "c")):
        writer.add(run_id, [result(case)])
    writer.flush()
    found = [(run_id, [r.key.case_id for r in batch]) for run_id, batch in recorder.batches]
    assert found == [("r0", ["0"]), ("r1", ["a", "c"]), ("r2", ["b"])]
    writer.close()


@pytest.mark.parametrize("call", ["add", "flush", "close"])
def test_error_of_the_thread_is_raised_by_the_next_call_and_nothing_is_lost(recorder, result, call):
    writer = Writer(recorder, delay_s=0.02)
    writer.add("r", [result("a")])
    recorder.tried.clear()
    recorder.failures = 1
    writer.add("r", [result("b")])
    assert recorder.tried.wait(5)
    while writer._thread is not None:
        pass
    with pytest.raises(RuntimeError, match="disk full"):
        writer.add("r", [result("c")]) if call == "add" else getattr(writer, call)()
    writer.close()
    stored = [r.key.case_id for _, batch in recorder.batches for r in batch]
    assert stored == ["a", "b"] + ["c"] * (call == "add")


def test_results_that_could_not_be_stored_are_tried_again(recorder, clock, result):
    recorder.failures = 1
    writer = Writer(recorder, clock=clock)
    with pytest.raises(RuntimeError, match="disk full"):
        writer.add("r", [result("a")])
    writer.close()
    assert [r.key.case_id for _, batch in recorder.batches for r in batch] == ["a"]


def test_writer_can_be_closed_twice(recorder, result):
    writer = Writer(recorder)
    writer.add("r", [result("a")])
    writer.close()
    writer.close()
    assert len(recorder.batches) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_forked_child_writes_nothing(recorder, clock, result, monkeypatch):
    writer = Writer(recorder, clock=clock)
    writer.add("r", [result("a")])
    writer.add("r", [result("b")])
    monkeypatch.setattr(os, "getpid", lambda: -1)  # what a child sees
    writer.add("r", [result("c")])
    writer.flush()
    writer.close()
    assert len(recorder.batches) == 1
    monkeypatch.undo()
    writer.close()
    assert [r.key.case_id for _, batch in recorder.batches for r in batch] == ["a", "b"]


def test_threads_that_add_at_the_same_time_lose_nothing(store, record, result):
    record("r1")
    writer = Writer(store, delay_s=0.01)

    def work(name):
        for number in range(150):
            writer.add("r1", [result(f"{name}{number}")])

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert store.run("r1").stored == 450


def test_without_a_thread_results_are_stored_at_once(recorder, clock, result, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    writer = Writer(recorder, clock=clock)
    for case in "abc":
        writer.add("r1", [result(case)])
    assert [len(results) for _, results in recorder.batches] == [1, 1, 1]
    writer.close()
