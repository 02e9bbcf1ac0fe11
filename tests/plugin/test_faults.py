"""Real faults: what was acknowledged is there, what is missing is named, later sessions work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from pytest_vtrack.cli import group
from pytest_vtrack.store import sqlite_file, writer

APP = """
    import os
    import shutil
    import signal
    import sqlite3
    import subprocess
    import sys
    import time
    from pathlib import Path

    import pytest

    STORE = Path(os.environ.get("STORE", ".vtrack/vtrack.db"))
    CHOSEN = os.environ.get("VTRACK_SHARD", "")

    def wait_for(found):
        end = time.monotonic() + 60
        while not found():
            assert time.monotonic() < end, "it never came"
            time.sleep(0.01)

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        case = vtrack_case.id
        {fault}
        return vtrack_case.inputs["n"]
"""

# Another process that holds the store until there is a file, or for a while.
LOCK = """
import os, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN IMMEDIATE")
open("locked", "w").close()
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end and not os.path.exists("unlock"):
    time.sleep(0.01)
connection.execute("ROLLBACK")
"""
LOCKED = """
        if case == "q3":
            os.spawnv(os.P_NOWAIT, sys.executable, ["python", "-S", "lock.py", str(STORE), "{seconds}"])
            wait_for(Path("locked").exists)
        if case > "q3":
            time.sleep(0.1)
        {then}
