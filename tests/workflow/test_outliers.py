"""A verdict that hangs on one case says so, and what it would be without."""

from __future__ import annotations

import pytest

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.workflow.comparing import compare

LENGTH = MetricSpec("right", "f", better="lower", tolerance=10.0)


def values(*changes, start=100.0):
    return {f"q{n}": start + change for n, change in enumerate(changes)}


def length(store, record, changes, spec=LENGTH, **policy):
    old = record("v1", values(*[0.0] * len(changes)), spec=spec)
    new = record("v2", values(*changes), spec=spec)
    (found,) = [one for one in compare(store, old, new, Policy(**policy)).metrics if one.name == "right"]
    return found


SMALL = [1.0, -1.0] * 20


def test_the_case_that_carries_a_loss_is_named(store, record):
    found = length(store, record, [*SMALL, 5000.0])
    (note,) = found.notes
    assert found.verdict == "not_sure"
    assert note == (
        "One case carries much of this: q40 changed more than 20 times as much as the typical case that "
        "changed. Without it the verdict would be ok."
    )


@pytest.mark.parametrize(
    ("changes", "spec"),
    [
        ([*SMALL, 20.0], LENGTH),  # exactly 20 times is not more than 20 times
        ([30.0, -30.0] * 10 + [500.0] * 21, LENGTH),  # half of the cases changed as much
        ([*[0.1, -0.1] * 20, 0.3], MetricSpec("right", "f", bounds=(0, 200))),
        ([0.0] * 41, LENGTH),
    ],
    ids=["not far", "many", "bounded", "identical"],
)
def test_nothing_is_said_where_no_single_case_stands_out(store, record, changes, spec):
    assert not any("One case carries" in note for note in length(store, record, changes, spec).notes)


def test_factors_are_looked_at_as_factors(store, record):
    spec = MetricSpec("right", "f", better="lower", kind="latency", gate=False)
    found = length(store, record, [*SMALL, 1e9], spec)
    assert "q40 changed more than 20 times" in found.notes[-1]
