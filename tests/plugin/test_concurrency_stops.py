"""Ends before the last case while several run at once: little is called in vain, and nothing hangs."""

from __future__ import annotations

import os
import signal
import time

import pytest

CALLS = """
    import asyncio, os, threading, time
    import pytest

    def called(case):
        with open("calls.txt", "a") as file:
            print(case.id, file=file)

    @pytest.fixture(scope="module")
    def client():
        client = {"open": True}
        yield client
        client["open"] = False
        with open("closed.txt", "w") as file:
            print("closed", file=file)
"""
ASYNC = """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case, client):
        called(vtrack_case)
        await asyncio.sleep(0.02)
        assert vtrack_case.id != "q3"
"""
SYNC = """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case, client):
        called(vtrack_case)
        time.sleep(0.02)
        assert vtrack_case.id != "q3"
"""


def calls(project):
    file = project.path / "calls.txt"
    return file.read_text().split() if file.exists() else []


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.mark.parametrize("test", [ASYNC, SYNC], ids=["async", "sync"])
@pytest.mark.parametrize("option", ["-x", "--maxfail=1", "--sw"])
def test_an_early_stop_makes_few_calls_in_vain(project, test, option):
    project.questions(60)
    project.write(test_app=CALLS + test)
    done = project.run_apart(option, "--vtrack-concurrency=5")
    assert "1 failed, 3 passed" in done.screen, done.screen
    made = calls(project)
    assert len(made) == len(set(made)) <= 4 + 5
    run = project.last_run()
    assert (run.status, run.stored) == ("partial", 4)
    wasted = len(made) - 4
    assert not wasted or f"vtrack: {wasted} case" in done.flat, done.screen
    assert (project.path / "closed.txt").exists()


@pytest.mark.parametrize("test", [ASYNC, SYNC], ids=["async", "sync"])
@pytest.mark.parametrize("args", [["--lf"], ["-k", "q3 or q5"], ["--sw"]], ids=str)
def test_selections_call_only_what_they_select(project, test, args):
    project.questions(20)
    project.write(test_app=CALLS + test)
    project.run_apart("--vtrack-concurrency=5")
    (project.path / "calls.txt").unlink()
    project.run_apart(*args, "-x", "--vtrack-concurrency=5")
    assert (
        set(calls(project))
        <= {"--lf": {"q3"}, "-k": {"q3", "q5"}, "--sw": {f"q{n}" for n in range(9)}}[args[0]]
    )


ENDLESS = {
    "async": """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case, client):
        called(vtrack_case)
        if vtrack_case.id != "q0":
            await asyncio.Event().wait()
""",
    "async that will not end": """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case, client):
        called(vtrack_case)
        while vtrack_case.id != "q0":
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                pass
""",
    "sync": """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case, client):
        called(vtrack_case)
        if vtrack_case.id != "q0":
            threading.Event().wait()
""",
    "awaiting in a thread": """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case, client):
        called(vtrack_case)
        async def app(n):
            if n:
                await asyncio.Event().wait()
        vtrack_case.run(app)
""",
}


@pytest.mark.parametrize("test", ENDLESS.values(), ids=ENDLESS)
def test_ctrl_c_ends_calls_that_never_end(project, test):
    project.questions(20)
    project.write(test_app=CALLS + test)
    process = project.start("-v", "--vtrack-concurrency=5")
    try:
        wait_for(lambda: len(calls(project)) >= 6)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        screen, _ = process.communicate(timeout=20)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 2, screen
    assert "KeyboardInterrupt" in screen
    assert "1 passed" in screen
    run = project.last_run()
    assert (run.status, run.stored) == ("partial", 1)
    assert (project.path / "closed.txt").exists()


@pytest.mark.parametrize("last", [2, 19], ids=["at the next item", "at the last one"])
def test_ctrl_c_that_python_drops_ends_the_session_all_the_same(project, last):
    project.questions(20)
    project.write(
        test_app=f"""
        import asyncio, signal
        import pytest

        class Finalized:
            def __del__(self):
                signal.raise_signal(signal.SIGINT)

        def scorer(outputs):
            if outputs == {last}:
                Finalized()
            return True

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[scorer])
        async def test_answers(vtrack_case):
            await asyncio.sleep(0.01)
            return vtrack_case.inputs["n"]
        """
    )
    done = project.run_apart("-pno:unraisableexception", "--vtrack-concurrency=5")
    assert done.exit == 2, done.screen
    assert f"{last + 1} passed" in done.last_line
    assert "KeyboardInterrupt" in done.screen


