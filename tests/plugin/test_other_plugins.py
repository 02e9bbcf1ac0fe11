"""The same rows and the same screen, whatever runs the tests."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from importlib.util import find_spec

import pytest

from pytest_vtrack.model import payload

APP = """
    import pytest

    def right(outputs, expectations):
        return outputs == expectations["answer"]

    def half(outputs):
        return outputs / 2

    def broken(outputs):
        if outputs == 4:
            raise ValueError("four")

    @pytest.fixture
    def resource(request):
        yield
        if request.node.name.endswith("q7]"):
            raise OSError("teardown")

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right, half, broken])
    def test_answers(vtrack_case, resource):
        n = vtrack_case.inputs["n"]
        assert n != 6, "six"
        return n if vtrack_case.version == "v1" or n % 3 else -1

    @pytest.mark.xdist_group("one")
    @pytest.mark.vtrack(dataset="qa.jsonl", repeat=2, flags={"cache": [True, False]})
    async def test_grouped(vtrack_case):
        vtrack_case.feedback("stars", vtrack_case.trial)
        return vtrack_case.inputs["n"]

    @pytest.mark.vtrack
    @pytest.mark.parametrize("word", ["a", "b"])
    def test_words(word):
        return word
"""
WAYS = {
    "n0": ["-n0"],
    "n2": ["-n2"],
    "loadgroup": ["-n2", "--dist=loadgroup"],
    "worksteal": ["-n2", "--dist=worksteal"],
    "loadfile": ["-n2", "--dist=loadfile"],
    "randomly and others": [],
}
OTHERS = ["--reruns=0"] if find_spec("pytest_rerunfailures") else []


def rows(project):
    """Return what is stored of the newest run without times."""
    plain = []
    for result in project.results():
        scores = tuple(
            replace(each, value=None) if each.metric.name == "latency" else each
            for each in result.assessments
        )
        plain.append(replace(result, started_at=0.0, duration_s=0.0, assessments=scores))
    return plain


def screen(done):
    """Return the section without times, ids and what the order of reports decides."""
    text = re.sub(r"run [0-9a-f]{8}", "run ID", done.section)
    return [" ".join(line.split()) for line in text.splitlines() if "latency" not in line]


@pytest.fixture
def app(project):
    project.questions(12)
    project.write(test_app=APP, **{"pytest.ini": "[pytest]\nvtrack_experiment = bot\n"})
    return project


def test_rows_and_screen_are_the_same(app):
    args = ["--vtrack-version=v2", "--vtrack-baseline=v1"]
    app.run("-q", "--vtrack-version=v1")
    alone = app.run(*args)
    expected, shown = rows(app), screen(alone)
    assert alone.exit == 1
    assert len(expected) == app.last_run().expected == 12 + 12 * 4 + 2
    for way, more in WAYS.items():
        other = app.run(*args, *more) if more else app.run_apart(*args, *OTHERS, plain=False)
        assert other.exit == 1, way
        assert rows(app) == expected, way
        assert screen(other) == shown, way
        run = app.last_run()
        assert (run.status, run.stored) == ("complete", len(expected)), way


def test_reruns_are_told_apart_and_only_the_last_counts(project, mode):
    pytest.importorskip("pytest_rerunfailures")
    project.questions(4)
    project.write(
        test_app="""
        from pathlib import Path
        import pytest

        def attempts(case):
            file = Path(f"{case}.txt")
            text = file.read_text() if file.exists() else ""
            file.write_text(text + "x")
            return len(text)

        @pytest.fixture
        def resource(vtrack_case):
            if vtrack_case.id == "q2":
                assert attempts("setup") >= 1

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case, resource):
            attempt = attempts(vtrack_case.id)
            if vtrack_case.id == "q1":
                assert attempt >= 2
            if vtrack_case.id == "q3":
                assert False
            return attempt
        """
    )
    plugins = [f"-pno:{name}" for name in ("randomly", "asyncio", "anyio", "hypothesispytest")]
    done = project.run(*plugins, "--reruns=2", *mode, plain=False)
    assert "1 failed, 3 passed" in done.last_line
    assert "rerun" in done.last_line
    run = project.last_run()
    assert (run.status, run.stored, run.expected) == ("complete", 4, 4)
    assert project.said("passed") == {"q0": True, "q1": True, "q2": True, "q3": False}
    assert project.outputs() == {"q0": 0, "q1": 2, "q2": 0, "q3": None}
    attempts = {(each.key.case_id, each.attempt): each.outcome for each in project.results(all_attempts=True)}
    assert attempts == {
        ("q0", 0): "passed",
        ("q1", 0): "failed",
        ("q1", 1): "failed",
        ("q1", 2): "passed",
        ("q2", 0): "error",
        ("q2", 1): "passed",
        ("q3", 0): "failed",
        ("q3", 1): "failed",
        ("q3", 2): "failed",
    }
    with project.store() as store:
        (passed,) = [each for each in store.metric_summaries(run.id) if each.spec.name == "passed"]
    assert (passed.cases, passed.mean) == (4, 0.75)


ASYNC = """
    import asyncio
    import pytest
    {imports}

    @{fixture}
    async def client():
        await asyncio.sleep(0)
        yield "client"

    {marker}
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_returns(vtrack_case, client):
        await asyncio.sleep(0)
        return [client, vtrack_case.inputs["n"]]

    {marker}
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_runs(vtrack_case, client):
        async def app(n):
            await asyncio.sleep(0)
            return [client, n]
        assert await vtrack_case.run(app) == [client, vtrack_case.inputs["n"]]

    {marker}
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_fails(vtrack_case, client):
        assert False, "on purpose"

    {marker}
    async def test_of_the_other_plugin(client):
        assert client == "client"

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_plain(vtrack_case):
        async def app(n):
            return ["client", n]
        return vtrack_case.run(app)