"""


@pytest.fixture
def app(project, monkeypatch):
    """A project whose test makes a fault: ``app.fault(…)``; what cannot be stored is given up soon."""
    monkeypatch.setattr(writer, "PATIENCE_S", 0.2)
    monkeypatch.setattr(sqlite_file, "BUSY_MS", 100)
    project.questions(10)
    project.write(**{"lock.py": LOCK})
    project.fault = lambda text: project.write(test_app=APP.replace("{fault}", text.strip()))
    return project


@pytest.fixture
def disk(app):
    """Mount a small disk in the project: ``disk("folder", "size=700k")``; again to change it."""
    mounted = []

    def mount(folder, options):
        path = app.path / folder
        path.mkdir(exist_ok=True)
        again = ["remount,"] if path in mounted else []
        command = ["mount", "-t", "tmpfs", "-o", "".join([*again, options]), "tmpfs", str(path)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no mount here")
        if done.returncode:
            pytest.skip(f"this user may not mount a file system: {done.stderr.strip()}")
        mounted.append(path)

    yield mount
    for path in set(mounted):
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def imported(project, pattern, *args):
    """Store what waits in the one file that there is."""
    (path,) = (project.path / ".vtrack").glob(pattern)
    done = CliRunner().invoke(group, ["store", "import", str(path), *args])
    assert done.exit_code == 0, done.output
    path.unlink()


def cases(project, run=None):
    return sorted(each.key.case_id for each in project.results(run))


ALL = [f"q{n}" for n in range(10)]


@pytest.mark.parametrize("victim", ["getppid", "getpid"], ids=["controller", "worker"])
def test_kill_9_with_workers_leaves_a_run_that_goes_on(app, victim):
    app.fault(
        f"""
        time.sleep(0.1)
        if case == "q7" and not os.path.exists("killed"):
            time.sleep(1)  # what came before is acknowledged
            Path("killed").touch()
            os.kill(os.{victim}(), signal.SIGKILL)
            time.sleep(0.2)
        """
    )
    done = app.run_apart("-n2", "--vtrack-version=v1")
    assert done.exit != 0
    run = app.last_run()
    assert not run.complete
    there = cases(app)
    assert {"q0", "q1", "q2"} <= set(there)
    assert "q7" not in there
    if victim == "getpid":
        assert "INCOMPLETE RUN (1 of 10 cases never reported: test_app.py::test_answers[q7])" in done.flat
    after = app.run("--vtrack-version=v1", "--vtrack-resume")
    assert after.exit == 0, after.screen
    assert f"stored and not run again: {len(there)} of 10 cases" in after.flat
    assert [(run.status, run.stored) for run in app.runs()] == [("complete", 10)]
    assert cases(app) == ALL


def test_a_store_that_is_locked_for_a_moment_is_waited_for(app, monkeypatch):
    monkeypatch.setattr(sqlite_file, "BUSY_MS", 30_000)
    app.fault(LOCKED.format(seconds=1, then=""))
    assert app.run("--vtrack-version=v0", "-k", "q0").exit == 0
    done = app.run()
    assert done.exit == 0, done.screen
    assert (app.path / "locked").exists()
    assert "waiting-" not in done.screen
    assert (app.last_run().status, cases(app)) == ("complete", ALL)


WAITS = 'wait_for(lambda: list(Path(".vtrack").glob("waiting-*.jsonl")))'


def test_a_store_that_is_locked_for_long_is_written_when_it_is_free(app, monkeypatch):
    monkeypatch.setattr(writer, "PATIENCE_S", 60)
    then = f'if case == "q8": {WAITS}; Path("unlock").touch()'
    app.fault(LOCKED.format(seconds=60, then=then))
    done = app.run()
    assert done.exit == 0, done.screen
    assert (app.last_run().status, cases(app)) == ("complete", ALL)
    assert not list((app.path / ".vtrack").glob("waiting-*"))


def test_results_of_a_store_that_stays_locked_are_kept_beside_it(app):
    app.fault(LOCKED.format(seconds=60, then=f'if case == "q8": {WAITS}'))
    done = app.run()
    (app.path / "unlock").touch()
    assert done.exit == 3
    assert "Traceback" not in done.screen
    assert "another process kept writing to the store for 0.1 s; try again when it has ended" in done.flat
    left = 10 - len(cases(app))
    assert left
    assert f"{left} results could not be stored; they are in" in done.flat
    assert "when the store can be written again, `vtrack store import" in done.flat
    assert app.last_run().status == "running"
    imported(app, "waiting-*.jsonl")
    assert (app.last_run().status, cases(app)) == ("complete", ALL)
    assert app.run("--vtrack-baseline=last", "-k", "q1").exit == 0


def test_a_store_that_is_locked_before_the_first_result_ends_the_session(app):
    app.fault("")
    assert app.run("-k", "q0").exit == 0
    command = [sys.executable, "-S", "lock.py", str(app.store_path), "60"]
    with subprocess.Popen(command, cwd=app.path):
        end = time.monotonic() + 60
        while not (app.path / "locked").exists():
            assert time.monotonic() < end, "it never came"
            time.sleep(0.01)
        done = app.run()
        (app.path / "unlock").touch()
    assert done.exit == 4
    assert "INTERNALERROR" not in done.flat
    assert "--vtrack-store: " in done.flat
    assert "another process kept writing to the store for 0.1 s; try again" in done.flat
    assert len(app.runs()) == 1
    assert app.run().exit == 0


FILLS = 'return "x" * 2000 + os.urandom(30_000).hex()'


def test_results_that_a_full_disk_does_not_take_are_kept_on_another(app, disk, monkeypatch):
    disk("disk", "size=600k")
    app.fault(FILLS)
    done = app.run("--vtrack-store=disk/v.db")
    assert done.exit == 3
    assert "the disk is full; make room, or name another place with --vtrack-store" in done.flat
    assert "Traceback" not in done.screen
    assert "results could not be stored; they are in" in done.flat
    disk("disk", "size=20m")
    app.store_path = app.path / "disk" / "v.db"
    assert app.last_run().stored < 10
    imported(app, "waiting-*.jsonl", "--store=disk/v.db")
    assert (app.last_run().status, cases(app)) == ("complete", ALL)


def test_results_that_no_disk_takes_are_counted_and_named_and_can_be_run_again(app, disk):
    disk(".vtrack", "size=600k")
    app.fault(FILLS)
    done = app.run()
    assert done.exit == 2, "no more tests start"
    assert "INTERNALERROR" not in done.flat
    assert "the disk is full; make room" in done.flat
    assert "what the store does not take cannot be kept here (No space left on device)" in done.flat
    assert " results are stored nowhere: test_app.py::test_answers[q" in done.flat
    assert "`pytest --vtrack-resume` runs what is missing" in done.flat
    there = cases(app)
    assert len(there) < 10
    disk(".vtrack", "size=20m")
    done = app.run("--vtrack-resume")
    assert done.exit == 0
    assert f"stored and not run again: {len(there)} of 10 cases" in done.flat
    assert (app.last_run().status, cases(app)) == ("complete", ALL)


@pytest.mark.parametrize("args", [(), ("-n2",)], ids=["one process", "workers"])
def test_a_disk_that_is_read_only_is_refused_before_the_first_test(app, disk, args):
    app.fault("Path('ran').touch()")
    disk(".vtrack", "size=5m")
    assert app.run("-k", "q0").exit == 0
    (app.path / "ran").unlink()
    disk(".vtrack", "ro")
    done = app.run(*args)
    assert done.exit == 4
    assert (
        "is read-only, so nothing can be stored in it; make it writable, or name another place" in done.flat
    )
    assert not (app.path / "ran").exists()
    assert cases(app) == ["q0"]
    assert app.run("--vtrack-store=other.db").exit == 0


GONE = {
    "removed": "STORE.unlink()",
    "removed with its folder": "shutil.rmtree(STORE.parent)",
    "replaced": "shutil.copy('before.db', 'new.db'); os.replace('new.db', STORE)",
}
SPOILED = {
    "overwritten": "STORE.write_bytes(b'rubbish ' * 40_000)",
    "truncated": "os.truncate(STORE, 40_000)",
}


@pytest.fixture
def spoil(app):
    """Run a session for v1, and one for v2 in whose midst something happens to the store."""

    def spoil(fault):
        app.fault(f'if case == "q4" and os.path.exists("spoil"): {fault}')
        assert app.run("--vtrack-version=v1").exit == 0
        (app.path / "before.db").write_bytes(app.store_path.read_bytes())
        (app.path / "spoil").touch()
        done = app.run("--vtrack-version=v2")
        (app.path / "spoil").unlink()
        assert done.exit == 3
        assert "Traceback" not in done.screen
        return done

    return spoil


def move_away(project):
    for path in project.store_path.parent.glob("vtrack.db*"):
        path.unlink()


@pytest.mark.parametrize("fault", GONE.values(), ids=GONE)
def test_what_was_in_a_store_that_is_removed_while_tests_run_is_saved(app, spoil, fault):
    done = spoil(fault)
    assert "while it was in use. Everything that it held is in" in done.flat
    assert "stores it again" in done.flat
    move_away(app)
    imported(app, "rescued-*.jsonl")
    assert {run.version.name: (run.status, cases(app, run)) for run in app.runs()} == {
        "v1": ("complete", ALL),
        "v2": ("complete", ALL),
    }
    assert app.run("--vtrack-baseline=v1").exit == 0


@pytest.mark.parametrize("fault", SPOILED.values(), ids=SPOILED)
def test_a_store_that_is_damaged_while_tests_run_is_told(app, spoil, fault):
    done = spoil(fault)
    assert "the store was damaged while it was in use (truncated or overwritten)" in done.flat
    assert "The 10 results of this session are lost, as they cannot be saved elsewhere" in done.flat
    assert not list(app.store_path.parent.glob("rescued-*"))
    later = app.run()
    assert later.exit == 4
    assert "move the file away" in later.flat or "this is not a SQLite database; name another" in later.flat
    move_away(app)
    assert app.run().exit == 0


def test_a_log_of_the_store_that_is_deleted_while_tests_run_costs_nothing(app):
    app.fault('if case == "q4": STORE.with_name("vtrack.db-wal").unlink()')
    done = app.run("--vtrack-version=v1")
    assert done.exit == 0, done.screen
    assert (app.last_run().status, cases(app)) == ("complete", ALL)
    app.fault("")
    assert app.run("--vtrack-baseline=v1").exit == 0


CLOCK = """
    import time
    import pytest

    patch = pytest.MonkeyPatch()
    right, begun = time.time, time.time()

    def pytest_configure():
        patch.setattr(time, "time", lambda: {now})

    def pytest_unconfigure():
        patch.undo()
