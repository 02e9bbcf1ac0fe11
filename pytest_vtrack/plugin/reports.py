"""The files that a session writes of what it found: each option ``--vtrack-<kind>`` names one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.errors import VtrackError
from pytest_vtrack.model.policy import checked_gate
from pytest_vtrack.plugin.messages import safe
from pytest_vtrack.report.files import check_places, write_text
from pytest_vtrack.report.summary import Compared, Missing, Recorded, Summary
from pytest_vtrack.workflow.gate import exit_code

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.plugin.conclusion import Conclusion
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.store.protocol import Store


class Reports:
    """Writes the reports that were asked for, as soon as it is known what they say."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._gate = checked_gate(settings.gate, source="vtrack_gate")
        self._early: Summary | None = None
        self._warnings: list[str] = []
        folder = config.invocation_params.dir
        self._places = {kind: folder / Path(path).expanduser() for kind, path in settings.reports.items()}

    def check(self) -> None:
        """Refuse what cannot be written.

        :raises pytest.UsageError: one of the files cannot be written.
        """
        try:
            check_places({f"--vtrack-{kind}": path for kind, path in self._places.items()})
        except VtrackError as error:
            raise pytest.UsageError(safe(error)) from None

    def write_missing(self, ref: str, why: str, code: int) -> None:
        """Write that a baseline is not there: a session that ends over it may get no further."""
        missing = (_missing(ref, why),)
        self._early = Summary(self._settings.experiment, self._gate, code, missing=missing)
        self._write(self._early, None)

    def finish(self, conclusion: Conclusion, store: Store | None, exit_status: int) -> list[str]:
        """Write what the session came to, and return what went wrong with that.

        :param exit_status: the session's; it tells whether it ended over a missing baseline.
        """
        junit = _writers_of_junit(self._config)
        workers = getattr(self._config.pluginmanager.get_plugin("vtrack-collector"), "refused_with", 0)
        if self._early and not conclusion.runs and self._early.exit_code in (exit_status, workers):
            _add_to_junit(junit, self._early)
            return []  # the files were written before the first test
        if not (self._places or junit):
            return []
        try:
            summary = self._summary(conclusion, store)
        except VtrackError as error:
            return [str(error)]
        _add_to_junit(junit, summary)
        failed = self._write(summary, store)
        conclusion.notices.extend(self._warnings)
        conclusion.reports.extend(path for kind, path in self._settings.reports.items() if kind not in failed)
        return list(failed.values())

    def _write(self, summary: Summary, store: Store | None) -> dict[str, str]:
        """Write all files, and return what went wrong with which kind."""
        failed = {}
        for kind, path in self._places.items():
            try:
                if kind == "html":
                    self._warnings += _write_html(path, store, summary)
                else:
                    write_text(path, _TEXTS[kind](summary, self._settings))
            except OSError as error:
                failed[kind] = f"--vtrack-{kind}: {path} was not written ({error.strerror or error})"
            except VtrackError as error:
                failed[kind] = f"--vtrack-{kind}: {path} was not written ({error})"
            except Exception as error:  # a defect of ours must not cost the session its verdict
                failed[kind] = f"--vtrack-{kind}: {path} was not written ({type(error).__name__}: {error})"
        return failed

    def _summary(self, conclusion: Conclusion, store: Store | None) -> Summary:
        compared = {run.id for each in conclusion.comparisons for run in (each.current, each.baseline)}
        alone = [run for run in conclusion.runs if run.id not in compared]
        return Summary(
            experiment=next((run.experiment for run in conclusion.runs), self._settings.experiment),
            gate=self._gate,
            exit_code=conclusion.exit_code,
            comparisons=tuple(
                Compared(each, exit_code(each.verdict, each.policy.gate)) for each in conclusion.comparisons
            ),
            recorded=tuple(_recorded(run, store) for run in alone),
            missing=tuple(_missing(*each) for each in conclusion.missing.items()),
            notices=tuple(conclusion.notices),
        )


def _recorded(run: Run, store: Store | None) -> Recorded:
    if store is None:
        return Recorded(run)
    return Recorded(run, tuple(store.metric_summaries(run.id)), store.count_cases(run.id))


def _missing(ref: str, why: str) -> Missing:
    from pytest_vtrack.plugin.screens import how_to_create

    return Missing(ref, why, how_to_create(ref))


def _json(summary: Summary, _: Settings) -> str:
    from pytest_vtrack.report.as_json import report_text

    return report_text(summary)


def _markdown(summary: Summary, settings: Settings) -> str:
    from pytest_vtrack.report.markdown import report_markdown

    whole = [path for kind, path in settings.reports.items() if kind == "html"]
    return report_markdown(summary, reports=whole)


def _write_html(path: Path, store: Store | None, summary: Summary) -> list[str]:
    from pytest_vtrack.workflow.html_report import moment_of, write_html

    return write_html(path, store, summary, made_at=moment_of(os.environ, time.time()))


_TEXTS: dict[str, Callable[[Summary, Settings], str]] = {"json": _json, "md": _markdown}


def _writers_of_junit(config: pytest.Config) -> list[Callable[[str, str], None]]:
    """Return what adds to the properties of the suite in a junit file, where one is written."""
    plugins = config.pluginmanager.get_plugins()
    name = "add_global_property"  # what the fixture record_testsuite_property calls, which workers cannot use
    return [getattr(plugin, name) for plugin in plugins if callable(getattr(plugin, name, None))]


def _add_to_junit(writers: list[Callable[[str, str], None]], summary: Summary) -> None:
    if not writers:
        return
    from pytest_vtrack.report.junit import suite_properties

    for name, value in suite_properties(summary):
        for add in writers:
            add(name, value)
