"""Tests that run in order although several cases may run at once, and what is said of it."""

from __future__ import annotations

import re

import pytest

COUNTING = """
    import asyncio
    import pytest
    {imports}

    RUNNING = []

    {fixture}

    {marker}
    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_counts(vtrack_case{argument}):
        RUNNING.append(1)
        await asyncio.sleep(0.01)
        count = len(RUNNING)
        RUNNING.pop()
        return count
"""
OWN = "it needs the fixture {}, which every item has for itself"


@pytest.mark.parametrize(
    ("fixture", "argument", "why"),
    [
        ("", "tmp_path", OWN.format("tmp_path")),
        ("", "request", OWN.format("request")),
        ("", "capsys", OWN.format("capsys")),
        ("own = pytest.fixture(lambda tmp_path: 1)", "own", OWN.format("own")),
        ("own = pytest.fixture(lambda: 1, autouse=True, name='own')", "", OWN.format("own")),
    ],
    ids=["tmp_path", "request", "capsys", "a fixture", "autouse"],
)
def test_fixtures_of_each_item_keep_a_test_in_order(project, mode, fixture, argument, why):
    project.questions(4)
    argument = f", {argument}" if argument else ""
    project.write(test_app=COUNTING.format(imports="", fixture=fixture, marker="", argument=argument))
    done = project.run_apart("-v", "--vtrack-concurrency=4", *mode)
    assert done.exit == 0, done.screen
    assert set(project.outputs().values()) == {1}
    said = f"vtrack: test_app.py::test_counts runs in order, one case at a time: {why}"
    assert done.flat.count(said) == 1, done.screen
    quiet = project.run_apart("--vtrack-concurrency=4", *mode)
    assert "in order" not in quiet.screen


@pytest.mark.parametrize(
    ("args", "why"),
    [(["--pdb"], "--pdb"), (["-s"], "-s"), (["--capture=no"], "-s")],
    ids=lambda each: str(each),
)
def test_what_needs_the_terminal_runs_in_order(project, args, why):
    project.questions(4)
    project.write(test_app=COUNTING.format(imports="", fixture="", marker="", argument=""))
    done = project.run_apart("--vtrack-concurrency=4", *args)
    assert done.exit == 0, done.screen
    assert set(project.outputs().values()) == {1}
    assert f"vtrack: with {why} all cases run in order, one at a time" in done.flat


def test_workers_that_steal_cases_run_them_in_order(project):
    project.questions(8)
    project.write(test_app=COUNTING.format(imports="", fixture="", marker="", argument=""))
    done = project.run_apart("--vtrack-concurrency=4", "-n2", "--dist=worksteal")
    assert set(project.outputs().values()) == {1}
    assert "with --dist=worksteal all cases run in order" in done.flat


@pytest.mark.parametrize("how", ["strict", "auto", "anyio"])
def test_tests_of_other_plugins_keep_their_fixtures_and_their_loop(project, how):
    pytest.importorskip("anyio" if how == "anyio" else "pytest_asyncio")
    imports, fixture, marker = {
        "strict": ("import pytest_asyncio", "pytest_asyncio.fixture", "@pytest.mark.asyncio"),
        "auto": ("", "pytest.fixture", ""),
        "anyio": (
            "anyio_backend = pytest.fixture(lambda: 'asyncio', scope='module')",
            "pytest.fixture(scope='module')",
            "@pytest.mark.anyio",
        ),
    }[how]
    fixture = f"""
    @{fixture}
    async def client():
        loop = asyncio.get_running_loop()
        yield loop
    """
    project.questions(4)
    project.write(
        test_app=COUNTING.format(imports=imports, fixture=fixture, marker=marker, argument=", client")
    )
    ini = "" if how == "anyio" else f"asyncio_mode = {how}\nasyncio_default_fixture_loop_scope = function"
    project.write(**{"pytest.ini": f"[pytest]\n{ini}\n"})
    off = ["randomly", "rerunfailures", "hypothesispytest", "asyncio" if how == "anyio" else "anyio"]
    args = ["-v", "--vtrack-concurrency=4", *(f"-pno:{name}" for name in off)]
    done = project.run_apart(*args, plain=False)
    assert done.exit == 0, done.screen
    assert set(project.outputs().values()) == {1}
    assert "test_counts runs in order, one case at a time: " in done.flat


