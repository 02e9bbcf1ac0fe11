from __future__ import annotations

import pytest

from pytest_vtrack.compare.rule import overall
from pytest_vtrack.compare.slices import SlicedMetric, decide_slices
from pytest_vtrack.model.policy import Policy


@pytest.mark.parametrize(
    ("n", "broken", "verdict", "reason"),
    [
        (19, 19, "not_sure", "too_few"),
        (20, 10, "worse", "dropped"),
        (7, 0, "ok", "identical"),
    ],
)
def test_a_slice_needs_twenty_cases(booleans, n, broken, verdict, reason):
    (found,) = decide_slices([SlicedMetric("topic", "refund", booleans(n, broken=broken))], Policy())
    assert (found.tag, found.value) == ("topic", "refund")
    assert (found.cases, found.worse, found.better) == (n, broken, 0)
    assert (found.result.verdict, found.result.reason) == (verdict, reason)


def test_slices_never_gate_by_default(booleans):
    (found,) = decide_slices([SlicedMetric("topic", "refund", booleans(40, broken=20))], Policy())
    assert found.result.verdict == "worse"
    assert not found.result.gate
    assert overall([found.result]) == "ok"


@pytest.mark.parametrize(
    ("chosen", "gates"),
    [
        ({"topic"}, [True, True, False]),
        ({"topic=refund"}, [True, False, False]),
        ({"language=fr", "topic=login"}, [False, True, True]),
        ({"refund"}, [False, False, False]),
    ],
)
def test_the_policy_chooses_slices_that_decide(booleans, chosen, gates):
    parts = [("topic", "refund"), ("topic", "login"), ("language", "fr")]
    policy = Policy(gating_slices=frozenset(chosen))
    found = decide_slices([SlicedMetric(*part, booleans(40, broken=20)) for part in parts], policy)
    assert [part.result.gate for part in found] == gates


def test_a_soft_metric_does_not_gate_in_a_chosen_slice(booleans):
    policy = Policy(gating_slices=frozenset({"topic"}))
    (found,) = decide_slices([SlicedMetric("topic", "refund", booleans(40, broken=20, gate=False))], policy)
    assert not found.result.gate


def test_many_slices_need_more_evidence_each(booleans):
    doubtful = SlicedMetric("topic", "refund", booleans(100, broken=8, fixed=2))
    quiet = [SlicedMetric("topic", str(i), booleans(100, broken=5, fixed=5)) for i in range(9)]
    assert decide_slices([doubtful], Policy())[0].result.verdict == "worse"
    assert decide_slices([doubtful, *quiet], Policy())[0].result.verdict == "not_sure"


def test_gating_slices_need_the_evidence_of_gating_metrics(booleans):
    parts = [SlicedMetric("topic", str(i), booleans(100, broken=8, fixed=2)) for i in range(3)]
    soft = decide_slices(parts, Policy())
    gating = decide_slices(parts, Policy(gating_slices=frozenset({"topic"})))
    assert {part.result.verdict for part in soft} == {"worse"}
    assert {part.result.verdict for part in gating} == {"not_sure"}


def test_a_slice_called_worse_has_a_range_below_zero(booleans):
    """The looser level of slices never calls worse what its own range leaves open."""
    parts = [SlicedMetric("topic", str(i), booleans(100, broken=7, fixed=2)) for i in range(5)]
    assert all(0.05 < part.result.p_worse_adjusted < 0.1 for part in decide_slices(parts, Policy()))
    assert {part.result.verdict for part in decide_slices(parts, Policy())} == {"not_sure"}


def test_no_slices():
    assert decide_slices([], Policy()) == ()
