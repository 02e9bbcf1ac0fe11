"""What a session that goes on with a run says and does on the side that writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pytest_vtrack.plugin.messages import safe
from pytest_vtrack.plugin.notes import notes_of
from pytest_vtrack.plugin.processes import is_distributed

REFUSED = "vtrack_resume_refused"
"""Under this name a worker says why nothing may run."""


def announce(config: pytest.Config, lines: Sequence[str]) -> None:
    """Say which run goes on: at the end, and at the beginning where no process with the tests can."""
    for line in lines:
        notes_of(config).add(line, always=True)
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and is_distributed(config) and config.get_verbosity() >= 0:
        reporter.ensure_newline()
        for line in lines:
            reporter.write_line(f"vtrack: {safe(line)}")


class ResumeControl:
    """Ends a session whose workers refuse to go on, and marks what is told again on the verbose screen."""

    def __init__(self, started_at: float) -> None:
        self._started_at = started_at

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell workers which runs were there before this session: one that is replaced looks again."""
        node.workerinput["vtrack_started_at"] = self._started_at

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """End where a worker says that a run cannot go on."""
        if why := getattr(node, "workeroutput", {}).get(REFUSED):
            pytest.exit(why, returncode=pytest.ExitCode.USAGE_ERROR)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self, report: Any) -> Any:
        """Add to the word of a result that it is a stored one."""
        category, letter, word = yield
        if word and getattr(report, "vtrack_stored", None):
            text, markup = word if isinstance(word, tuple) else (word, None)
            text += " (stored)"
            word = (text, markup) if markup is not None else text
        return category, letter, word
