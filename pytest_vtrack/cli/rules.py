"""The rules of one comparison: those of the ini file, with what the command line says on top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pytest_vtrack.errors import SettingError, nearest
from pytest_vtrack.model.assessment import COMPLETED
from pytest_vtrack.model.policy import (
    Policy,
    checked_alpha,
    checked_evidence,
    checked_gate,
    parse_tolerances,
)
from pytest_vtrack.workflow.compared_slices import without_cases

if TYPE_CHECKING:
    from pytest_vtrack.cli.project import Project
    from pytest_vtrack.model.comparison import Comparison
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store

Names = tuple[str, ...]


def policy_of(
    project: Project,
    *,
    gate: str | None,
    tolerance: Names,
    alpha: str | None,
    evidence: str | None,
    cluster: str | None,
    slices: Names,
    gating: Names,
    soft: Names,
    must_pass: Names,
    may_fail: Names,
) -> Policy:
    """Return the policy of the ini file with what the command line says on top.

    :raises SettingError: a value is not allowed, or two options contradict each other.
    """
    ini = parse_tolerances(project.lines("tolerance"), source="vtrack_tolerance")
    if COMPLETED.name in soft:
        raise SettingError(
            f"--soft: {COMPLETED.name!r} always decides: cases that do not come to their end are not scored"
        )
    return Policy(
        gate=checked_gate(gate or project.setting("gate") or "regress", source="vtrack_gate"),
        alpha=_checked_alpha(project, alpha),
        evidence=checked_evidence(evidence or project.setting("evidence") or "any", source="vtrack_evidence"),
        tolerances=ini | parse_tolerances(tolerance, source="--tolerance"),
        cluster=cluster,
        gating_slices=frozenset(slices),
        gating=_chosen("--gating", gating, "--soft", soft),
        must_pass=_chosen("--must-pass", must_pass, "--may-fail", may_fail),
    )


def check_metrics(store: Store, run: Run, rules: Mapping[str, object]) -> None:
    """Refuse options that name a metric which the current run does not have: a slip would change nothing.

    :raises SettingError: one does.
    """
    known = [each.spec.name for each in store.metric_summaries(run.id)]
    for option in ("tolerance", "gating", "soft", "must_pass", "may_fail"):
        for name in _metrics(rules.get(option)):
            if name not in known:
                raise SettingError(
                    f"--{option.replace('_', '-')}: {run.version.name} has no metric {name!r}; nearest: "
                    f"{', '.join(nearest(name, known)) or 'none'}"
                )


def check_slices(comparison: Comparison, slices: Names) -> None:
    """Refuse slices that no compared case is in, for the same reason.

    :raises SettingError: one was named.
    """
    for name in without_cases(slices, comparison.slices):
        values = dict.fromkeys(f"{each.tag}={each.value}" for each in comparison.slices)
        known = dict.fromkeys((*(each.tag for each in comparison.slices), *values))
        raise SettingError(
            f"--slice: no case of {comparison.current.version.name} has {name!r}; nearest: "
            f"{', '.join(nearest(name, list(known))) or 'none'}"
        )


def _metrics(given: object) -> list[str]:
    texts = given if isinstance(given, tuple) else ()
    return [text.partition("=")[0].strip() for text in texts]


def _chosen(yes_option: str, yes: Iterable[str], no_option: str, no: Iterable[str]) -> dict[str, bool]:
    chosen = dict.fromkeys(yes, True)
    for name in no:
        if name in chosen:
            raise SettingError(f"{yes_option} and {no_option} both name {name!r}; leave one of them out")
        chosen[name] = False
    return chosen


def _checked_alpha(project: Project, asked: str | None) -> float:
    if asked is not None:
        return checked_alpha(asked, source="--alpha")
    return checked_alpha(project.setting("alpha") or "0.05", source="vtrack_alpha")
