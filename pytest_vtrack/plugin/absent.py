"""Baselines that were asked for and are not there: told before a call of the application is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.errors import ReferenceUnknown, VtrackError
from pytest_vtrack.plugin.messages import safe
from pytest_vtrack.plugin.references import References, is_elsewhere
from pytest_vtrack.workflow.gate import exit_code

if TYPE_CHECKING:
    from pytest_vtrack.model.policy import Gate
    from pytest_vtrack.plugin.conclusion import Conclusion
    from pytest_vtrack.plugin.reports import Reports
    from pytest_vtrack.store.protocol import Store


class AbsentBaselines:
    """The REFs of a session that name nothing; ends the session where the gate says so."""

    def __init__(self, references: References, gate: Gate, reports: Reports, conclusion: Conclusion) -> None:
        self._references = references
        self._gate = gate
        self._reports = reports
        self._conclusion = conclusion
        self._found: dict[str, str] = {}

    @property
    def refs(self) -> tuple[str, ...]:
        """The REFs that named nothing when the store was opened."""
        return tuple(self._found)

    def look(self, store: Store, experiment: str) -> None:
        """Find out which REFs name nothing in the experiment, and nothing in another one either."""
        missing = self.missing(store, experiment).items()
        self._found = {ref: why for ref, why in missing if not is_elsewhere(store, ref, experiment)}

    def missing(self, store: Store, experiment: str) -> dict[str, str]:
        """Return the REFs that name nothing in an experiment, and why."""
        missing = {}
        for ref in self._references.refs:
            try:
                self._references.find(store, ref, experiment)
            except ReferenceUnknown as error:
                missing[ref] = str(error)
            except VtrackError as error:
                raise pytest.UsageError(f"--vtrack-baseline: {safe(error)}") from None
        return missing

    def end_session(self, awaited: frozenset[str]) -> None:
        """End the session over what is absent, except what the session itself may record."""
        for ref, why in self._found.items():
            if ref not in awaited:
                self.end_over(ref, why)

    def end_over(self, ref: str, why: str) -> None:
        """End the session where the gate says so; else the end of the screen says what is absent."""
        self._conclusion.missing[ref] = why
        if code := exit_code("no_baseline", self._gate):
            from pytest_vtrack.plugin.screens import no_baseline_text

            self._reports.write_missing(ref, why, code)
            pytest.exit(no_baseline_text(ref, why), returncode=code)
