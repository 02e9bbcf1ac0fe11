"""Going on after a crash or a stop: what is finished is told again, and only the rest runs."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.plugin.liveness import PROCESS
from pytest_vtrack.store import open_store

APP = """
    import os
    import pytest
    from pytest_vtrack import scorer

    def there(name):
        return os.path.exists(name)

    def called(what):
        with open("calls.txt", "a") as file:
            print(what, file=file)

    @scorer
    def right(outputs, expectations):
        return outputs == expectations["answer"]

    @scorer
    def moody(outputs):
        if outputs == 1 and there("moody"):
            raise ValueError("not now")
        return 1.0

    @pytest.fixture(scope="module")
    def client():
        called("set up")
        yield
        called("torn down")

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right, moody])
    def test_answers(vtrack_case, client):
        called(vtrack_case.id)
        n = vtrack_case.inputs["n"]
        if n == 5 and there("interrupt"):
            raise KeyboardInterrupt
        if n == 5 and there("die"):
            os._exit(9)
        if n == 2 and there("offline"):
            raise ConnectionError("the service is away")
        assert n != 3, "three is bad"
        return n if n != 4 else 0
"""


def switch(project, *names):
    """Let a part of the application behave in another way, and only that part."""
    for name in ("interrupt", "die", "offline", "moody"):
        (project.path / name).unlink(missing_ok=True)
    for name in names:
        (project.path / name).touch()


def calls(project):
    """Return what was called since the last time."""
    file = project.path / "calls.txt"
    made = file.read_text().split("\n")[:-1] if file.exists() else []
    file.unlink(missing_ok=True)
    return made


def answers(project, run):
    """Return what a run says about each trial, without the times."""
    return {
        (each.key, each.trial): (
            each.outcome,
            each.inputs,
            each.outputs,
            each.error,
            {(one.metric, one.value, one.error) for one in each.assessments if one.metric.name != "latency"},
        )
        for each in project.results(run)
    }


@pytest.fixture
def bot(project):
    """A project with eight cases: q3 fails always, the others as they are switched."""
    project.questions(8)
    project.write(test_app=APP)
    return project


def resume(project, *args):
    return project.run("--vtrack-version=v1", "--vtrack-resume", *args)


def test_after_a_kill_only_what_is_missing_runs_and_the_run_is_like_any_other(bot, mode):
    bot.run("--vtrack-version=v0")
    switch(bot, "die")
    assert bot.run_apart("--vtrack-version=v1").exit == 9
    assert bot.last_run().status == "running"
    stored = {each.key.case_id for each in bot.results()}
    switch(bot)
    calls(bot)

    done = resume(bot, "-v", "--vtrack-baseline=v0", *mode)

    every = {f"q{n}" for n in range(8)}
    assert {each for each in calls(bot) if each.startswith("q")} == every - stored
    before, run = bot.runs()
    assert (run.status, run.stored, run.expected, run.reason) == ("complete", 8, 8, None)
    assert answers(bot, run) == answers(bot, before)
    assert "1 failed, 7 passed" in done.last_line
    assert done.exit == 1
    goes_on = f"vtrack: run {run.short_id} of v1 goes on; stored and not run again: {len(stored)} of 8 cases"
    assert goes_on in done.flat
    assert done.screen.count("PASSED (stored)") == len(stored - {"q3"})


@pytest.mark.parametrize("how", ["interrupt", "-x"])
def test_after_a_stop_the_stored_failure_is_still_one(bot, how):
    switch(bot, how)
    bot.run("--vtrack-version=v1", *([how] if how.startswith("-") else ()))
    assert bot.last_run().status == "partial"
    switch(bot)
    calls(bot)
    done = resume(bot, "-rf", "--junit-xml=junit.xml")
    assert not {"q0", "q1", "q2", "q3"} & set(calls(bot))
    assert bot.last_run().complete
    assert "1 failed, 7 passed" in done.last_line
    assert "FAILED (stored) test_app.py::test_answers[q3] - Failed: AssertionError" in done.flat
    assert "AssertionError: three is bad" in done.screen
    assert f"(stored in run {bot.last_run().short_id})" in done.flat
    assert re.search(r'failures="1" skipped="0" tests="8"', (bot.path / "junit.xml").read_text())


def test_a_stored_failure_stops_a_session_that_stops_at_failures(bot):
    bot.run("--vtrack-version=v1", "-x")
    calls(bot)
    done = resume(bot, "-x")
    assert "1 failed, 3 passed" in done.last_line
    assert calls(bot) == []
    assert bot.last_run().status == "partial"
    assert resume(bot).exit == 1
    assert bot.last_run().complete
    assert bot.last_run().tags["vtrack.resumed"] == "2"
    assert bot.last_run().tags["vtrack.resumed.at"].count("Z") == 2


def test_errors_of_application_and_scorers_run_again_and_the_first_attempt_stays(bot):
    switch(bot, "offline", "moody", "interrupt")
    bot.run("--vtrack-version=v1")
    switch(bot)
    calls(bot)
    resume(bot)
    assert [each for each in calls(bot) if each.startswith("q")] == ["q1", "q2", "q5", "q6", "q7"]
    assert bot.said("moody") == {f"q{n}": 1.0 for n in range(8)} | {"q3": bot.said("moody")["q3"]}
    attempts = [each.attempt for each in bot.results(all_attempts=True) if each.key.case_id in ("q1", "q2")]
    assert attempts == [0, 1, 0, 1]
    first = next(each for each in bot.results(all_attempts=True) if each.key.case_id == "q2")
    assert "ConnectionError: the service is away" in {each.rationale for each in first.assessments}
    assert bot.last_run().stored == 8


def test_fixtures_of_told_cases_are_not_set_up(bot):
    bot.write(
        test_last="""
        import pytest

        @pytest.mark.vtrack
        def test_last():
            raise KeyboardInterrupt
        """
    )
    bot.run("--vtrack-version=v1")
    bot.write(test_last="import pytest\n\n@pytest.mark.vtrack\ndef test_last(): pass")
    calls(bot)
    assert "1 failed, 8 passed" in resume(bot).last_line
    assert calls(bot) == []


@pytest.mark.parametrize("args", [(), ("--vtrack-concurrency=3",)], ids=["in order", "at once"])
def test_versions_and_repeats_go_on_as_they_were(project, args):
    project.questions(3)
    project.write(
        test_app="""
        import os
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", versions=["a", "b"], repeat=2)
        def test_answers(vtrack_case):
            with open("calls.txt", "a") as file:
                print(vtrack_case.id, vtrack_case.version, vtrack_case.trial, file=file)
            if os.path.exists("interrupt") and vtrack_case.id == "q1" and vtrack_case.version == "b":
                raise KeyboardInterrupt
            return vtrack_case.version
        """
    )
    switch(project, "interrupt")
    project.run()
    stored = {
        (each.key.case_id, run.version.name, each.trial)
        for run in project.runs()
        for each in project.results(run)
    }
    assert stored
    switch(project)
    calls(project)
    done = project.run("--vtrack-resume", *args)
    now = [tuple(each.split()) for each in calls(project)]
    assert len(now) == 12 - len(stored)
    assert not stored & {(case, version, int(trial)) for case, version, trial in now}
    assert "12 passed" in done.last_line
    assert [(run.version.name, run.status, run.stored) for run in project.runs()] == [
        ("a", "complete", 6),
        ("b", "complete", 6),
    ]


def test_calls_ahead_pass_over_what_is_stored(bot):
    bot.run("--vtrack-version=v1", "--deselect", "test_app.py::test_answers[q7]", "-k", "not q1 and not q4")
    assert bot.last_run().stored == 5
    with closing(open_store(str(bot.store_path))) as store:  # as if it had been killed
        store.begin(bot.last_run())
    calls(bot)
    done = resume(bot, "--vtrack-concurrency=3")
    assert sorted(calls(bot)) == ["q1", "q4", "q7", "set up", "torn down"]
    assert "1 failed, 7 passed" in done.last_line
    assert bot.last_run().complete


def test_the_verdict_is_that_of_an_uninterrupted_run(bot):
    bot.run("--vtrack-version=v0")
    bot.write(test_app=APP.replace("if n != 4 else 0", "if n < 4 else 0"))
    switch(bot, "interrupt")
    bot.run("--vtrack-version=v1")
    switch(bot)
    resumed = resume(bot, "--vtrack-baseline=v0")
    whole = bot.run("--vtrack-version=v2", "--vtrack-baseline=v0")
    said = [done.section.replace("v2", "v1").splitlines()[1] for done in (resumed, whole)]
    assert said[0] == said[1]


def test_without_an_interrupted_run_a_new_one_starts(bot):
    done = resume(bot, "-k", "q0")
    assert "no run of v1 in experiment" in done.flat
    assert "was interrupted: a new one starts" in done.flat
    resume(bot)  # a chosen part that ran to its end was not interrupted
    assert [run.stored for run in bot.runs()] == [1, 8]
    bot.run("--vtrack-version=v2", "-x")
    done = bot.run("--vtrack-version=v3", "--vtrack-resume", "-k", "q0")
    short_id = bot.runs()[2].short_id
    assert f"a new one starts (run {short_id} was, but it is of version v2)" in done.flat


def test_a_complete_run_is_told_again_and_stays_as_it_is(bot):
    bot.run("--vtrack-version=v1")
    before = bot.last_run()
    calls(bot)
    done = resume(bot)
    assert calls(bot) == []
    assert "is complete, so nothing runs and what is stored is told again (8 cases)" in done.flat
    assert "1 failed, 7 passed" in done.last_line
    assert bot.runs() == [before]
    bot.questions(9)
    resume(bot)  # with a case more there is something to run, and a complete run takes nothing more
    assert [run.stored for run in bot.runs()] == [8, 9]


def test_a_run_of_another_state_is_refused_before_the_first_call(bot, mode):
    bot.write(**{"pytest.ini": "[pytest]\nvtrack_params = model = small\n"})
    bot.run("--vtrack-version=v1", "-x")
    bot.write(**{"pytest.ini": "[pytest]\nvtrack_params = model = large\n"})
    calls(bot)
    done = resume(bot, *mode)
    assert done.exit == 4
    run = bot.last_run()
    assert (
        f"--vtrack-resume: run {run.short_id} of 'v1' was recorded in another state of the application: "
        "model=small then, large now. A run is of one state: go back to it, or leave out --vtrack-resume "
        "to start a new run"
    ) in done.flat
    assert calls(bot) == []
    assert bot.runs() == [run]
    assert resume(bot, "--vtrack-env=staging", "-k", "q0").exit == 0


def test_another_param_of_a_fixture_ends_the_session(project):
    project.questions(3)
    project.write(
        test_app="""
        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def model(vtrack_run):
            vtrack_run.set_param("model", open("model.txt").read())

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            assert vtrack_case.id != "q0"
        """,
        **{"model.txt": "small"},
    )
    project.run("--vtrack-version=v1", "-x")
    project.write(**{"model.txt": "large"})
    done = resume(project)
    assert done.exit == 2
    assert "the param model was 'small' when run" in done.flat
    assert project.last_run().version.params == {"model": "small"}


def test_edited_gone_and_new_cases(project):
    def answer(*records):
        project.dataset(*({"id": name, "inputs": {"n": n}} for name, n in records))

    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            with open("calls.txt", "a") as file:
                print(vtrack_case.id, file=file)
            assert vtrack_case.inputs["n"] != 9
            return vtrack_case.inputs["n"]
        """
    )
    answer(("same", 1), ("edited", 2), ("gone", 3), ("bad", 9), ("left", 4))
    project.run("--vtrack-version=v1", "-x")
    answer(("same", 1), ("edited", 20), ("bad", 9), ("left", 4), ("new", 5))
    calls(project)
    resume(project)
    assert calls(project) == ["edited", "left", "new"]
    run = project.last_run()
    assert (run.status, run.stored, run.expected) == ("complete", 5, 5)
    assert project.outputs() == {"same": 1, "edited": 20, "bad": None, "left": 4, "new": 5}
    assert len(project.results(all_attempts=True)) == 7  # nothing stored is lost
    answer(("same", 1), ("edited", 2), ("bad", 9), ("left", 4), ("new", 5))
    with closing(
        open_store(str(project.store_path))
    ) as store:  # as if it had been killed, and the edit taken back
        store.begin(run)
    resume(project)
    assert calls(project) == ["edited"]
    assert project.outputs()["edited"] == 2