def test_fixtures_of_wider_scopes_are_shared_and_end_after_the_last_call(project):
    project.questions(6)
    project.write(
        test_app="""
        import asyncio
        import pytest

        @pytest.fixture(scope="module", params=["a", "b"])
        def client(request):
            client = {"name": request.param, "open": True, "most": 0, "running": 0}
            yield client
            client["open"] = False
            with open("most.txt", "a") as file:
                print(client["name"], client["most"], file=file)

        @pytest.mark.vtrack(dataset="qa.jsonl")
        async def test_answers(vtrack_case, client):
            client["running"] += 1
            client["most"] = max(client["most"], client["running"])
            await asyncio.sleep(0.02)
            client["running"] -= 1
            assert client["open"]
            return client["name"]
        """
    )
    done = project.run("--vtrack-concurrency=50")
    assert "12 passed" in done.last_line, done.screen
    assert (project.path / "most.txt").read_text() == "a 6\nb 6\n"
    assert sorted(each.outputs for each in project.results()) == ['"a"'] * 6 + ['"b"'] * 6


@pytest.mark.parametrize(
    ("decorator", "why"),
    [
        ("@mock.patch('os.sep', '|')", "unittest.mock patches it"),
        ("@pytest.mark.filterwarnings('error')", "it has warning filters of its own"),
    ],
    ids=["mock", "filters"],
)
def test_what_changes_the_whole_process_runs_alone(project, decorator, why):
    project.questions(4)
    project.write(
        test_app=f"""
        import os, threading
        from unittest import mock
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        {decorator}
        def test_answers(vtrack_case):
            return threading.current_thread() is threading.main_thread()
        """
    )
    done = project.run("-v", "--vtrack-concurrency=4")
    assert done.exit == 0, done.screen
    assert set(project.outputs().values()) == {True}
    assert why in done.flat


def test_tests_that_are_not_marked_run_as_ever(project):
    project.write(
        test_app="""
        import threading
        import pytest

        @pytest.mark.parametrize("n", range(4))
        def test_one(n):
            assert threading.current_thread() is threading.main_thread()
        """
    )
    done = project.run("-v", "--vtrack-all", "--vtrack-concurrency=4")
    assert done.exit == 0, done.screen


def test_plugins_of_pytest_that_are_switched_off_are_not_missed(project):
    project.questions(4)
    project.write(
        test_app="""
        import logging
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            logging.getLogger().warning("logged %s", vtrack_case.id)
            assert vtrack_case.id != "q2"
        """
    )
    off = ("debugging", "logging", "setuponly", "setupplan", "skipping", "stepwise", "warnings")
    done = project.run_apart(*(f"-pno:{name}" for name in off), "--vtrack-concurrency=2")
    assert "1 failed, 3 passed" in done.last_line, done.screen
    assert "Captured stderr call" in done.screen
    assert set(re.findall(r"logged (q\d)", done.screen)) == {"q2"}
    done = project.run_apart("-pno:capture", "--vtrack-concurrency=2")
    assert "1 failed, 3 passed" in done.last_line, done.screen
    assert "with -s all cases run in order" in done.screen


@pytest.mark.parametrize("mark", ["skip", "xfail(run=False)"])
def test_marks_that_pytest_was_told_to_ignore_keep_no_case_from_running(project, mark):
    project.questions(4)
    project.write(
        test_app=f"""
        import pytest

        @pytest.mark.{mark}
        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            return 1
        """
    )
    done = project.run_apart("-pno:skipping", "--vtrack-concurrency=2")
    assert "4 passed" in done.last_line, done.screen
