from __future__ import annotations

import math

import pytest

from pytest_vtrack.compare.difference import difference
from pytest_vtrack.model.policy import Policy, Tolerance

SECONDS = [1.0, 2.0, 4.0, 8.0]


def margin_of(sums, tolerance=None):
    policy = Policy(tolerances={"metric": tolerance} if tolerance else {})
    return difference(sums, policy).margin


@pytest.mark.parametrize(
    ("values", "declared", "amount"),
    [
        pytest.param([True, False], {}, 0.02, id="boolean"),
        pytest.param([0.2, 0.9], {}, 0.02, id="score"),
        pytest.param([1.0, 5.0], {"bounds": (1.0, 5.0)}, 0.08, id="two-percent-of-the-range"),
        pytest.param([10.0, 20.0], {}, 0.1 * math.sqrt(50), id="a-tenth-of-the-spread"),
        pytest.param(SECONDS, {"kind": "latency"}, math.log(1.10), id="latency"),
        pytest.param(SECONDS, {"kind": "cost"}, math.log(1.05), id="cost"),
        pytest.param(SECONDS, {"kind": "tokens"}, math.log(1.05), id="tokens"),
        pytest.param([0.0, 10.0], {"kind": "latency"}, 0.5, id="latency-with-a-zero"),
    ],
)
def test_default_of_each_kind_is_assumed(build, values, declared, amount):
    found = margin_of(build(values, values, **declared))
    assert (found.amount, found.assumed, found.unusable) == (pytest.approx(amount), True, False)


@pytest.mark.parametrize(
    ("values", "declared", "setting", "amount"),
    [
        pytest.param([0.5, 0.7], {"tolerance": 0.05}, None, 0.05, id="scorer"),
        pytest.param([0.5, 0.7], {"tolerance": 0.0}, None, 0.0, id="scorer-allows-nothing"),
        pytest.param(SECONDS, {"kind": "latency", "tolerance": 0.25}, None, math.log(1.25), id="share"),
        pytest.param([0.5, 0.7], {"tolerance": 0.05}, Tolerance(0.1), 0.1, id="policy-before-scorer"),
        pytest.param([True, False], {}, Tolerance(3, "pt"), 0.03, id="points"),
        pytest.param([1.0, 5.0], {"bounds": (1.0, 5.0)}, Tolerance(5, "pt"), 0.2, id="points-of-a-range"),
        pytest.param([10.0, 30.0], {}, Tolerance(10, "%"), 2.0, id="percent-of-the-mean"),
        pytest.param(SECONDS, {"kind": "cost"}, Tolerance(30, "%"), math.log(1.3), id="percent-factor"),
        pytest.param(
            [0.0, 8.0], {"kind": "cost"}, Tolerance(30, "%"), 1.2, id="percent-of-a-mean-with-zeros"
        ),
    ],
)
def test_declared_tolerances(build, values, declared, setting, amount):
    found = margin_of(build(values, values, **declared), setting)
    assert (found.amount, found.assumed) == (pytest.approx(amount), False)


@pytest.mark.parametrize(
    ("values", "declared"), [([10.0, 20.0], {}), (SECONDS, {"kind": "latency"})], ids=["number", "latency"]
)
def test_points_of_a_metric_without_range_cannot_be_used(build, values, declared):
    found = margin_of(build(values, values, **declared), Tolerance(2, "pt"))
    assert found.unusable
    assert found.assumed
    assert found.amount == margin_of(build(values, values, **declared)).amount


def test_the_spread_is_that_of_cases_also_where_clusters_are_compared(build):
    values, clusters = [10.0, 20.0, 30.0, 40.0] * 10, ["a", "b"] * 20
    clustered = margin_of(build(values, values, clusters=[f"{c}{i}" for i, c in enumerate(clusters)]))
    assert clustered.amount == pytest.approx(margin_of(build(values, values)).amount)
