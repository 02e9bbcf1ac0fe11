"""Cases called ahead whose items are reported without pytest's own setup and teardown around them."""

from __future__ import annotations

import json

import pytest

APP = """
    import asyncio
    import logging
    import warnings
    import pytest

    @pytest.fixture(scope="module", autouse=True)
    def server():
        print("server begins")
        yield
        print("server ends")

    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_app(vtrack_case):
        question = vtrack_case.id
        await asyncio.sleep(0.005)
        print("asked", question)
        logging.getLogger().warning("answers %s", question)
        if question == "q2":
            warnings.warn("an odd question")
        if question == "q3":
            pytest.xfail("known to be hard")
        if question == "q4":
            pytest.skip("not today")
        assert question != "q5"
        return question

    @pytest.mark.vtrack(dataset="qa.jsonl")
    @pytest.mark.xfail(reason="one day")
    async def test_hard(vtrack_case):
        await asyncio.sleep(0.005)
        assert vtrack_case.id != "q1"
        return 1
"""
TOLD = """
    import json, os

    def pytest_runtest_logreport(report):
        with open("told.jsonl", "a") as file:
            told = [report.nodeid, report.when, report.outcome, report.sections, sorted(report.keywords)]
            file.write(json.dumps([*told, getattr(report, "wasxfail", None)]) + "\\n")

    def pytest_runtest_logstart(nodeid):
        with open("told.jsonl", "a") as file:
            file.write(json.dumps([nodeid, "start"]) + "\\n")

    def pytest_runtest_logfinish(nodeid):
        with open("told.jsonl", "a") as file:
            file.write(json.dumps([nodeid, "finish", os.environ.get("PYTEST_CURRENT_TEST")]) + "\\n")
"""
WATCHES = """
    def pytest_runtest_setup(item):
        pass
"""


@pytest.fixture
def brief(monkeypatch):
    """The node ids of items whose turn was brief."""
    from pytest_vtrack.plugin.concurrency import ahead

    found = []

    def run_briefly(item, nextitem, run=ahead.run_briefly):
        found.append(item.nodeid)
        run(item, nextitem)

    monkeypatch.setattr(ahead, "run_briefly", run_briefly)
    return found


@pytest.mark.parametrize("args", [(), ("-x",), ("-rA", "--log-cli-level=WARNING")], ids=" ".join)
def test_reports_are_those_of_whole_turns(project, args):
    project.questions(7)
    seen = {}
    for name, conftest in (("brief", TOLD), ("whole", TOLD + WATCHES)):
        project.write(test_app=APP, conftest=conftest)
        done = project.run_apart("--vtrack-concurrency=3", "-p", "no:randomly", "-p", "no:timeout", *args)
        told = project.path / "told.jsonl"
        rows = [json.loads(line) for line in told.read_text().splitlines()]
        told.unlink()
        # Only between the items of one test the variable still names the one before.
        rows = [row[:2] if row[1] == "finish" else row for row in rows]
        seen[name] = done.exit, rows, [line for line in done.lines if "Captured" in line or "server" in line]
    assert seen["brief"] == seen["whole"]
    assert any(row[1] == "teardown" and "server ends" in str(row[3]) for row in seen["brief"][1])
    assert sum(row[1] == "call" for row in seen["brief"][1]) == (6 if "-x" in args else 14)


def test_items_amid_others_of_their_test_are_brief(project, brief):
    project.questions(6)
    project.write(test_app=APP)
    project.run("--vtrack-concurrency=3")
    expected = [f"test_app.py::{test}[q{n}]" for test in ("test_app", "test_hard") for n in range(1, 5)]
    assert brief == expected


@pytest.mark.parametrize(
    ("conftest", "args"),
    [
        (WATCHES, ()),
        ("def pytest_runtest_teardown(item): pass", ()),
        ("def pytest_runtest_protocol(item): return None", ()),
        ("", ("--setup-show",)),
    ],
    ids=["setup", "teardown", "protocol", "--setup-show"],
)
def test_turns_are_whole_where_somebody_takes_part(project, brief, conftest, args):
    project.questions(6)
    project.write(test_app=APP, conftest=conftest)
    project.run("--vtrack-concurrency=3", *args)
    assert brief == []
    assert len(project.results()) == 12


def test_who_only_wraps_the_turn_leaves_it_brief(project, brief):
    project.questions(6)
    wrapper = """
    import pytest

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item):
        return (yield)
    """
    project.write(test_app=APP, conftest=wrapper)
    project.run("--vtrack-concurrency=3")
    assert brief
