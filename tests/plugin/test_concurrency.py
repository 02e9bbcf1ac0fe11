"""Several cases at once: the same rows and the same screen as one after the other, in less time."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

APP = """
    import asyncio
    import logging
    import sys
    import threading
    import time
    from contextvars import ContextVar

    import pytest

    import pytest_vtrack

    LOG = logging.getLogger("app")
    WHO = ContextVar("who", default=None)
    GATE = {"running": 0, "most": 0}
    LOCK = threading.Lock()

    def right(outputs, expectations):
        return outputs == expectations["answer"]

    def broken(outputs):
        if outputs == 4:
            raise ValueError("four")

    async def slow(outputs):
        await asyncio.sleep(0)
        return outputs / 2

    def before(n):
        assert WHO.get() is None, WHO.get()
        WHO.set(n)
        with LOCK:
            GATE["running"] += 1
            GATE["most"] = max(GATE["most"], GATE["running"])

    def after(n):
        with LOCK:
            GATE["running"] -= 1
        assert WHO.get() == n
        WHO.set(None)
        print("printed", n)
        print("complained", n, file=sys.stderr)
        LOG.warning("logged %s", n)
        pytest_vtrack.set_tag("asked", str(n))

    async def async_app(n):
        before(n)
        with pytest_vtrack.span("step", inputs={"n": n}):
            await asyncio.sleep(0.01)
            with pytest_vtrack.span("inner"):
                await asyncio.sleep(0.01 + n % 3 / 100)
        after(n)
        return n

    def sync_app(n):
        before(n)
        with pytest_vtrack.span("step", inputs={"n": n}):
            time.sleep(0.01)
            with pytest_vtrack.span("inner"):
                time.sleep(0.01 + n % 3 / 100)
        after(n)
        return n

    def judge(case, n):
        assert n != 2, "two"
        if n == 3:
            pytest.skip("three")
        if n == 5:
            pytest.fail("five")
        if n == 6:
            pytest.xfail("six")
        if n == 7:
            raise ValueError("seven")
        case.feedback("stars", n)
        case.expect("hint", n)

    @pytest.fixture(scope="module")
    def most():
        yield "shared"
        with open("most.txt", "a") as file:
            print(GATE["most"], file=file)
        GATE["most"] = 0

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right, broken, slow], flags={"cache": [True, False]})
    async def test_async(vtrack_case, most):
        n = await vtrack_case.run(async_app)
        judge(vtrack_case, n)

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right, broken, slow], versions=["v1", "v2"])
    def test_sync(vtrack_case, most):
        n = vtrack_case.run(sync_app)
        judge(vtrack_case, n)
        assert vtrack_case.version in ("v1", "v2")

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right], repeat=2)
    def test_awaits_in_a_thread(vtrack_case):
        return vtrack_case.run(async_app)

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    def test_has_a_loop_of_its_own(vtrack_case):
        return asyncio.run(async_app(**vtrack_case.inputs))

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    @pytest.mark.parametrize("style", ["short", "a long one"])
    async def test_styles(vtrack_case, style):
        vtrack_case.feedback("letters", len(style))
        n = await vtrack_case.run(async_app)
        judge(vtrack_case, n)
        return n

    class TestClass:
        @pytest.mark.vtrack
        @pytest.mark.parametrize("word", ["a", "b", "c", "d"])
        async def test_words(self, word, most):
            await asyncio.sleep(0.01)
            self.word = word
            return self.word + most
