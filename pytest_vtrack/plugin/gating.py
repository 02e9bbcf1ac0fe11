"""Which metrics decide: what scorers declare, changed by the ``gate`` argument of markers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_vtrack.model.assessment import COMPLETED, LATENCY, PASSED, Assessment, MetricSpec

if TYPE_CHECKING:
    from pytest_vtrack.plugin.slots import TrackedTest


class Gating:
    """Applies the gates of all tests of a session: a metric decides where one of its tests wants it to.

    A run has one declaration of each metric, so tests that share a metric share its gate too.
    """

    def __init__(self, tests: Iterable[TrackedTest]) -> None:
        tests = list(tests)
        self._used = any(_restricts(test) for test in tests)
        self._gates: dict[str, bool] = {}
        for test in tests:
            for spec in _declared(test):
                self._gates[spec.name] = self._gates.get(spec.name, False) or _decides(spec, test)

    def applied(self, test: TrackedTest, assessments: Sequence[Assessment]) -> Sequence[Assessment]:
        """Return assessments of a case of a test with the gates set on their metrics."""
        if not self._used:
            return assessments
        return [replace(each, metric=self._gated(each.metric, test)) for each in assessments]

    def _gated(self, spec: MetricSpec, test: TrackedTest) -> MetricSpec:
        gate = self._gates.get(spec.name)
        return _with_gate(spec, _decides(spec, test) if gate is None else gate)


def named_gates(tests: Iterable[TrackedTest]) -> list[str]:
    """Return the metrics that markers name as gates; one that no case has is a slip of the pen."""
    named = (test.arguments.gate for test in tests)
    return sorted({name for gate in named if isinstance(gate, (list, tuple)) for name in gate})


def _declared(test: TrackedTest) -> list[MetricSpec]:
    return [PASSED, LATENCY, *(scorer.spec for scorer in test.scorers)]


def _restricts(test: TrackedTest) -> bool:
    return test.arguments.gate is not None and test.arguments.gate is not True


def _decides(spec: MetricSpec, test: TrackedTest) -> bool:
    """Tell whether a metric decides as far as one test is concerned; unfinished cases always do."""
    gate = test.arguments.gate
    if spec.name == COMPLETED.name or not _restricts(test):
        return spec.gate
    if isinstance(gate, (list, tuple)):
        return spec.name in gate or spec.name == PASSED.name
    return False


@lru_cache(maxsize=1024)
def _with_gate(spec: MetricSpec, gate: bool) -> MetricSpec:
    return replace(spec, gate=gate)