def test_cases_that_a_changed_scorer_judged_run_again(bot):
    switch(bot, "interrupt")
    bot.run("--vtrack-version=v1")
    switch(bot)
    calls(bot)
    bot.write(test_app=APP.replace('return outputs == expectations["answer"]', "return outputs is not None"))
    resume(bot)
    assert {"q0", "q1", "q2", "q4"} <= set(calls(bot))
    assert bot.said("right") == {f"q{n}": True for n in range(8)} | {"q3": bot.said("right")["q3"]}
    assert bot.last_run().complete


def test_a_part_of_what_is_left_leaves_the_rest(bot):
    bot.run("--vtrack-version=v1", "-x")
    calls(bot)
    resume(bot, "-k", "q0 or q6")
    run = bot.last_run()
    assert [each for each in calls(bot) if each.startswith("q")] == ["q6"]
    assert (run.status, run.stored, run.expected) == ("partial", 5, 8)
    resume(bot)
    assert sorted(each for each in calls(bot) if each.startswith("q")) == ["q4", "q5", "q7"]
    assert bot.last_run().complete
    assert len(bot.runs()) == 1


def test_what_is_skipped_or_expected_to_fail_stays_so(project):
    project.write(
        test_app="""
        import os
        import pytest

        @pytest.mark.vtrack
        @pytest.mark.xfail(reason="known")
        def test_known():
            with open("calls.txt", "a") as file:
                print("known", file=file)
            assert 0

        @pytest.mark.vtrack
        def test_skipped():
            pytest.skip("no key")

        @pytest.mark.vtrack
        @pytest.mark.parametrize("n", [1, 2])
        def test_parameters(n):
            with open("calls.txt", "a") as file:
                print(n, file=file)
            if n == 2 and os.path.exists("interrupt"):
                raise KeyboardInterrupt

        def test_without_a_case():
            pass
        """
    )
    switch(project, "interrupt")
    project.run("--vtrack-version=v1")
    switch(project)
    calls(project)
    done = resume(project)
    assert "2 passed" in done.last_line or "3 passed, 1 skipped, 1 xfailed" in done.last_line
    assert calls(project) == ["2"]
    assert project.last_run().complete