"""


def test_a_clock_that_runs_backwards_disturbs_nothing(app):
    app.fault("time.sleep(0.02)")
    app.write(conftest=CLOCK.format(now="begun - 1000 * (right() - begun)"))
    assert app.run("--vtrack-version=v1").exit == 0
    done = app.run("--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-json=out.json")
    assert done.exit == 0, done.screen
    for run in app.runs():
        assert (run.status, cases(app, run)) == ("complete", ALL)
        assert all(0 < each.duration_s < 100 for each in app.results(run))
    assert json.loads((app.path / "out.json").read_text())


def test_a_run_from_before_the_clock_was_set_back_goes_on(app):
    app.fault('if case == "q4" and os.path.exists("stop"): raise KeyboardInterrupt')
    app.write(conftest=CLOCK.format(now="right() + 7200"), stop="")
    (app.path / "stop").touch()
    assert app.run("--vtrack-version=v1").exit == 2
    (app.path / "stop").unlink()
    app.write(conftest="")
    done = app.run("--vtrack-version=v1", "--vtrack-resume")
    assert done.exit == 0
    assert "stored and not run again: 4 of 10 cases" in done.flat
    assert [(run.status, run.stored) for run in app.runs()] == [("complete", 10)]


# Processes that share what is imported: eight times the start of pytest would be all that is measured.
EIGHT = """
import os
import pytest
import pytest_vtrack.plugin.recorder, pytest_vtrack.plugin.screens, pytest_vtrack.store.sql_store

