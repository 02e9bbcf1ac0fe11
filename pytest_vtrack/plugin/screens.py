"""The terminal section: screens of the report room, written with pytest's own reporter."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.messages import safe

if TYPE_CHECKING:
    from pytest_vtrack.model.comparison import Comparison
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.plugin.conclusion import Conclusion
    from pytest_vtrack.report.layout import Line

_MARKUP: dict[str, dict[str, bool]] = {
    "worse": {"yellow": True, "bold": True},
    "better": {"blue": True},
    "not_sure": {"yellow": True},
    "ok": {},
    "muted": {"light": True},
    "bold": {"bold": True},
    "plain": {},
}
_COUNTED = {
    "regressed": "vtrack regression",
    "not_sure": "vtrack not sure",
    "no_baseline": "vtrack no baseline",
}


class _Counted:
    """An entry of the reporter's statistics, where other plugins expect objects with attributes."""

    count_towards_summary = True


class Screen:
    """Where the section is written: the reporter's width, colours, verbosity and character set."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter
        self.width = max(40, reporter._tw.fullwidth)  # noqa: SLF001  no public way to the width
        self.verbosity = reporter.config.get_verbosity()
        self.unicode = _speaks_unicode(reporter)

    @property
    def size(self) -> dict[str, Any]:
        """The arguments that every screen takes."""
        return {"width": self.width, "unicode": self.unicode}

    def section(self, title: str, lines: Iterable[Line]) -> None:
        """Write a titled section."""
        self._reporter.write_sep("=", title, bold=True)
        self.lines(lines)

    def lines(self, lines: Iterable[Line]) -> None:
        """Write lines of toned segments."""
        for line in lines:
            for part in line:
                self._reporter.write(part.text, **_MARKUP[part.tone])
            self._reporter.line("")

    def count(self, what: str) -> None:
        """Add to pytest's last line, which people read: it must not stay a plain "120 passed"."""
        # Not through `stats`: a session that ends before its last test has its kinds of entries fixed.
        if add := getattr(self._reporter, "_add_stats", None):  # another plugin's reporter may not count
            add(what, [_Counted()])


def print_screens(
    conclusion: Conclusion, reporter: pytest.TerminalReporter, command_with: Callable[[str], str]
) -> None:
    """Write one section for each comparison, or for each run that had nothing to compare with.

    :param command_with: returns the command line of this session with a baseline.
    """
    from pytest_vtrack.report.layout import Paper

    screen = Screen(reporter)
    session = getattr(reporter, "_session", None)  # another plugin's reporter may not have it
    tests_exit = int(session.exitstatus) if session else 0
    for comparison in conclusion.comparisons:
        _comparison(comparison, screen, tests_exit, conclusion.reports)
    for ref, why in conclusion.missing.items():
        _no_baseline(ref, why, conclusion, screen)
    if screen.verbosity >= 0:
        for run in conclusion.first_runs:
            _first_version(run, conclusion, screen, command_with)
        if conclusion.reports and not conclusion.comparisons:  # there each screen names them
            screen.lines(Paper(**screen.size).paragraph(f"Reports: {', '.join(conclusion.reports)}"))
    _notices(conclusion.notices, screen)


def _comparison(comparison: Comparison, screen: Screen, tests_exit: int, reports: Sequence[str]) -> None:
    from pytest_vtrack.report.terminal import comparison_screen, comparison_title, quiet_line
    from pytest_vtrack.report.view import report_view
    from pytest_vtrack.workflow.gate import exit_code

    code = exit_code(comparison.verdict, comparison.policy.gate)
    tests_code = 0 if tests_exit == code else tests_exit
    view = report_view(comparison, exit_code=code, tests_exit=tests_code, reports=reports)
    if counted := _COUNTED.get(comparison.verdict):
        screen.count(counted)
    if screen.verbosity < 0:
        screen.lines([quiet_line(view, **screen.size)])
        return
    screen.section(
        comparison_title(view, **screen.size),
        comparison_screen(view, verbosity=screen.verbosity, **screen.size),
    )


def _no_baseline(ref: str, why: str, conclusion: Conclusion, screen: Screen) -> None:
    from pytest_vtrack.report.layout import Paper
    from pytest_vtrack.report.without_baseline import NO_BASELINE_TITLE

    screen.count(_COUNTED["no_baseline"])
    paper = Paper(**screen.size)
    lines = paper.paragraph(f"! NO BASELINE  {why}", tone="not_sure")
    lines += paper.paragraph(how_to_create(ref))
    if conclusion.exit_code:
        lines += paper.paragraph(f"Gate: failed (exit code {conclusion.exit_code})")
    screen.section(NO_BASELINE_TITLE, lines)


def no_baseline_text(ref: str, why: str) -> str:
    """Return what is said when a session ends before its first test."""
    return safe(f"vtrack: NO BASELINE: {why}. {how_to_create(ref)}")


def how_to_create(ref: str) -> str:
    """Say how to make what a REF was to name, as far as its form tells what it was to be."""
    name = shlex.quote(ref)
    if ref.endswith(".jsonl"):
        return f'Create it: vtrack baseline set main --version VERSION --why "..." --file {name}'
    if ref == "last" or ":" in ref:
        return "`vtrack runs` lists what is stored; running all tests once adds to it."
    if any(character.isdigit() for character in ref):
        return f"Create it: git checkout {name} && pytest --vtrack-version={name}"
    return f'Create it: vtrack baseline set {name} --version VERSION --why "..."'


def _first_version(
    run: Run, conclusion: Conclusion, screen: Screen, command_with: Callable[[str], str]
) -> None:
    from pytest_vtrack.report.without_baseline import first_version_screen, saved_title
    from pytest_vtrack.workflow.references import known_names

    store = conclusion.store
    assert store is not None, "a run was stored"
    names = [name for name in known_names(store, run.experiment) if name != run.version.name]
    known = names if run.complete else []
    command = command_with(known[0] if known else run.version.name)
    summaries, cases = store.metric_summaries(run.id), store.count_cases(run.id)
    screen.section(
        saved_title(known),
        first_version_screen(run, summaries, command=command, cases=cases, known=known, **screen.size),
    )


def _notices(notices: Sequence[str], screen: Screen) -> None:
    from pytest_vtrack.report.layout import Paper

    paper = Paper(**screen.size)
    most = 10
    for notice in notices[:most]:
        screen.lines(paper.paragraph(f"vtrack: {notice}", tone="not_sure"))
    if len(notices) > most:
        screen.lines(paper.paragraph(f"vtrack: and {len(notices) - most} more like these"))


def _speaks_unicode(reporter: pytest.TerminalReporter) -> bool:
    encoding = getattr(reporter._tw._file, "encoding", None) or "ascii"  # noqa: SLF001
    try:
        "▼▲✓✗→−…".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
