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
    from pytest_vtrack.plugin.concurrency import brief

    found = []

    def run_briefly(item, *rest, run=brief.run_briefly):
        found.append(item.nodeid)
        run(item, *rest)

    monkeypatch.setattr(brief, "run_briefly", run_briefly)
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


CALM = """
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_calm(vtrack_case):
        return vtrack_case.id
"""


@pytest.mark.parametrize("hook", ["pytest_fixture_setup", "pytest_fixture_post_finalizer"])
def test_who_watches_fixtures_is_asked_for_parameters(project, brief, hook):
    project.questions(6)
    with_parameter = CALM.replace("    @", "    @pytest.mark.parametrize('n', [1])\n    @", 1)
    with_parameter = with_parameter.replace("(vtrack_case)", "(vtrack_case, n)")
    conftest = f"def {hook}(fixturedef): print('watched', fixturedef.argname)"
    project.write(test_without=CALM, test_with=with_parameter, conftest=conftest)
    done = project.run("--vtrack-concurrency=3")
    assert brief == [f"test_without.py::test_calm[q{n}]" for n in range(1, 5)]
    assert "watched n" not in done.screen
    assert len(project.results()) == 12


def test_who_adds_to_reports_is_asked_for_every_phase(project, brief):
    project.questions(6)
    conftest = """
    import pytest

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(item, call):
        report = yield
        setattr(item, "has_" + call.when, report.passed)
        report.sections.append(("phase", f"{call.when} of {item.name}"))
        return report

    def pytest_runtest_logreport(report):
        if report.nodeid.endswith("[q2]"):
            with open("told.txt", "a") as file:
                print(*report.sections[-1], file=file)
    """
    project.write(test_app=CALM, conftest=conftest)
    project.run("--vtrack-concurrency=3")
    assert len(brief) == 4
    told = (project.path / "told.txt").read_text().splitlines()
    assert told == [f"phase {when} of test_calm[q2]" for when in ("setup", "call", "teardown")]


def test_a_plugin_that_comes_late_is_asked(project, brief):
    project.questions(6)
    conftest = """
    class Late:
        def pytest_runtest_setup(self, item):
            print("late:", item.name)

    def pytest_configure(config):
        global manager
        manager = config.pluginmanager

    def pytest_runtest_logreport(report):
        if report.nodeid.endswith("[q2]") and report.when == "teardown":
            manager.register(Late())
    """
    project.write(test_app=CALM, conftest=conftest)
    done = project.run("--vtrack-concurrency=3", "-rA")
    assert brief == ["test_app.py::test_calm[q1]", "test_app.py::test_calm[q2]"]
    assert [line for line in done.lines if "late:" in line] == [f"late: test_calm[q{n}]" for n in range(3, 6)]


def test_a_mark_that_comes_late_skips_a_case_that_was_called(project):
    project.questions(6)
    conftest = """
    import pytest

    def pytest_collection_modifyitems(items):
        global later
        later = items[2]

    def pytest_runtest_logreport(report):
        if report.nodeid.endswith("[q0]") and report.when == "teardown":
            later.add_marker(pytest.mark.skip(reason="no longer needed"))
    """
    project.write(test_app=CALM, conftest=conftest)
    done = project.run("--vtrack-concurrency=3", "-rs")
    assert "no longer needed" in done.screen
    assert [each.key.case_id for each in project.results() if each.outcome == "skipped"] == ["q2"]


def test_what_a_hook_leaves_to_the_end_is_captured(project, brief):
    project.questions(6)
    conftest = """
    import pytest

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(item):
        item.addfinalizer(lambda: end(item.name))
        return (yield)

    def end(name):
        print("ends", name)
        assert "q2" not in name
    """
    project.write(test_app=CALM, conftest=conftest)
    done = project.run("--vtrack-concurrency=3")
    assert "test_app.py::test_calm[q2]" in brief
    assert "ERROR at teardown of test_calm[q2]" in done.screen
    assert [line for line in done.lines if "ends" in line and "test_calm" in line] == ["ends test_calm[q2]"]