children = []
for number in range(8):
    child = os.fork()
    if child == 0:
        os.environ |= {"VTRACK_SHARD": str(number + 1)}
        screen = os.open(f"screen{number}.txt", os.O_CREAT | os.O_WRONLY)
        os.dup2(screen, 1)
        os.dup2(screen, 2)
        os._exit(pytest.main(["-q", "-pno:cacheprovider", "-k", f"[s{number}-", *PLAIN]))
    children.append(child)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


def test_eight_shards_that_finish_together_lose_nothing(app):
    app.dataset(*({"id": f"s{shard}-{n}", "inputs": {"n": n}} for shard in range(8) for n in range(20)))
    app.fault(
        """
        if case.endswith("-19"):
            Path(f"ready{CHOSEN}").touch()
            wait_for(lambda: len(list(Path().glob("ready*"))) == 8)
        """
    )
    from_here = [
        f"-pno:{name}" for name in ("randomly", "rerunfailures", "asyncio", "anyio", "hypothesispytest")
    ]
    app.write(**{"eight.py": EIGHT.replace("PLAIN", repr(from_here))})
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "eight.py"],
        cwd=app.path,
        env={**os.environ, "VTRACK_RUN_KEY": "k", "VTRACK_SHARDS": "8"},
        capture_output=True,
        text=True,
        timeout=110,
    )
    screens = [path.read_text() for path in app.path.glob("screen*.txt")]
    assert done.stdout.strip() == str([0] * 8), (done.stderr, screens)
    (run,) = app.runs()
    assert (run.status, run.stored, run.expected) == ("complete", 160, 160)
    assert cases(app) == sorted(f"s{shard}-{n}" for shard in range(8) for n in range(20))


def test_an_application_that_leaves_files_open_costs_no_verdict(project):
    project.questions(40)
    project.write(
        test_app="""
        import os
        import resource

        import pytest

        left_open = []

        @pytest.fixture(scope="module", autouse=True)
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 20, 1000))

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            left_open.append(open("qa.jsonl"))
        """
    )
    done = project.run_apart("--vtrack-html=report.html")
    assert done.exit == 1
    assert "Too many open files: 'qa.jsonl'" in done.screen
    assert "INTERNALERROR" not in done.screen
    assert project.last_run().complete
    assert "passed" in done.section
    assert (project.path / "report.html").exists()
