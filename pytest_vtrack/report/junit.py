"""What was found as properties of the test suite in a junit file: names and values."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_vtrack.model.comparison import Comparison, MetricResult, SideCounts
from pytest_vtrack.model.run import Run
from pytest_vtrack.report.summary import Summary
from pytest_vtrack.report.untrusted import visible


def suite_properties(summary: Summary) -> list[tuple[str, str]]:
    """Return the properties, the comparison that decides first; a second one has names ``vtrack.2.…``.

    Numbers are as in the JSON report; what is not known has no property.
    """
    parts = [
        *(_compared(each.comparison) for each in summary.gravest_first),
        *([*_run(each.run), *_values(each.metrics)] for each in summary.recorded),
    ]
    named = [("vtrack.verdict", summary.verdict), ("vtrack.exit_code", str(summary.exit_code))]
    for number, part in enumerate(parts, start=1):
        prefix = "vtrack" if number == 1 else f"vtrack.{number}"
        named += [(f"{prefix}.{visible(name)}", visible(value)) for name, value in part]
    return named


def _compared(comparison: Comparison) -> list[tuple[str, str]]:
    return [
        *_run(comparison.current),
        ("baseline", comparison.baseline.version.name),
        ("baseline.run", comparison.baseline.id),
        *(pair for each in sorted(comparison.metrics, key=_name) for pair in _result(each)),
    ]


def _run(run: Run) -> list[tuple[str, str]]:
    return [
        ("experiment", run.experiment),
        ("version", run.version.name),
        ("env", run.env),
        ("run", run.id),
        ("status", run.status),
    ]


def _values(metrics: tuple[SideCounts, ...]) -> Iterator[tuple[str, str]]:
    for each in metrics:
        if each.mean is not None:
            yield f"metric.{each.spec.name}.value", repr(each.mean)


def _result(result: MetricResult) -> Iterator[tuple[str, str]]:
    name = f"metric.{result.name}"
    yield f"{name}.verdict", result.verdict
    for what, number in (("value", result.current), ("baseline", result.baseline), ("effect", result.effect)):
        if number is not None:
            yield f"{name}.{what}", repr(number)


def _name(result: MetricResult) -> str:
    return result.name
