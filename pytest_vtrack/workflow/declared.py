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


def with_declared(policy: Policy, run: Run) -> Policy:
    """Return the policy with what the run declares, where the policy itself says nothing."""
    slices = frozenset(json.loads(run.tags.get(_SLICES, "[]")))
    return replace(
        policy,
        cluster=policy.cluster or run.tags.get(_CLUSTER),
        gating_slices=policy.gating_slices or slices,
    )
