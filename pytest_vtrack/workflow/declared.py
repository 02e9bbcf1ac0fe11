"""What markers declare about comparing: kept on the run, so that every later comparison knows it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import Run

_CLUSTER, _SLICES = "vtrack.cluster", "vtrack.slices"


def declared_tags(cluster: str | None, slices: Iterable[str]) -> dict[str, str]:
    """Return automatic tags for the cluster tag and the gating slices that a run's markers name."""
    names = sorted(slices)
    return {
        **({_CLUSTER: cluster} if cluster else {}),
        **({_SLICES: json.dumps(names)} if names else {}),
    }


def declared_by_part(run: Run, part: Run) -> dict[str, str]:
    """Return the tags that a run takes over from a part of it: those that it lacks, and all gating slices."""
    tags = {name: value for name, value in part.tags.items() if name not in run.tags}
    known, slices = _slices(run), _slices(run) | _slices(part)
    return tags if slices == known else tags | declared_tags(None, slices)


def _slices(run: Run) -> frozenset[str]:
    return frozenset(json.loads(run.tags.get(_SLICES, "[]")))


def with_declared(policy: Policy, run: Run) -> Policy:
    """Return the policy with what the run declares, where the policy itself says nothing."""
    return replace(
        policy,
        cluster=policy.cluster or run.tags.get(_CLUSTER),
        gating_slices=policy.gating_slices or _slices(run),
    )