"""


@pytest.mark.parametrize("how", ["strict", "auto", "anyio"])
def test_async_fixtures_of_other_plugins_work_in_marked_tests(project, how):
    pytest.importorskip("anyio" if how == "anyio" else "pytest_asyncio")
    parts = {
        "strict": ("import pytest_asyncio", "pytest_asyncio.fixture", "@pytest.mark.asyncio"),
        "auto": ("", "pytest.fixture", ""),
        "anyio": (
            "anyio_backend = pytest.fixture(lambda: 'asyncio')",
            "pytest.fixture",
            "@pytest.mark.anyio",
        ),
    }[how]
    project.questions(2)
    project.write(test_app=ASYNC.format(imports=parts[0], fixture=parts[1], marker=parts[2]))
    ini = {"strict": "asyncio_mode = strict", "auto": "asyncio_mode = auto", "anyio": ""}[how]
    if how != "anyio":
        ini += "\nasyncio_default_fixture_loop_scope = function"
    project.write(**{"pytest.ini": f"[pytest]\n{ini}\n"})
    off = ["randomly", "rerunfailures", "hypothesispytest", "asyncio" if how == "anyio" else "anyio"]
    done = project.run_apart(*(f"-pno:{name}" for name in off), plain=False)
    assert done.exit == 1, done.screen
    assert "2 failed, 7 passed" in done.last_line, done.screen
    outputs = {
        (each.key.test.partition("[")[0].rpartition("_")[2], each.key.case_id): each.outputs
        for each in project.results()
    }
    for n in range(2):
        for test in ("returns", "runs", "plain"):
            assert outputs[test, f"q{n}"] == f'["client",{n}]', (test, outputs)
        assert outputs["fails", f"q{n}"] is None
    assert all(each.duration_s > 0 for each in project.results())
    assert project.last_run().complete


@pytest.mark.parametrize("args", [(), ("-n2",), ("--vtrack-concurrency=3",), ("--repeat-scope=session",)])
def test_repetitions_of_another_plugin_are_trials_of_their_case(project, args):
    pytest.importorskip("pytest_repeat")
    project.questions(3)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.parametrize("way", ["a", "b-1-3"])
        @pytest.mark.vtrack(dataset="qa.jsonl", repeat=2)
        def test_answers(vtrack_case, way):
            return [vtrack_case.trial, way]

        @pytest.mark.vtrack
        @pytest.mark.parametrize("n", [1])
        def test_parameters(n, vtrack_case):
            return vtrack_case.inputs

        def test_plain():
            pass
        """
    )
    done = project.run("--count=3", "--vtrack-all", "--vtrack-version=v1", *args)
    assert "42 passed" in done.last_line
    found = defaultdict(set)
    for each in project.results():
        found[each.key].add(each.trial)
        if each.key.dataset:
            assert payload.decode(each.outputs)[0] == each.trial
        elif "test_parameters" in each.key.test:
            assert payload.decode(each.inputs) == {"n": 1}
    assert len(found) == 3 * 2 + 1 + 1
    assert sorted(map(len, found.values())) == [3] * 2 + [6] * 6
    names = {key.case_id for key in found}
    assert {"test_app.py::test_parameters[1]", "test_app.py::test_plain"} < names
    once = project.run("--vtrack-all", "--vtrack-version=v2", "--vtrack-baseline=v1")
    assert "8 cases compared" in once.flat


