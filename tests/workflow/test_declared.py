"""What markers declare about comparing is known to every later comparison of the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.workflow.declared import declared_tags, with_declared

RUN = Run("a" * 32, "bot", AppVersion("v1"))


@pytest.mark.parametrize("slices", [(), ("topic",), ("lang=fr", "topic, or so")], ids=["none", "one", "odd"])
@pytest.mark.parametrize("cluster", [None, "document"])
def test_what_a_run_declares_comes_back_as_policy(cluster, slices):
    run = replace(RUN, tags=declared_tags(cluster, slices))
    policy = with_declared(Policy(), run)
    assert (policy.cluster, policy.gating_slices) == (cluster, frozenset(slices))


def test_what_the_policy_says_comes_first():
    run = replace(RUN, tags=declared_tags("document", ["topic"]))
    asked = Policy(cluster="user", gating_slices=frozenset({"lang"}))
    assert with_declared(asked, run) == asked


def test_a_run_without_markers_changes_nothing():
    assert with_declared(Policy(), RUN) == Policy()
