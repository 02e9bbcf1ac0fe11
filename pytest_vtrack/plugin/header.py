"""What the controller learns once from each process that runs tests: its plan, and what its markers say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_vtrack.plugin.gating import named_gates

if TYPE_CHECKING:
    from pytest_vtrack.model.experiment import Experiment
    from pytest_vtrack.plugin.collection import CaseCollector
    from pytest_vtrack.plugin.transport import Plain


def header(
    collector: CaseCollector,
    experiment: Experiment,
    redacted: Callable[[Mapping[str, str]], dict[str, str]],
) -> Plain:
    """Return the plain value that travels with the first report of a process."""
    plan = collector.plan
    return {
        "experiment": [experiment.name, dict(experiment.tags)],
        "plan": {
            "expected": [[list(key), nodeids] for key, nodeids in plan.expected.items()],
            "chunks": [[list(key), chunks] for key, chunks in plan.chunks.items()],
            "partial": plan.partial,
            "whole": [list(key) for key in plan.whole],
        },
        "params": [[list(key), redacted(params)] for key, params in plan.params.items()],
        "declared": _declared(collector),
    }


def _declared(collector: CaseCollector) -> Plain:
    """Return what the markers say about the comparison: clusters, gating slices, gates, versions."""
    tests = collector.tests
    clusters = (test.arguments.cluster for test in tests if test.arguments.cluster)
    return {
        "cluster": next(clusters, None),
        "slices": sorted({name for test in tests for name in test.arguments.slices}),
        "gates": named_gates(test for test in tests if test.id in collector.chosen),
        "versions": collector.listed.plain,
    }