"""


def rows(project):
    """Return what is stored of all runs of the last session without times and ids."""
    plain = []
    session = {run.version.name: run for run in project.runs()}
    for run in session.values():
        for result in project.results(run):
            scores = tuple(
                replace(each, value=None) if each.metric.name == "latency" else each
                for each in result.assessments
            )
            spans = re.sub(
                r'"(\w*_id|started_at|ended_at|start|end|duration_s)":("[^"]*"|[0-9.e-]+|null)',
                "",
                result.spans or "",
            )
            plain.append(
                (
                    run.version.name,
                    replace(
                        result, started_at=0.0, duration_s=0.0, assessments=scores, trace_id="", spans=None
                    ),
                    spans,
                )
            )
    return plain


def screen(done):
    """Return everything printed without times, ids and addresses."""
    text = re.sub(r"run [0-9a-f]{8}|0x[0-9a-f]+|in [0-9.]+s|--vtrack-concurrency=\d+", "", done.screen)
    lines = (" ".join(line.split()) for line in text.splitlines() if not re.search("latency|^plugins", line))
    return [line for line in lines if line and set(line) != {"="}]


def test_rows_and_screen_are_those_of_one_at_a_time(project):
    project.questions(9)
    project.write(test_app=APP, **{"pytest.ini": "[pytest]\nvtrack_experiment = bot\n"})
    alone = project.run_apart("--vtrack-version=v0", "--vtrack-concurrency=1")
    expected = rows(project)
    assert len(expected) == 9 * 9 + 4
    assert sum("inner" in spans for *_, spans in expected) == 9 * 9
    (project.path / "most.txt").unlink()
    many = project.run_apart("--vtrack-version=v0", "--vtrack-concurrency=50")
    assert screen(many) == screen(alone)
    assert rows(project) == expected
    assert int((project.path / "most.txt").read_text()) > 8
    assert many.exit == alone.exit == 1


def test_logs_are_kept_after_an_application_has_set_logging_up(project):
    project.questions(6)
    project.write(
        test_app="""
        import asyncio, logging
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        async def test_answers(vtrack_case):
            await asyncio.sleep(0)
            if vtrack_case.id == "q0":
                logging.basicConfig(force=True)  # it removes all handlers
            logging.getLogger("app").warning(f"log-{vtrack_case.id}")
            assert vtrack_case.id == "q0"
        """
    )
    done = project.run_apart("--vtrack-concurrency=2")
    for case in ("q2", "q3", "q4", "q5"):
        section = done.screen.partition(f"_ test_answers[{case}] _")[2].partition("\n___")[0]
        assert section.partition("Captured log call")[2].count(f"log-{case}") == 1, done.screen


def test_prints_and_logs_stand_with_their_own_case(project):
    project.questions(6)
    project.write(
        test_app="""
        import asyncio, logging, threading, time, warnings
        import pytest

        LOG = logging.getLogger("app")

        @pytest.mark.vtrack(dataset="qa.jsonl")
        async def test_async(vtrack_case):
            for part in range(3):
                await asyncio.sleep(0.01)
                print(f"out-{vtrack_case.id}")
                LOG.info(f"log-{vtrack_case.id}")
            assert False

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_sync(vtrack_case):
            for part in range(3):
                time.sleep(0.01)
                print(f"out-{vtrack_case.id}")
                LOG.info(f"log-{vtrack_case.id}")
            assert False
        """,
        **{"pytest.ini": "[pytest]\nlog_level = INFO\n"},
    )
    done = project.run_apart("--vtrack-concurrency=6")
    parts = re.split(r"\n_+ test_\w+\[(q\d)\] _+\n", done.screen)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    for case, section in zip(parts[1::2], parts[2::2], strict=True):
        section = section.partition("= vtrack")[0]
        assert set(re.findall(r"(?:out|log)-(q\d)", section)) == {case}, section
        assert (section.count(f"out-{case}"), section.count(f"log-{case}")) == (3, 3)
    assert len(sections) == 6
    assert "out-q" not in parts[0]


def test_calls_overlap_and_durations_are_those_of_the_calls(project, mode):
    project.questions(40)
    project.write(
        test_app="""
        import asyncio
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        async def test_waits(vtrack_case):
            await asyncio.sleep(0.3)
            return vtrack_case.inputs["n"]
        """
    )
    done = project.run_apart("--vtrack-concurrency=20", "--durations=2", "--junit-xml=junit.xml", *mode)
    assert done.exit == 0, done.screen
    took = [float(found) for found in re.findall(r"([0-9.]+)s call ", done.screen)]
    assert len(took) == 2
    assert all(0.29 < each < 0.6 for each in took), took
    times = re.findall(r'<testcase [^>]*time="([0-9.]+)"', (project.path / "junit.xml").read_text())
    assert len(times) == 40
    assert all(float(each) > 0.29 for each in times)
    results = project.results()
    assert all(0.29 < each.duration_s < 0.6 for each in results)
    span = max(each.started_at for each in results) - min(each.started_at for each in results)
    assert span < 40 * 0.3 / 3  # in order, the last one starts after 39 others


@pytest.mark.parametrize(
    ("option", "marker", "ini", "most"),
    [
        ("", "", "", 1),
        ("", "", "3", 3),
        ("", ", concurrency=2", "3", 2),
        ("--vtrack-concurrency=4", ", concurrency=2", "3", 4),
        ("--vtrack-concurrency=1", ", concurrency=2", "3", 1),
    ],
    ids=["nothing", "ini", "marker", "option", "option of one"],
)
def test_command_line_comes_before_marker_before_ini(project, option, marker, ini, most):
    project.questions(12)
    project.write(
        test_app=f"""
        import asyncio
        import pytest

        RUNNING = []

        @pytest.mark.vtrack(dataset="qa.jsonl"{marker})
        async def test_counts(vtrack_case):
            RUNNING.append(1)
            await asyncio.sleep(0.01)
            count = len(RUNNING)
            RUNNING.pop()
            return count
        """,
        **{"pytest.ini": f"[pytest]\nvtrack_concurrency = {ini}\n"},
    )
    done = project.run(*filter(None, [option]))
    assert done.exit == 0, done.screen
    assert max(project.outputs().values()) == most


@pytest.mark.parametrize(
    ("args", "marker", "ini", "said"),
    [
        (["--vtrack-concurrency=0"], "", "", "'0' is not a whole number of at least 1"),
        (["--vtrack-concurrency=many"], "", "", "'many' is not a whole number of at least 1"),
        ([], "", "0", "vtrack_concurrency: '0' is not a whole number of at least 1"),
        ([], "concurrency=0", "", "@pytest.mark.vtrack(concurrency=0): concurrency must be at least 1"),
        ([], "concurrency='5'", "", "concurrency must be a whole number of at least 1"),
        ([], "concurrency=True", "", "concurrency must be a whole number of at least 1"),
    ],
    ids=["zero", "a word", "ini", "marker", "a text in the marker", "a bool in the marker"],
)
def test_what_is_no_number_ends_before_the_first_test(project, args, marker, ini, said):
    project.write(
        test_app=f"import pytest\n@pytest.mark.vtrack({marker})\ndef test_one(): pass\n",
        **{"pytest.ini": f"[pytest]\nvtrack_concurrency = {ini}\n"},
    )
    done = project.run(*args)
    assert done.exit == 4
    assert said in done.flat


def test_a_case_that_is_run_again_is_called_again_alone(project):
    pytest.importorskip("pytest_rerunfailures")
    project.questions(8)
    project.write(
        test_app="""
        import asyncio
        import pytest

        CALLS = []

        @pytest.mark.vtrack(dataset="qa.jsonl")
        async def test_answers(vtrack_case):
            CALLS.append(vtrack_case.id)
            await asyncio.sleep(0.01)
            if vtrack_case.id in ("q1", "q7"):
                assert CALLS.count(vtrack_case.id) == 3
            return CALLS.count(vtrack_case.id)
        """
    )
    plugins = [f"-pno:{name}" for name in ("randomly", "asyncio", "anyio", "hypothesispytest")]
    done = project.run(*plugins, "--reruns=2", "--vtrack-concurrency=4", plain=False)
    assert "8 passed, 4 rerun" in done.last_line, done.screen
    assert project.outputs() == {f"q{n}": 3 if n in (1, 7) else 1 for n in range(8)}
    assert len(project.results(all_attempts=True)) == 12


def test_marks_that_skip_make_no_call(project):
    project.dataset(*({"id": f"q{n}", "inputs": {"n": n}} for n in range(3)))
    project.write(
        test_app="""
        import asyncio
        import pytest

        CALLS = []

        @pytest.mark.vtrack
        @pytest.mark.parametrize("n", [
            0,
            pytest.param(1, marks=pytest.mark.skip(reason="no")),
            pytest.param(2, marks=pytest.mark.skipif(True, reason="no")),
            pytest.param(3, marks=pytest.mark.skipif(False, reason="no")),
            pytest.param(4, marks=pytest.mark.xfail(run=False)),
            pytest.param(5, marks=pytest.mark.xfail(reason="known", strict=True)),
            6,
        ])
        async def test_answers(n):
            CALLS.append(n)
            await asyncio.sleep(0.01)
            assert n != 5

        def test_calls():
            assert CALLS == [0, 3, 5, 6]
        """
    )
    done = project.run("--vtrack-concurrency=10")
    assert "4 passed, 2 skipped, 2 xfailed" in done.last_line, done.screen


@pytest.mark.parametrize("args", [(), ("--vtrack-concurrency=2",)], ids=["in order", "two at once"])
def test_sockets_that_are_forbidden_in_tests_are_not_needed_there(project, args):
    project.questions(4)
    project.write(
        conftest="pytest_plugins = ['pytest_socket']",
        pytest_socket="""
        import socket

        class Forbidden(socket.socket):
            def __new__(cls, *args, **kwargs):
                raise RuntimeError("a test opened a socket")

        def pytest_runtest_setup():
            socket.socket = Forbidden
        """,
        test_app="""
        import asyncio
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_sync(vtrack_case):
            return 1

        @pytest.mark.vtrack(dataset="qa.jsonl")
        async def test_async(vtrack_case):
            await asyncio.sleep(0)
            return 1
        """,
    )
    done = project.run_apart(*args)
    assert "8 passed" in done.last_line, done.screen
