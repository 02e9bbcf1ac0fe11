"""Comparing the runs of a session: with what was named, or listed versions with each other."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.errors import ReferenceUnknown, VtrackError
from pytest_vtrack.model.policy import Policy, checked_alpha, checked_evidence, checked_gate, parse_tolerances
from pytest_vtrack.plugin.listed import ListedVersions, not_run
from pytest_vtrack.workflow.gate import exit_code, strictest
from pytest_vtrack.workflow.references import Resolved
from pytest_vtrack.workflow.states import recorded_before

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.plugin.conclusion import Conclusion
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.references import References
    from pytest_vtrack.plugin.rescored import RescoredBaselines
    from pytest_vtrack.plugin.runs import RunKey
    from pytest_vtrack.store.protocol import Store


def policy_of(settings: Settings) -> Policy:
    """Return the rules that a session compares by.

    :raises pytest.UsageError: a setting is none of the allowed values.
    """
    try:
        return Policy(
            gate=checked_gate(settings.gate, source="vtrack_gate"),
            alpha=checked_alpha(settings.alpha, source="vtrack_alpha"),
            evidence=checked_evidence(settings.evidence, source="vtrack_evidence"),
            tolerances=parse_tolerances(settings.tolerance_lines, source="vtrack_tolerance"),
        )
    except VtrackError as error:
        raise pytest.UsageError(str(error)) from None


@dataclass(frozen=True)
class Decider:
    """Compares what a session recorded, and adds what it finds to the conclusion."""

    config: pytest.Config
    policy: Policy
    references: References
    conclusion: Conclusion
    baseline: str | None
    """What the user named; where it is missing, versions are compared as they are listed."""
    rescored: RescoredBaselines

    def conclude(self, store: Store, runs: Mapping[RunKey, Run], listed: ListedVersions) -> None:
        """Compare every run of a session with each of its baselines."""
        self.conclusion.missing.clear()  # what was missing before the first test may have been recorded
        together = self.baseline is None and self.policy.gate != "off"
        ids = {run.id for run in runs.values()}
        used: set[str] = set()
        for key in listed.ordered(runs):
            self.conclusion.runs.append(runs[key])
            self.conclusion.notices.extend(recorded_before(store, runs[key]))
            pairs = [(ref, self._named(store, ref, key, runs, listed)) for ref in self.references.refs]
            pairs += [
                (str(each[1]), Resolved(runs[each]))
                for each in (listed.baselines(key) if together else ())
                if each in runs
            ]
            for ref, found in pairs:
                if isinstance(found, str):
                    self._missed(ref, found)
                elif found.run.id != runs[key].id:
                    self._compare(store, found, runs[key], same_session=found.run.id in ids)
                    used |= {found.run.id, runs[key].id}
        if together:
            self.conclusion.notices.extend(not_run(listed, runs))
        if not self.references.refs:
            self.conclusion.first_runs += [run for run in self.conclusion.runs if run.id not in used]

    def _named(
        self, store: Store, ref: str, key: RunKey, runs: Mapping[RunKey, Run], listed: ListedVersions
    ) -> Resolved | str:
        """Return the run that a REF means to a run, or why there is none.

        A version that is listed together with the run's is meant as it ran just now, side by side.
        """
        experiment = runs[key].experiment
        own = listed.own(ref, key)
        if own and own in runs and not store.baseline(experiment, ref):
            return Resolved(runs[own])
        try:
            return self.references.find(store, ref, experiment)
        except ReferenceUnknown as error:
            return str(error)

    def _missed(self, ref: str, why: str) -> None:
        self.conclusion.missing[ref] = why
        self.conclusion.gate(exit_code("no_baseline", self.policy.gate))

    def _compare(self, store: Store, baseline: Resolved, run: Run, *, same_session: bool) -> None:
        from pytest_vtrack.workflow.comparing import compare

        comparison = compare(store, baseline.run, run, self.policy, same_session=same_session)
        answers = self.config.hook.pytest_vtrack_verdict(config=self.config, comparison=comparison)
        comparison = replace(
            comparison,
            verdict=strictest(comparison.verdict, answers),
            warnings=(
                *baseline.warnings,
                *self.rescored.notices(store, baseline.run, run),
                *comparison.warnings,
            ),
        )
        code = exit_code(comparison.verdict, self.policy.gate)
        store.save_verdict(comparison, exit_code=code, at=time.time())
        self.conclusion.comparisons.append(comparison)
        self.conclusion.gate(code)
