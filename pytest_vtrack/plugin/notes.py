"""What is said of tests that could not run ahead, and of calls that were made in vain."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_vtrack.plugin.messages import safe

_KEY = "vtrack_notes"
_NAMED = 3
"""So many cases are named."""


class Notes:
    """Lines for the end of the screen; workers hand theirs over when they end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._lines: dict[str, bool] = {}
        self.in_vain = 0
        """How many calls were made ahead of items that then did not run."""
        self.cases: dict[str, list[str]] = {}
        """Names of cases, by what is said of them."""

    def add(self, line: str, *, always: bool = False) -> None:
        """Note a line.

        :param always: show it without ``-v`` too.
        """
        self._lines.setdefault(line, always)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell workers how items are handed out: they know it no longer."""
        node.workerinput["vtrack_dist"] = self._config.option.dist

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over the lines of a worker."""
        lines, in_vain, cases = getattr(node, "workeroutput", {}).get(_KEY, ({}, 0, {}))
        self.in_vain += in_vain
        for what, names in cases.items():
            self.cases.setdefault(what, []).extend(names)
        for line, always in lines.items():
            self.add(line, always=always)

    def pytest_sessionfinish(self) -> None:
        """Hand over the lines of this worker."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_KEY] = (self._lines, self.in_vain, self.cases)

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what is to be said."""
        verbose = self._config.get_verbosity()
        if self.in_vain:
            cases = "1 case was" if self.in_vain == 1 else f"{self.in_vain} cases were"
            self.add(f"{cases} called ahead and then not needed; nothing of that is recorded", always=True)
        for what, names in self.cases.items():
            self.add(_counted(what, sorted(set(names))), always=True)
        for line, always in self._lines.items():
            if verbose > 0 or (always and verbose == 0):
                terminalreporter.write_line(f"vtrack: {safe(line)}")


def _counted(what: str, names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    cases = "1 case" if len(names) == 1 else f"{len(names)} cases"
    return f"{cases} {what}: {', '.join(names[:_NAMED])}{more}"


def notes_of(config: pytest.Config) -> Notes:
    """Return the notes of this process, made at their first use."""
    found: Notes | None = config.pluginmanager.get_plugin("vtrack-notes")
    if found is None:
        found = Notes(config)
        config.pluginmanager.register(found, "vtrack-notes")
    return found
