"""Processes that die: what was acknowledged is in the store, what is missing is named."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

CRASH = """
    import os
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        if vtrack_case.id == "q5":
            os._exit(7)
        return vtrack_case.inputs["n"]
"""

SLEEPY = """
    import time
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        time.sleep({pause})
        return "x" * 50
"""

# After the plugin's own hook, so that a line in the file means: the controller has had the result.
CONFTEST = """
    import os
    import time
    import pytest

    LOG = open("finished.txt", "a", buffering=1)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(report):
        if report.when == "call" and "PYTEST_XDIST_WORKER" not in os.environ:
            LOG.write(f"{time.time()} {report.nodeid}\\n")
"""


def intact(project) -> bool:
    with sqlite3.connect(project.store_path) as connection:
        (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return answer == "ok"


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
    return found


def finished(project) -> list[tuple[float, str]]:
    path = project.path / "finished.txt"
    if not path.exists():
        return []
    lines = [line.split(" ", 1) for line in path.read_text().splitlines() if "]" in line]
    return [(float(at), nodeid) for at, nodeid in lines]


def test_a_process_that_exits_in_a_test_leaves_a_run_that_is_no_baseline(project):
    project.questions(10)
    project.write(test_app=CRASH)
    done = project.run_apart()
    assert done.exit == 7
    time.sleep(0.1)
    run = project.last_run()
    assert run.status == "running"
    assert not run.complete
    assert intact(project)
    after = project.run("--vtrack-baseline=last")
    assert after.exit == 12


@pytest.mark.parametrize("args", [(), ("--dist=worksteal",)], ids=["load", "worksteal"])
def test_a_worker_that_dies_makes_the_run_incomplete_and_its_case_is_named(project, args):
    project.questions(10)
    project.write(test_app=CRASH)
    done = project.run_apart("-n2", *args)
    assert done.exit == 1
    run = project.last_run()
    assert (run.status, run.stored, run.expected) == ("incomplete", 9, 10)
    assert run.reason == "1 of 10 cases never reported: test_app.py::test_answers[q5]"
    assert "INCOMPLETE RUN (1 of 10 cases never reported: test_app.py::test_answers[q5])" in done.flat
    assert "q5" not in project.outputs()
    assert project.run("--vtrack-baseline=last", "-k", "q1").exit == 12


def test_ctrl_c_keeps_what_ran(project):
    project.questions(40)
    project.write(test_app=SLEEPY.format(pause=0.05), conftest=CONFTEST)
    with project.start() as process:
        wait_for(lambda: len(finished(project)) >= 3)
        process.send_signal(signal.SIGINT)
        screen, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    run = project.last_run()
    assert run.status == "partial"
    assert run.reason.startswith("interrupted: ")
    assert run.stored >= len(finished(project)) >= 3
    assert "PARTIAL RUN" in screen
    assert "Traceback" not in screen


def test_ctrl_c_with_workers_keeps_what_ran(project):
    project.questions(60)
    project.write(test_app=SLEEPY.format(pause=0.05), conftest=CONFTEST)
    with project.start("-n2") as process:
        wait_for(lambda: len(finished(project)) >= 3)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 2
    run = project.last_run()
    assert run.status == "partial"
    assert run.stored >= 3


def test_ctrl_c_while_the_session_ends_keeps_what_ran(project, monkeypatch):
    project.questions(3)
    project.write(
        test_app=SLEEPY.format(pause=0),
        conftest="""
        import os

        def pytest_vtrack_verdict(config, comparison):
            if "IMPATIENT" in os.environ:
                raise KeyboardInterrupt
        """,
    )
    assert project.run("--vtrack-version=v1").exit == 0
    compared = ("--vtrack-version=v2", "--vtrack-baseline=v1")
    monkeypatch.setenv("IMPATIENT", "yes")
    done = project.run(*compared)
    assert done.exit == 2
    assert "interrupted while the session ended: what ran is stored" in done.flat
    assert project.last_run().complete
    monkeypatch.delenv("IMPATIENT")
    done = project.run(*compared, "--vtrack-resume")
    assert done.exit == 0
    assert "OK" in done.section
    assert len(project.runs()) == 2


def test_kill_loses_at_most_the_last_half_second(project):
    """Killed many times at random moments, also while the store writes."""
    project.questions(2000)
    project.write(test_app=SLEEPY.format(pause=0), conftest=CONFTEST)
    randomly = random.Random(5)
    for attempt in range(5):
        (project.path / "finished.txt").unlink(missing_ok=True)
        with project.start("-q") as process:
            wait_for(lambda: len(finished(project)) >= 1)
            time.sleep(randomly.uniform(0.0, 1.0))
            process.kill()
            killed_at = time.time()
        assert intact(project)
        stored = {each.nodeid for each in project.results()}
        lost = [at for at, nodeid in finished(project) if nodeid not in stored]
        # The timer is half a second; the commit and a busy machine may add to it.
        assert all(killed_at - at < 1.0 for at in lost), (attempt, killed_at - min(lost))


def test_kill_loses_nothing_that_took_long(project):
    project.questions(20)
    project.write(test_app=SLEEPY.format(pause=0.6), conftest=CONFTEST)
    with project.start("-q") as process:
        wait_for(lambda: len(finished(project)) >= 3)
        process.kill()
    stored = {each.nodeid for each in project.results()}
    assert {nodeid for _, nodeid in finished(project)} <= stored
    assert len(stored) >= 3
    assert project.last_run().status == "running"


def test_a_child_of_a_test_does_not_disturb_the_store(project):
    """Pytest takes the SystemExit for a failure, so each child goes on with the other tests."""
    project.questions(3)
    project.write(
        test_app="""
        import os
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            child = os.fork()
            if child == 0:
                raise SystemExit(3)
            os.waitpid(child, 0)
            return vtrack_case.inputs["n"]
        """
    )
    done = project.run_apart("-W", "ignore::DeprecationWarning")
    assert done.exit == 0, done.screen
    run = project.last_run()
    assert (run.status, run.stored) == ("complete", 3)
    assert project.outputs() == {f"q{n}": n for n in range(3)}
    assert intact(project)


def test_two_sessions_at_once_share_the_store(project):
    project.questions(30)
    project.write(test_app=SLEEPY.format(pause=0.01))
    command = [sys.executable, "-m", "pytest", "-q", "-pno:cacheprovider"]
    both = [
        subprocess.Popen([*command, f"--vtrack-version=v{n}"], cwd=project.path, stdout=subprocess.DEVNULL)
        for n in range(2)
    ]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert sorted((run.version.name, run.status, run.stored) for run in project.runs()) == [
        ("v0", "complete", 30),
        ("v1", "complete", 30),
    ]
    assert intact(project)
