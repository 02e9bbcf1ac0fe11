"""Expected cases against stored ones: nothing that is missing goes unsaid."""

from __future__ import annotations

import pytest

from pytest_vtrack.errors import BaselineRefused
from pytest_vtrack.store import open_store
from pytest_vtrack.workflow.accepting import Acceptance, accept

APP = """
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=["exact_match"])
    def test_answers(vtrack_case):
        assert vtrack_case.id != "q3", "no"
        return vtrack_case.inputs["n"]
"""


@pytest.fixture
def app(project):
    project.questions(10)
    project.write(test_app=APP)
    return project


def refused(project) -> bool:
    store = open_store(str(project.store_path))
    try:
        accept(store, project.last_run(), Acceptance("main", "because", "me"))
    except BaselineRefused:
        return True
    finally:
        store.close()
    return False


@pytest.mark.parametrize(
    ("args", "stored", "reason"),
    [
        (("-k", "q1 or q2"), 2, "-k q1 or q2: 2 of 10 cases"),
        (
            ("--deselect", "test_app.py::test_answers[q0]"),
            9,
            "--deselect test_app.py::test_answers[q0]: 9 of 10",
        ),
        (("test_app.py::test_answers[q4]",), 1, "test_app.py::test_answers[q4]"),
        (("-x",), 4, "stopping after 1 failures: 4 of 10 cases ran"),
        (("--maxfail=1",), 4, "stopping after 1 failures: 4 of 10 cases ran"),
        (("--lf",), 1, "--lf: 1 of 10 cases"),
        (("--sw",), 4, "4 of 10 cases ran"),
    ],
    ids=lambda each: each[0] if isinstance(each, tuple) else "",
)
def test_a_chosen_part_is_a_partial_run_and_no_baseline(app, args, stored, reason):
    assert app.run().exit == 1
    assert app.last_run().complete, "failing tests do not make a run incomplete"
    done = app.run(*args)
    run = app.last_run()
    assert (run.status, run.stored) == ("partial", stored), run.reason
    assert reason in run.reason
    assert f"PARTIAL RUN ({run.reason}" in done.flat
    assert refused(app)


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "worker"])
def test_a_file_that_cannot_be_collected_leaves_the_run_incomplete(app, workers):
    app.write(test_broken="import nothing_of_that_name")
    done = app.run("--continue-on-collection-errors", *workers)
    run = app.last_run()
    assert (done.exit, run.status, run.stored) == (1, "incomplete", 10)
    assert run.reason.endswith("never reported: test_broken.py (could not be collected)")
    assert refused(app)


def test_what_stands_in_a_file_that_cannot_be_collected_goes_on_counting(app):
    app.run("-x")
    app.write(test_app="import nothing_of_that_name", test_others=APP.replace("_answers", "_others"))
    app.run("--vtrack-resume", "--continue-on-collection-errors")
    (run,) = app.runs()
    assert (run.status, run.stored) == ("incomplete", 14)


def test_a_chosen_part_in_workers_is_the_same(app):
    done = app.run("-k", "q1 or q2", "-n2")
    run = app.last_run()
    assert (run.status, run.stored, run.reason) == ("partial", 2, "-k q1 or q2: 2 of 10 cases")
    assert "PARTIAL RUN (-k q1 or q2" in done.flat
    app.run("-x", "-n2")
    run = app.last_run()
    assert run.status == "partial"
    assert "stopping after 1 failures" in run.reason


def test_marker_expressions_choose_a_part(app):
    app.write(
        test_app=APP
        + """
    @pytest.mark.slow
    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_slow():
        return 1
    """,
        **{"pytest.ini": "[pytest]\nmarkers = slow\n"},
    )
    app.run("-m", "not slow")
    run = app.last_run()
    assert (run.status, run.reason) == ("partial", "-m not slow: 10 of 20 cases")
    app.run("-m", "vtrack")
    assert app.last_run().complete


def test_last_failed_that_leaves_out_whole_files_is_partial(app):
    app.questions(2, name="good.jsonl")
    app.write(
        test_good="""
        import pytest

        @pytest.mark.vtrack(dataset="good.jsonl")
        def test_good():
            return 1
        """,
        test_app=APP.replace('assert vtrack_case.id != "q3", "no"', "assert False"),
    )
    app.run()
    assert app.last_run().stored == 12
    app.run("--lf")
    run = app.last_run()
    assert (run.status, run.stored) == ("partial", 10)
    assert "--lf" in run.reason


def test_a_gate_of_tests_that_were_not_chosen_is_no_slip_of_the_pen(app):
    gated = APP.replace("answers", "others").replace("vtrack(", 'vtrack(gate=["exact_match", "speed"], ')
    app.write(test_others=gated.replace("assert", "vtrack_case.feedback('speed', 1); assert"))
    assert "which no case has" not in app.run("-k", "test_answers").flat
    assert "which no case has" not in app.run().flat
    app.write(test_others=gated)
    assert "names 'speed', which no case has" in app.run().flat


def test_a_part_is_compared_with_what_it_shares(app):
    app.run("--vtrack-version=v1")
    done = app.run("--vtrack-version=v2", "--vtrack-baseline=v1", "-k", "q1")
    assert done.exit == 0, done.screen
    assert "PARTIAL RUN (-k q1: 1 of 10 cases)" in done.flat
    assert "✓ OK" in done.section
    assert "gone" not in done.section