@pytest.mark.parametrize(
    ("hang", "others"),
    [("await asyncio.sleep(60)", 0), ("time.sleep(60)", 1)],
    ids=["a call that waits", "a call that holds up the event loop"],
)
def test_a_time_limit_hits_the_case_it_is_meant_for(project, hang, others):
    pytest.importorskip("pytest_timeout")
    project.questions(12)
    project.write(
        test_app=CALLS
        + f"""
    async def app(n):
        if n == 3:
            await asyncio.sleep(0.1)
            {hang}
        for _ in range(100 if n > 3 else 0):
            await asyncio.sleep(0)
            end = time.perf_counter() + 0.0005
            while time.perf_counter() < end:
                pass

    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case):
        await vtrack_case.run(app)
"""
    )
    done = project.run_apart("--timeout=1", "--vtrack-concurrency=4", "--tb=line")
    failed = [case for case, passed in project.said("passed").items() if not passed]
    assert "q3" in failed
    assert len(failed) <= 1 + others, done.screen
    assert project.last_run().complete
    assert "Timeout (>1.0s) from pytest-timeout" in done.screen


BROKEN = {
    "a thread that is ended": (
        """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        if vtrack_case.id == "q1":
            raise SystemExit(3)
""",
        "SystemExit: 3",
    ),
    "a task that ends the process": (
        """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case):
        if vtrack_case.id == "q1":
            raise SystemExit(3)
""",
        "SystemExit: 3",
    ),
    "a thread whose coroutine ends the process": (
        """
    async def app(n):
        await asyncio.sleep(0.01)
        if n == 1:
            raise SystemExit(3)

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        vtrack_case.run(app)
""",
        "SystemExit: 3",
    ),
    "a thread whose coroutine is cancelled": (
        """
    async def app(n):
        if n == 1:
            raise asyncio.CancelledError("by the client")

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        vtrack_case.run(app)
""",
        "CancelledError: by the client",
    ),
    "a task that cancels itself": (
        """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case):
        await asyncio.sleep(0.01)
        if vtrack_case.id == "q1":
            asyncio.current_task().cancel()
            await asyncio.sleep(1)
""",
        "CancelledError",
    ),
    "an application that closes the loop": (
        """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case):
        await asyncio.sleep(0.01)
        if vtrack_case.id == "q1":
            asyncio.get_running_loop().close()
""",
        "RuntimeError: Cannot close a running event loop",
    ),
}


@pytest.mark.parametrize(("test", "said"), BROKEN.values(), ids=BROKEN)
def test_a_call_that_breaks_off_is_an_error_of_its_case_only(project, test, said):
    project.questions(6)
    project.write(test_app=CALLS + test)
    done = project.run_apart("--vtrack-concurrency=4")
    assert "1 failed, 5 passed" in done.last_line, done.screen
    assert project.said("passed") == {f"q{n}": n != 1 for n in range(6)}
    assert said in next(
        each.rationale for each in project.result("q1").assessments if each.metric.name == "passed"
    )
    assert project.last_run().complete


def test_a_loop_that_the_application_stops_goes_on(project):
    project.questions(6)
    project.write(
        test_app=CALLS
        + """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case):
        await asyncio.sleep(0.01)
        if vtrack_case.id == "q1":
            asyncio.get_running_loop().stop()
        await asyncio.sleep(0.05)
        return vtrack_case.id
"""
    )
    done = project.run_apart("--vtrack-concurrency=4")
    assert "6 passed" in done.last_line, done.screen


