"""Two runs of one version: what differs between them is what chance does."""

from __future__ import annotations

from pytest_vtrack.model.comparison import Comparison, MetricResult
from pytest_vtrack.model.run import Run
from pytest_vtrack.report import numbers
from pytest_vtrack.report.words import brief, counted, named, sides
from pytest_vtrack.tracing.source import UNKNOWN

_BUILT_IN = ("passed", "completed")
"""Metrics that nobody asked for are worth a word only where they vary."""


def noise_floor(comparison: Comparison) -> tuple[str, ...]:
    """Return what chance did, and which loss would have been seen; empty where the versions may differ."""
    if not _one_version(comparison.baseline, comparison.current):
        return ()
    measured = [one for one in comparison.metrics if one.pairs and one.kind != "category"]
    moved = [one.name for one in measured if one.verdict in ("worse", "better")]
    steady = [one.name for one in measured if one.reason == "identical" and one.name not in _BUILT_IN]
    varying = [one for one in measured if one.detectable and one.verdict != "not_comparable"]
    found = [f"Both runs are of {brief(comparison.current.version.name)}, so what differs is noise."]
    if varying:
        cases = counted(comparison.cases.shared, sides(comparison).noun)
        losses = ", ".join(_loss(one) for one in varying)
        found.append(
            f"Noise floor: the smallest loss that {cases} would have shown, four times of five, is {losses}."
        )
    if steady:
        found.append(f"No noise in {named(steady)}: the same value in every case.")
    if moved:
        found.append(
            f"More than chance in {named(moved)}: something besides the version changed, such as the "
            "machine, a model behind the app, or the data."
        )
    return (" ".join(found),)


def _loss(result: MetricResult) -> str:
    return f"{numbers.amount_of_change(result, result.detectable or 0.0)} in {brief(result.name)}"


def _one_version(baseline: Run, current: Run) -> bool:
    """Tell whether two runs are of the same code, as far as anybody said so."""
    same = baseline.version.fingerprint == current.version.fingerprint
    known = not current.version.dirty and current.version.name != UNKNOWN
    alike = dict(baseline.flags) == dict(current.flags) and baseline.env == current.env
    return same and known and alike and baseline.id != current.id