def test_the_experiment_of_a_fixture_is_asked_before_anything_is_told(bot):
    bot.write(
        conftest="""
        import pytest

        @pytest.fixture(scope="session")
        def vtrack_experiment():
            return "from-a-fixture"
        """
    )
    bot.run("--vtrack-version=v1", "-x")
    done = resume(bot, "-W", "error")
    assert "1 failed, 7 passed" in done.last_line
    assert [(run.experiment, run.status) for run in bot.runs()] == [("from-a-fixture", "complete")]


def test_the_budget_is_that_of_the_run(project):
    project.questions(6)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            with open("calls.txt", "a") as file:
                print(vtrack_case.id, file=file)
            vtrack_case.feedback("cost", 1.0)
        """
    )
    project.run("--vtrack-version=v1", "--vtrack-max-cost=2")
    assert calls(project) == ["q0", "q1"]
    assert "--vtrack-max-cost=2 reached (2 spent)" in resume(project, "--vtrack-max-cost=2").flat
    assert calls(project) == []
    resume(project, "--vtrack-max-cost=4")
    assert calls(project) == ["q2", "q3"]
    resume(project)
    assert calls(project) == ["q4", "q5"]
    assert project.last_run().complete


def test_the_budget_of_the_run_has_paid_for_judges_before(project):
    project.questions(3)
    project.write(
        test_app="""
        import pytest
        from pytest_vtrack import Feedback, scorer

        @scorer
        def judged(outputs):
            return Feedback(1.0, source="llm_judge", metadata={"judge.cost": 1.0})

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[judged])
        def test_answers(vtrack_case):
            with open("calls.txt", "a") as file:
                print(vtrack_case.id, file=file)
            return "yes"
        """
    )
    project.run("--vtrack-version=v1", "--vtrack-max-cost=2")
    assert calls(project) == ["q0", "q1"]
    assert "--vtrack-max-cost=2 reached (2 spent)" in resume(project, "--vtrack-max-cost=2").flat
    assert calls(project) == []


def test_a_run_that_is_being_recorded_is_left_alone(bot):
    bot.run("--vtrack-version=v1", "-x")
    run = bot.last_run()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        mark = run.tags[PROCESS].split()
        began = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19:20]
        with closing(open_store(str(bot.store_path))) as store:
            store.begin(run)
            store.update_run(run.id, tags={PROCESS: " ".join([mark[0], str(other.pid), *began])})
        done = resume(bot)
        assert done.exit == 4
        assert f"run {run.short_id} is being recorded right now by another session" in done.flat
        other.communicate(b"\n")
    assert resume(bot).exit == 1
    assert bot.last_run().complete


def test_the_newest_of_several_is_continued(bot):
    for _ in range(2):
        bot.run("--vtrack-version=v1", "-x")
    resume(bot)
    assert [run.status for run in bot.runs()] == ["partial", "complete"]


def test_a_store_that_cannot_be_read_is_said(bot):
    bot.store_path.parent.mkdir()
    bot.store_path.write_bytes(b"no database" * 100)
    done = resume(bot)
    assert done.exit == 4
    assert "--vtrack-store" in done.flat


def test_imported_runs_are_never_continued(bot):
    bot.store_path.parent.mkdir()
    with closing(open_store(str(bot.store_path))) as store:
        version = AppVersion("v1")
        store.begin(Run("ab" * 16, bot.path.name, version, started_at=time.time(), origin="import"))
    resume(bot, "-k", "q0")
    assert len(bot.runs()) == 2


def test_workers_go_on_in_any_module(project):
    """The first item of a worker stands in another file than the first of the session."""
    tests = """
        import os
        import pytest

        @pytest.fixture(scope="module", autouse=True)
        def client():
            yield

        @pytest.mark.vtrack
        def test_it(vtrack_case):
            if os.path.exists("die") and "test_a" not in __file__:
                os._exit(9)
            return 1
    """
    project.write(**{f"test_{name}": tests for name in "abcd"})
    (project.path / "die").touch()
    assert project.run_apart("--vtrack-version=v1").exit == 9
    (project.path / "die").unlink()
    session = project.run("--vtrack-version=v1", "--vtrack-resume", "-n2")
    assert session.exit == 0, session.screen
    (run,) = project.runs()
    assert (run.status, run.stored) == ("complete", 4)