@pytest.mark.parametrize(
    ("broken", "how", "says"),
    [
        ("scorer", "def breaks(outputs): raise KeyError('scorer broke')", "KeyError: 'scorer broke'"),
        ("fixture", "raise OSError('setup broke')", "setup: OSError: setup broke"),
        ("teardown", "raise OSError('teardown broke')", "teardown: OSError: teardown broke"),
        ("app", "raise TimeoutError('app broke')", "TimeoutError: app broke"),
        ("app", "raise SystemExit(3)", "SystemExit: 3"),
        ("app", "raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})", "Mute"),
        ("coroutine", "raise TimeoutError('await broke')", "TimeoutError: await broke"),
        ("caught", "raise TimeoutError('swallowed')", "TimeoutError: swallowed"),
        ("nan", "return float('nan')", "returned nan"),
        ("inf", "return float('inf')", "returned inf"),
    ],
)
def test_errors_are_cases_of_the_metric_completed_and_never_zeros(project, broken, how, says):
    project.questions(10)
    parts = dict.fromkeys(("fixture", "teardown", "app", "coroutine", "caught"), "pass") | {broken: how}
    value = how if broken in ("nan", "inf") else "return 1.0"
    scorer = "raise KeyError('scorer broke')" if broken == "scorer" else "pass"
    project.write(
        test_app=f"""
        import pytest

        def score(outputs, case):
            if case.id == "q3" and outputs is not None:
                {scorer}
                {value}
            return 1.0

        @pytest.fixture
        def resource(vtrack_case):
            if vtrack_case.id == "q3" and vtrack_case.version == "bad":
                {parts["fixture"]}
            yield
            if vtrack_case.id == "q3" and vtrack_case.version == "bad":
                {parts["teardown"]}

        def app(n, bad):
            if bad:
                {parts["app"]}
            return n

        async def async_app(n):
            if n == 3:
                {parts["coroutine"]}
            return n

        def swallowed():
            {parts["caught"]}

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[score])
        def test_answers(vtrack_case, resource):
            bad = vtrack_case.id == "q3" and vtrack_case.version == "bad"
            if {broken == "coroutine"}:
                return vtrack_case.run(async_app)
            if {broken == "caught"} and bad:
                try:
                    vtrack_case.run(lambda n: swallowed())
                except TimeoutError:
                    return 0
            return vtrack_case.run(lambda n: app(n, bad))
        """
    )
    project.run("--vtrack-version=bad", *(["-n2"] if broken == "coroutine" else []))
    run = project.last_run()
    assert (run.status, run.stored) == ("complete", 10), "what broke is stored, too"
    completed = project.said("completed")
    assert completed == {f"q{n}": n != 3 for n in range(10)}
    said = project.result("q3")
    reasons = [each.rationale or each.error or "" for each in said.assessments]
    assert any(says in reason for reason in reasons), reasons
    score = project.said("score").get("q3")
    assert score == 1.0 if broken == "teardown" else not isinstance(score, float), score


def test_a_test_that_fails_before_the_app_is_called_says_what_is_missing(project):
    project.questions(1)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=["exact_match"])
        def test_answers(vtrack_case):
            pass
        """
    )
    project.run()
    assert project.said("exact_match") == {
        "q0": "the test recorded no outputs to score: return them, or call vtrack_case.run(your_app)"
    }
    assert project.said("completed") == {"q0": False}


def test_pytest_exit_in_a_test_keeps_what_ran(app):
    app.write(test_app=APP.replace('assert vtrack_case.id != "q3", "no"', EXIT))
    done = app.run()
    assert done.exit == 2
    run = app.last_run()
    assert (run.status, run.stored) == ("partial", 3)
    assert run.reason == "pytest.exit: budget is gone: 3 of 10 cases ran"
    assert "PARTIAL RUN (pytest.exit: budget is gone" in done.flat
    assert refused(app)


EXIT = 'vtrack_case.id == "q3" and pytest.exit("budget is gone")'


def test_keyboard_interrupt_in_a_test_keeps_what_ran(app):
    app.write(test_app=APP.replace('assert vtrack_case.id != "q3", "no"', INTERRUPT))
    done = app.run()
    assert done.exit == 2
    run = app.last_run()
    assert (run.status, run.stored, run.reason) == ("partial", 3, "interrupted: 3 of 10 cases ran")
    assert refused(app)


INTERRUPT = """if vtrack_case.id == "q3":
            raise KeyboardInterrupt"""


def test_a_skipped_case_is_stored_as_skipped(app):
    app.write(
        test_app=APP.replace(
            'assert vtrack_case.id != "q3", "no"', 'vtrack_case.id == "q3" and pytest.skip()'
        )
    )
    assert app.run().exit == 0
    assert app.last_run().complete
    result = app.result("q3")
    assert (result.outcome, result.assessments) == ("skipped", ())


def test_a_store_that_fails_halfway_stops_the_session_and_says_so(app, monkeypatch):
    from pytest_vtrack.errors import StoreError
    from pytest_vtrack.store import sql_store

    calls = []

    def add(self, run_id, results):
        calls.append(results)
        if len(calls) > 1:
            raise StoreError(f"{self.location}: the disk is full; make room")

    app.write(test_app=APP.replace('assert vtrack_case.id != "q3", "no"', "import time; time.sleep(0.2)"))
    with monkeypatch.context() as patch:
        patch.setattr(sql_store.SqlStore, "add", add)
        done = app.run()
    assert done.exit != 0
    assert "the disk is full; make room" in done.flat
    assert "INTERNALERROR" not in done.screen
    assert "Traceback" not in done.screen
    assert "10 passed" not in done.last_line, "no more tests were started"
    assert app.last_run().status == "running"