FORKED = """
    import os
    import time
    import pytest
    from pytest_vtrack import scorer, span

    @scorer
    def right(outputs):
        return outputs < 5

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    def test_answers(vtrack_case):
        with open("called.txt", "a") as file:
            print(vtrack_case.id, os.getpid(), file=file)
        with span("step"):
            assert vtrack_case.inputs["n"] != 2
            return vtrack_case.inputs["n"]
"""
FORKING = """
    import json, os, tempfile
    import pytest
    from _pytest.runner import runtestprotocol

    def pytest_addoption(parser):
        parser.addoption("--forked", action="store_true")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(item, nextitem):
        '''Run an item in a child, as pytest-forked does, which does not work with all versions of pytest.'''
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        with tempfile.TemporaryFile() as file:
            child = os.fork()
            if child == 0:
                reports = [each._to_json() for each in runtestprotocol(item, log=False)]
                file.write(json.dumps(reports).encode())
                file.flush()
                os._exit(0)
            os.waitpid(child, 0)
            file.seek(0)
            reports = [pytest.TestReport._from_json(each) for each in json.loads(file.read())]
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.session._setupstate.teardown_exact(nextitem)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
"""


@pytest.mark.parametrize("args", [(), ("-n2",), ("--vtrack-concurrency=5",)])
def test_cases_in_processes_of_their_own_are_recorded(project, args):
    project.questions(8)
    project.write(test_app=FORKED, conftest=FORKING)
    done = project.run("--forked", "--vtrack-version=v1", "-Wignore::DeprecationWarning", *args)
    assert done.exit == 1, done.screen
    assert "1 failed, 7 passed" in done.last_line
    called = [line.split() for line in (project.path / "called.txt").read_text().splitlines()]
    assert sorted(name for name, _ in called) == [f"q{n}" for n in range(8)], "once each"
    assert len({pid for _, pid in called}) == 8
    run = project.last_run()
    assert (run.status, run.stored) == ("complete", 8)
    assert project.outputs() == {f"q{n}": n for n in range(8) if n != 2} | {"q2": None}
    assert all(each.trace_id for each in project.results())
    if args == ("--vtrack-concurrency=5",):
        assert "with --forked all cases run in order, one at a time" in done.flat


def test_a_rate_that_processes_of_their_own_cannot_keep_is_said(project):
    project.questions(2)
    project.write(test_app=FORKED, conftest=FORKING)
    done = project.run("--forked", "-Wignore::DeprecationWarning", "-o", "vtrack_rate=100/s")
    assert "with --forked no rate is kept" in done.flat


@pytest.mark.parametrize("args", [(), ("-n2",)])
def test_cases_that_a_plugin_never_reports_are_counted_and_not_green(project, args):
    project.questions(3)
    project.write(
        test_app=FORKED,
        conftest="""
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(item):
            return True
        """,
    )
    done = project.run("--vtrack-version=v1", *args)
    assert done.exit == 1, done.screen
    assert "3 of 3 cases never reported" in done.flat
    run = project.last_run()
    assert (run.status, run.expected, run.stored) == ("incomplete", 3, 0)


