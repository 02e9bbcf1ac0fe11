"""Scorers that wait are asked ahead of their items, for several cases at once; all others have their turn."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import time
from concurrent.futures import CancelledError
from contextvars import copy_context

import pytest

from pytest_vtrack.plugin.loop import SessionLoop
from pytest_vtrack.scoring.apart import for_whom, run_apart

SCORERS = """
    import asyncio, json, logging, sys, threading, time
    import pytest
    from pytest_vtrack import scorer, set_tag, span

    LOCK = threading.Lock()
    NOW, MOST = {}, {}
    LOG = logging.getLogger("judge")

    class at_once:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            with LOCK:
                NOW[self.name] = NOW.get(self.name, 0) + 1
                MOST[self.name] = max(MOST.get(self.name, 0), NOW[self.name])

        def __exit__(self, *_):
            with LOCK:
                NOW[self.name] -= 1

    @pytest.fixture(scope="session", autouse=True)
    def said():
        yield
        imported = "pytest_vtrack.plugin.judging" in sys.modules
        with open("most.json", "w") as file:
            json.dump({**MOST, "imported": imported}, file)

    def cheap(outputs):
        assert threading.current_thread() is threading.main_thread()
        with at_once("cheap"):
            return outputs / 2

    @scorer
    async def awaited(outputs):
        with at_once("awaited"):
            await asyncio.sleep(0.02)
        return outputs / 4

    @scorer(paid=True)
    def paid(outputs, trace, tags):
        with at_once("paid"), span("asked"):
            time.sleep(0.02)
        print("printed by", outputs)
        LOG.warning("logged by %s", outputs)
        if outputs == 2:
            raise ValueError("two")
        assert "app" not in tags
        return trace.duration_s

    @scorer(timeout=30)
    def limited(outputs, inputs):
        with at_once("limited"):
            time.sleep(0.02)
        assert outputs != 3
        return f"said of {inputs['n']}"

    ALL = ["exact_match", awaited, paid, cheap, limited]

    def app(n):
        set_tag("app", "was here")
        with span("step"):
            return n
"""
TESTS = {
    "async": """
    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=ALL)
    async def test_answers(vtrack_case):
        async def waits(n):
            await asyncio.sleep(0.001)
            return app(n)
        n = await vtrack_case.run(waits)
        assert n != 4, "four"
        if n == 5:
            pytest.skip("five")
""",
    "sync": """
    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=ALL)
    def test_answers(vtrack_case):
        n = vtrack_case.run(app)
        assert n != 4, "four"
        if n == 5:
            pytest.skip("five")
""",
    "chunk": """
    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=ALL, bulk=True)
    def test_answers(vtrack_case):
        n = vtrack_case.run(app)
        assert n != 4, "four"
        if n == 5:
            pytest.skip("five")
""",
}


def said(project):
    """Return what is stored of each case without times."""
    return {
        result.key.case_id: (
            result.outcome,
            result.tags,
            re.findall(r'"name":"(\w+)"', result.spans or ""),
            [
                (each.metric, each.value, each.error, each.rationale)
                for each in result.assessments
                if each.metric.name not in ("latency", "paid")
            ],
        )
        for result in project.results()
    }


def most(project):
    return json.loads((project.path / "most.json").read_text())


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_scorers_that_wait_do_so_at_once_and_say_the_same(project, test):
    project.questions(12)
    project.write(test_app=SCORERS + test)
    alone = project.run_apart("--vtrack-concurrency=1")
    expected = said(project)
    in_turn = most(project)
    assert [in_turn[name] for name in ("awaited", "paid", "limited", "imported")] == [1, 1, 1, False]
    many = project.run_apart("--vtrack-concurrency=6")
    assert said(project) == expected
    assert "test_app.py" in project.said("paid")["q2"]
    assert {"ValueError: two"} == {project.said("paid")["q2"].partition(" (")[0]}
    at_once = most(project)
    assert at_once["cheap"] == 1
    assert all(2 <= at_once[name] <= 6 for name in ("awaited", "paid", "limited")), at_once
    assert many.exit == alone.exit == 1
    for result in project.results():
        scores = {each.metric.name: each.value for each in result.assessments}
        assert result.outcome == "skipped" or scores["paid"] in (None, result.duration_s)
        assert scores.get("latency") in (None, result.duration_s)


def test_what_scorers_print_and_log_stands_with_their_case(project):
    project.questions(6)
    project.write(test_app=SCORERS + TESTS["async"].replace("n != 4", "n < 0"))
    done = project.run_apart("--vtrack-concurrency=6")
    parts = re.split(r"\n_+ test_\w+\[q(\d)\] _+\n", done.screen)
    assert len(parts[1::2]) == 6
    for case, section in zip(parts[1::2], parts[2::2], strict=True):
        section = section.partition("= vtrack")[0]
        assert re.findall(r"(printed|logged) by (\d)", section) == [("printed", case), ("logged", case)]


def test_an_early_stop_keeps_what_had_its_turn(project):
    project.questions(40)
    project.write(test_app=SCORERS + TESTS["sync"])
    done = project.run_apart("-x", "--vtrack-concurrency=5")
    assert "1 failed, 4 passed" in done.screen, done.screen
    run = project.last_run()
    assert (run.status, run.stored) == ("partial", 5)
    assert project.said("awaited") == {f"q{n}": n / 4 for n in range(5)}
    assert "vtrack: " in done.flat


ENDLESS = """
    import asyncio, threading
    import pytest
    from pytest_vtrack import scorer

    def asked(outputs):
        with open("asked.txt", "a") as file:
            print(outputs, file=file)

    @scorer
    async def awaited(outputs):
        asked(outputs)
        if outputs:
            await asyncio.Event().wait()
        return 1

    @scorer(paid=True)
    def paid(outputs):
        asked(outputs)
        if outputs:
            threading.Event().wait()
        return 1

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[awaited, paid])
    {how} test_answers(vtrack_case):
        return vtrack_case.inputs["n"]