def test_a_loop_that_the_application_closes_from_outside_is_an_error_not_a_hang(project):
    project.questions(6)
    project.write(
        test_app=CALLS
        + """
    LOOPS = []

    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case):
        LOOPS.append(asyncio.get_running_loop())

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_closes(vtrack_case, tmp_path):
        LOOPS[0].close()

    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_again(vtrack_case):
        pass
"""
    )
    done = project.run_apart("--vtrack-concurrency=4", env={"PYTHONWARNINGS": "ignore"})
    assert "6 failed, 12 passed" in done.last_line, done.screen
    assert "Event loop is closed" in done.screen


def test_a_thread_that_is_killed_is_an_error_not_a_hang(project):
    project.questions(6)
    project.write(
        test_app=CALLS
        + """
    import ctypes

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        if vtrack_case.id == "q1":
            ident = ctypes.c_ulong(threading.get_ident())
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(SystemExit))
            for _ in range(1000):
                time.sleep(0.001)
"""
    )
    done = project.run_apart("--vtrack-concurrency=4")
    assert "1 failed, 5 passed" in done.last_line, done.screen
    assert "SystemExit" in done.screen


def test_calls_for_items_that_a_hook_skips_are_counted(project, mode):
    project.questions(12)
    project.write(
        conftest="""
        import pytest

        def pytest_runtest_setup(item):
            if item.name in ("test_answers[q3]", "test_answers[q9]"):
                pytest.skip("not today")
        """,
        test_app=CALLS
        + """
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case, client):
        called(vtrack_case)
        await asyncio.sleep(0.05)
""",
    )
    done = project.run_apart("--vtrack-concurrency=12", *mode)
    assert "10 passed, 2 skipped" in done.last_line, done.screen
    assert project.last_run().stored == 12
    wasted = len(calls(project)) - 10
    assert ("called ahead" in done.flat) == (wasted > 0), done.screen
    if not mode:
        assert "vtrack: 2 cases were called ahead and then not needed" in done.flat


@pytest.mark.parametrize(
    "test", [ASYNC, SYNC, ENDLESS["sync"]], ids=["async", "sync", "sync that never ends"]
)
def test_calls_that_are_given_up_leave_no_open_trace(project, test):
    project.questions(30)
    project.write(
        conftest="""
        from pytest_vtrack.tracing import recorder

        def pytest_unconfigure():
            print(f"open traces: {len(recorder._open)}")
        """,
        test_app=CALLS
        + test.replace("called(vtrack_case)", "called(vtrack_case); assert vtrack_case.id != 'q0'"),
    )
    done = project.run_apart("-x", "--vtrack-concurrency=5")
    assert "1 failed" in done.screen
    assert len(calls(project)) > 1
    assert "open traces: 0" in done.screen


@pytest.mark.parametrize("option", ["--vtrack-concurrency=5", "--vtrack-concurrency=1"])
@pytest.mark.parametrize(
    ("mark", "told"), [("", "5 passed"), (", bulk=True", "no tests ran")], ids=["", "bulk"]
)
def test_ctrl_c_while_results_are_stored_comes_when_they_are_stored_and_told(project, option, mark, told):
    project.questions(20)
    project.write(
        conftest="""
        import pathlib, signal, threading
        import pytest
        from pytest_vtrack.store.sql_store import SqlStore

        patch = pytest.MonkeyPatch()
        store, calls = SqlStore.add, []

        def add(self, run_id, results):
            press = False
            if threading.current_thread() is threading.main_thread():
                calls.append(results)
                press = len(calls) == 2
            if press:
                signal.raise_signal(signal.SIGINT)
            store(self, run_id, results)
            if press:
                pathlib.Path("stored.txt").touch()

        def pytest_configure():
            patch.setattr("pytest_vtrack.store.writer.MOST", 4)
            patch.setattr(SqlStore, "add", add)

        def pytest_unconfigure():
            patch.undo()
        """,
        test_app=f"""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl"{mark})
        async def test_answers(vtrack_case):
            return vtrack_case.inputs["n"]
        """,
    )
    done = project.run_apart(option)
    assert done.exit == 2, done.screen
    assert "KeyboardInterrupt" in done.screen
    assert (project.path / "stored.txt").exists()
    assert told in done.last_line
    run = project.last_run()
    assert (run.status, run.stored) == ("partial", 5)
    assert run.reason == "interrupted: 5 of 20 cases ran"
