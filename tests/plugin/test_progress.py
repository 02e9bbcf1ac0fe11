"""Lines about a long run: seldom, out of the way of what pytest prints, and none in a short run."""

from __future__ import annotations

from io import StringIO

import pytest
from _pytest.terminal import TerminalReporter

from pytest_vtrack.plugin import progress
from pytest_vtrack.plugin.progress import ProgressLines


class Screen(StringIO):
    """A file that may be a terminal."""

    def __init__(self, *, terminal):
        super().__init__()
        self._terminal = terminal

    def isatty(self):
        return self._terminal


class Cases:
    """What of a recorder is looked at."""

    def __init__(self, planned):
        self.planned = self.left = planned
        self.told_again = 0
        self.errors = 0
        self.cost = 0.0


class Run:
    """A run whose cases take what the test says, seen by a reporter of pytest."""

    def __init__(self, config, *, planned, terminal, worse=lambda: None):
        self.now = 0.0
        self.screen = Screen(terminal=terminal)
        self.cases = Cases(planned)
        self.config = config
        reporter = TerminalReporter(config, self.screen)
        self.lines = ProgressLines(reporter, self.cases, worse, lambda: self.now)

    def go(self, cases, each_s):
        for _ in range(cases):
            self.now += each_s
            self.cases.left -= 1
            self.lines.note()
            if self.config.pluginmanager.is_registered(self.lines):
                self.lines.pytest_runtest_logfinish()

    @property
    def said(self):
        return [line for line in self.screen.getvalue().splitlines() if "vtrack" in line]


@pytest.fixture(autouse=True)
def colourless(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.parametrize(
    ("terminal", "cases", "each_s", "first"),
    [(True, 9, 1.0, None), (True, 10, 1.0, 10), (False, 29, 1.0, None), (False, 31, 1.0, 30)],
    ids=["short on a terminal", "10 s on a terminal", "short in a CI", "30 s in a CI"],
)
def test_nothing_is_said_in_a_short_run(request, terminal, cases, each_s, first):
    run = Run(request.config, planned=100, terminal=terminal)
    run.go(cases, each_s)
    assert [line.split(",")[0] for line in run.said] == ([f"vtrack: {first} of 100"] if first else [])


def test_a_run_of_hours_says_little(request):
    run = Run(request.config, planned=20_000, terminal=False)
    run.go(19_000, 1.0)
    assert 40 < len(run.said) < 120
    assert run.said[-1].endswith("1.0/s, about 17 min left") or "about" in run.said[-1]


def test_the_last_case_is_followed_by_no_line(request):
    run = Run(request.config, planned=3, terminal=True)
    run.go(3, 10.0)
    assert len(run.said) == 2


def test_what_is_told_again_says_nothing_of_the_speed(request):
    run = Run(request.config, planned=100, terminal=True)
    run.cases.left, run.cases.told_again = 50, 50
    run.go(11, 1.0)
    assert run.said[0].startswith("vtrack: 60 of 100, 1.0/s, about 40 s left")


def test_errors_cost_and_what_got_worse_stand_there(request):
    run = Run(request.config, planned=100, terminal=True, worse=lambda: 4)
    run.cases.errors, run.cases.cost = 2, 0.5
    run.go(10, 1.0)
    assert run.said == ["vtrack: 10 of 100, 4 worse so far, 2 errors, $0.50, about 90 s left"]


def test_counting_that_takes_long_is_not_done_for_every_line(request):
    counted = []

    def slow():
        counted.append(run.now)
        run.now += 5.0
        return 1

    run = Run(request.config, planned=1000, terminal=True, worse=slow)
    run.go(60, 1.0)
    assert len(run.said) > 3
    assert len(counted) == 1
    assert ["worse so far" in line for line in run.said].count(True) == 1


SLOW = """
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        return vtrack_case.inputs["n"] < {limit}
"""


@pytest.fixture
def impatient(monkeypatch):
    """Let a line come after every case."""
    for name in ("FIRST_S", "LONGEST_S"):
        monkeypatch.setattr(progress, name, {True: 0.0, False: 0.0})


@pytest.mark.parametrize("args", [(), ("-v",), ("-n2",), ("--vtrack-concurrency=2",)], ids=" ".join)
def test_pytest_prints_what_it_always_prints(project, impatient, args):
    project.questions(3)
    project.write(test_app=SLOW.format(limit=9))
    done = project.run(*args)
    lines = [line.split(",")[0].split("   ")[0] for line in done.lines if line.startswith("vtrack: ")]
    assert set(lines) <= {"vtrack: 1 of 3", "vtrack: 2 of 3"}
    assert len(lines) == 2 or "-n2" in args  # results of workers may come together
    if "-v" in args:
        own = [line for line in done.lines if "PASSED" in line]
    else:
        own = [line for line in done.lines if line.startswith(("test_app.py ", "."))]
    assert len(own) == 3 or "-n2" in args
    assert own
    assert all("vtrack:" not in line for line in own)
    assert "3 passed" in done.last_line


@pytest.mark.parametrize(
    ("args", "letter"), [((), "."), (("-s",), "."), (("-v",), "test_app.py::test_answers[cases_1-4] PASSED")]
)
def test_a_chunk_of_cases_says_how_far_it_is_while_it_runs(project, impatient, args, letter):
    project.questions(4)
    project.write(test_app=SLOW.format(limit=9).replace('jsonl"', 'jsonl", bulk=True'))
    done = project.run(*args)
    place = next(n for n, line in enumerate(done.lines) if line.startswith("vtrack: 2 of 4"))
    assert done.lines[place + 1].split("   ")[0] == letter


def test_an_error_that_a_rerun_took_back_is_none(project, impatient):
    project.questions(3)
    project.write(
        test_app="""
        import pytest

        tried = set()

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            n = vtrack_case.inputs["n"]
            if n not in tried:
                tried.add(n)
                raise ConnectionError("come again")
        """
    )
    done = project.run("--reruns=1", "-pno:randomly", "-pno:asyncio", plain=False)
    said = [line.split("   ")[0] for line in done.lines if line.startswith("vtrack: ")]
    assert said == [
        "vtrack: 1 of 3, 1 error",
        "vtrack: 1 of 3",
        "vtrack: 2 of 3, 1 error",
        "vtrack: 2 of 3",
    ]


def test_quiet_sessions_say_nothing(project, impatient):
    project.questions(3)
    project.write(test_app=SLOW.format(limit=9))
    assert " of 3" not in project.run("-q").screen


def test_with_a_baseline_the_line_says_how_many_got_worse(project, impatient):
    project.questions(4)
    project.write(test_app=SLOW.format(limit=9))
    project.run("--vtrack-version=v1", "-q")
    done = project.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    lines = [line for line in done.lines if line.startswith("vtrack: ")]
    assert "vtrack: 1 of 4, 0 worse so far" in lines[0]
    assert done.exit == 0