def test_what_a_plugin_left_out_before_it_was_collected_makes_a_run_partial(project):
    """As pytest-testmon does, with stand-ins that are no items."""
    project.questions(3)
    project.write(
        test_app=FORKED,
        conftest="""
        class StandIn:
            def __init__(self, config):
                self.config = config

        def pytest_collection_modifyitems(config):
            config.hook.pytest_deselected(items=[StandIn(config)] * 4)
        """,
    )
    done = project.run("--vtrack-version=v1")
    assert "INTERNALERROR" not in done.flat
    assert (project.last_run().status, project.last_run().stored) == ("partial", 3)


AGAIN = """
    import pytest
    from _pytest.reports import TestReport

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(item, call):
        report = (yield).get_result()
        for _ in range(2):
            if call.when == "call" and report.failed:
                hook = item.ihook
                nobody = pytest.Class.from_parent(item.session, name="Nobody")
                hook.pytest_runtest_teardown(item=item, nextitem=nobody)
                item._initrequest()
                hook.pytest_runtest_setup(item=item)
                again = pytest.CallInfo.from_call(lambda: hook.pytest_runtest_call(item=item), when="call")
                last = TestReport.from_item_and_call(item, again)
                report.outcome, report.longrepr = last.outcome, last.longrepr
"""


@pytest.mark.parametrize("args", [(), ("-n2",), ("--vtrack-concurrency=3",)], ids=" ".join)
def test_what_a_plugin_runs_again_under_one_report_counts_as_it_ended(project, args):
    """As pytest-retry does: the report of the call is made before, and only its outcome is changed."""
    project.questions(3)
    project.write(
        conftest=AGAIN,
        test_app="""
        import collections
        import pytest

        SEEN = collections.Counter()

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            n = vtrack_case.inputs["n"]
            SEEN[n] += 1
            assert SEEN[n] > n
            return SEEN[n]
        """,
    )
    done = project.run_apart(*args)
    assert "3 passed" in done.last_line, done.screen
    assert [each.outcome for each in project.results()] == ["passed"] * 3
    everything = {(each.attempt, each.outcome) for each in project.results(all_attempts=True)}
    assert everything - {(2, "passed")} == {(0, "failed"), (0, "passed"), (1, "passed")}
    assert (2, "passed") in everything or args == ("--vtrack-concurrency=3",)  # a call ahead was given up


def test_a_reporter_of_another_plugin_need_not_be_like_that_of_pytest(project):
    project.questions(3)
    conftest = """
    import sys
    import pytest
    from _pytest.config import create_terminal_writer

    class Reporter:
        def __init__(self, config):
            self.config = config
            self._tw = create_terminal_writer(config, sys.stdout)

        def write(self, text, **markup):
            self._tw.write(text, **markup)

        def line(self, text, **markup):
            self._tw.line(text, **markup)

        write_line = line

        def write_sep(self, sep, title=None, **markup):
            self._tw.sep(sep, title, **markup)

        def pytest_sessionfinish(self, exitstatus):
            hook = self.config.hook.pytest_terminal_summary
            hook(terminalreporter=self, exitstatus=exitstatus, config=self.config)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(config):
        config.pluginmanager.unregister(name="terminalreporter")
        config.pluginmanager.register(Reporter(config), "terminalreporter")
    """
    app = """
    import os
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        assert "WORSE" not in os.environ
    """
    project.write(test_app=app, conftest=conftest)
    done = project.run_apart("--vtrack-version=v1")
    assert (done.exit, done.errors) == (0, "")
    assert "Saved as version v1" in done.screen
    done = project.run_apart("--vtrack-version=v2", "--vtrack-baseline=v1", env={"WORSE": "1"})
    assert (done.exit, done.errors) == (1, "")
    assert "v2" in done.section
    assert len(project.results()) == 3
