"""Lines about a long run, between what pytest prints of its tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.errors import VtrackError

if TYPE_CHECKING:
    from pytest_vtrack.plugin.recorder import Recorder
    from pytest_vtrack.plugin.references import References
    from pytest_vtrack.report.progress import Sample

FIRST_S = {True: 10.0, False: 30.0}
"""After which time the first line comes: on a terminal, and elsewhere, as in a CI."""
LONGEST_S = {True: 60.0, False: 300.0}
"""How long the next line takes at most, where results arrive."""
_SPREAD = 20
"""A line comes after a twentieth of the time that has passed: a run of hours needs no thousand lines."""
_WORTH = 0.05
"""Which part of the time may be spent on counting what got worse."""

_PERCENT = 9
"""Room at the end of the line: pytest may add how many percent of the tests have run."""

WorseCount = Callable[[], int | None]


class ProgressLines:
    """Writes a line when a result arrives and enough time has passed; nothing in a short run."""

    def __init__(
        self,
        reporter: pytest.TerminalReporter,
        recorder: Recorder,
        worse: WorseCount,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch what a recorder has.

        :param worse: counts the cases that are worse than in the baseline.
        """
        self._reporter = reporter
        self._recorder = recorder
        self._count_worse = worse
        self._clock = clock
        self._interactive = bool(getattr(reporter, "isatty", False))  # another plugin's may not say
        self._began = clock()
        self._due = self._began + FIRST_S[self._interactive]
        self._samples: list[Sample] = []
        self._count_again = 0.0

    def note(self) -> None:
        """Take note that a result has arrived."""
        if self._clock() >= self._due or not self._samples:
            self._look()

    def _look(self) -> None:
        from pytest_vtrack.report.progress import Sample

        recorder, now = self._recorder, self._clock()
        if now < self._due:
            finished = recorder.planned - recorder.left
            self._samples.append(Sample(now, finished - recorder.told_again))
            return
        self._set_next(now)
        plugins = self._reporter.config.pluginmanager
        if plugins.is_registered(self):  # the item goes on and on, as one of many cases does
            self._write_next(within=True)
        else:
            plugins.register(self, "vtrack-progress")

    def pytest_runtest_logfinish(self) -> None:
        """Write a line now that pytest has printed what it prints of the item, and leave until the next."""
        self._write_next(within=False)

    def _write_next(self, *, within: bool) -> None:
        self._reporter.config.pluginmanager.unregister(self)
        if left := self._recorder.left:
            self._write(self._line(left, self._clock()), within=within)

    def _line(self, left: int, now: float) -> str:
        from pytest_vtrack.report.progress import Progress, Sample, progress_line, speed

        recorder = self._recorder
        finished = recorder.planned - left
        sample = Sample(now, finished - recorder.told_again)
        rate = speed(self._samples, sample)
        self._samples.append(sample)
        worse = self._counted(now)
        progress = Progress(finished, recorder.planned, rate, worse, recorder.errors, recorder.cost)
        width = self._reporter._tw.fullwidth - _PERCENT  # noqa: SLF001  no public way to the width
        return progress_line(progress, width=max(40, width))

    def _set_next(self, now: float) -> None:
        first, longest = FIRST_S[self._interactive], LONGEST_S[self._interactive]
        self._due = now + min(max(first, (now - self._began) / _SPREAD), longest)

    def _counted(self, now: float) -> int | None:
        """Return how many cases are worse; where counting takes long, it is not done for every line."""
        if now >= self._count_again:
            found = self._count_worse()
            took = self._clock() - now
            self._count_again = now + took / _WORTH
            return found
        return None

    def _write(self, line: str, *, within: bool) -> None:
        """Write a line where it would not be taken for output of the test.

        :param within: an item is running, as one of many cases does.
        """
        capture: Any = self._reporter.config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            self._write_uncaptured(line, within=within)

    def _write_uncaptured(self, line: str, *, within: bool) -> None:
        """Write a line so that what pytest writes next stands as it would without it."""
        reporter: Any = self._reporter
        if type(reporter) is not pytest.TerminalReporter:  # of another plugin, which knows best
            reporter.write_line(line)
            return
        writer = reporter._tw  # noqa: SLF001  no public way to know where the cursor stands
        if writer.width_of_current_line:
            writer.line()
        writer.write(line, light=True)
        if reporter.showfspath or reporter.showlongtestinfo:
            reporter.currentfspath = -2  # as pytest itself notes that a line has begun, and whose it is not
        if not reporter.showlongtestinfo and (within or not reporter.showfspath):  # a letter comes next
            writer.line()
        reporter.flush()


def count_worse(recorder: Recorder, references: References) -> int | None:
    """Return how many cases are worse than in the baseline so far; ``None`` where there is none to ask."""
    from pytest_vtrack.workflow.worse_so_far import worse_so_far

    counts = []
    for opened in recorder.runs:
        for ref in references.refs[:1]:
            try:
                baseline = references.find(recorder.store, ref, opened.run.experiment).run
                counts.append(worse_so_far(recorder.store, baseline.id, opened.run.id))
            except VtrackError:  # the end of the session says what is wrong
                return None
    return sum(counts) if counts else None


def progress_lines(config: pytest.Config, recorder: Recorder, references: References) -> ProgressLines | None:
    """Return what writes the lines of a session, ``None`` where nothing is to be written."""
    reporter: pytest.TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.get_verbosity() < 0:
        return None
    return ProgressLines(reporter, recorder, partial(count_worse, recorder, references))