"""


@pytest.mark.parametrize("how", ["async def", "def"])
def test_ctrl_c_ends_scorers_that_never_end(project, how):
    project.questions(20)
    project.write(test_app=ENDLESS.replace("{how}", how))
    process = project.start("-v", "--vtrack-concurrency=5")
    asked, end = project.path / "asked.txt", time.monotonic() + 30
    try:
        while not asked.exists() or len(asked.read_text().split()) < 12:
            assert time.monotonic() < end, "they were never asked"
            time.sleep(0.02)
        time.sleep(0.3)  # for the report of the first one
        process.send_signal(signal.SIGINT)
        screen, _ = process.communicate(timeout=20)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 2, screen
    assert "1 passed" in screen
    assert "never awaited" not in screen
    assert project.said("awaited") == project.said("paid") == {"q0": 1.0}


def test_a_time_limit_of_the_item_is_the_error_of_the_scorer_that_hangs(project):
    pytest.importorskip("pytest_timeout")
    project.questions(2)
    project.write(test_app=ENDLESS.replace("{how}", "async def"))
    done = project.run_apart("--timeout=1", "--vtrack-concurrency=2", "--tb=line")
    assert "1 failed, 1 passed" in done.screen, done.screen
    for metric in ("awaited", "paid"):
        values = project.said(metric)
        assert values["q0"] == 1.0
        assert "Timeout (>1.0s)" in values["q1"]
    assert project.outputs() == {"q0": 0, "q1": 1}


def test_the_baseline_is_read_for_scorers_that_wait(project):
    project.questions(8)
    project.write(
        test_app="""
        import pytest
        from pytest_vtrack import scorer

        @scorer
        async def grown(outputs, baseline):
            return None if baseline is None else outputs - baseline.outputs

        @scorer(paid=True)
        def grown_as_judged(outputs, baseline):
            return None if baseline is None else outputs - baseline.outputs

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[grown, grown_as_judged])
        def test_answers(vtrack_case, vtrack_run):
            return vtrack_case.inputs["n"] + (vtrack_run.version == "v2")
        """
    )
    assert project.run("--vtrack-version=v1", "--vtrack-concurrency=4").exit == 0
    project.run("--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-concurrency=4")
    assert project.said("grown") == project.said("grown_as_judged") == {f"q{n}": 1.0 for n in range(8)}


def test_giving_up_one_call_leaves_what_the_others_await():
    loop = SessionLoop()
    begun = []

    async def waits():
        begun.append(1)
        await asyncio.sleep(0.05)
        return "answer"

    def asked(call):
        for_whom.set(call)
        return loop.run_from_thread(waits())

    assert not loop.loop.is_closed()  # it is made here, not in one of the threads
    one, other = (run_apart(lambda c=c: asked(c), copy_context(), "call") for c in ("one", "other"))
    try:
        while len(begun) < 2:
            loop.turn()
            time.sleep(0.001)
        loop.cancel([], ["one"])
        loop.run(asyncio.wait_for(asyncio.wrap_future(other, loop=loop.loop), 10))
        assert other.result() == "answer"
        with pytest.raises(CancelledError):
            one.result(timeout=10)
    finally:
        loop.close()
