"""Several metrics together: who gates, who raises the bar for whom, and the verdict overall."""

from __future__ import annotations

import dataclasses

import pytest

from pytest_vtrack.compare.rule import RULE_VERSION, decide, is_gating, overall
from pytest_vtrack.model.assessment import COMPLETED, LATENCY
from pytest_vtrack.model.comparison import MetricResult
from pytest_vtrack.model.policy import Policy


def test_the_rule_has_a_version():
    assert RULE_VERSION == "plus-two/1"


def test_results_keep_the_order_of_the_metrics(booleans, build):
    metrics = [
        build([1.0], [1.0], name="seconds", kind="latency", better="lower"),
        booleans(50, name="b"),
        build(["x"], ["y"], name="label"),
        booleans(50, broken=9, name="a", gate=False),
    ]
    assert [result.name for result in decide(metrics, Policy())] == ["seconds", "b", "label", "a"]
    assert decide([], Policy()) == ()


def test_more_gating_metrics_need_more_evidence(booleans):
    doubtful = booleans(100, broken=8, fixed=2, name="doubtful")
    others = [booleans(100, broken=5, fixed=5, name=f"noisy {i}") for i in range(4)]
    alone = decide([doubtful], Policy())[0]
    together = decide([doubtful, *others], Policy())[0]
    assert (alone.verdict, together.verdict, together.reason) == ("worse", "not_sure", "chance")
    assert together.p_worse == alone.p_worse == alone.p_worse_adjusted
    assert together.p_worse_adjusted == pytest.approx(5 * alone.p_worse)
    assert (together.low, together.high) == (alone.low, alone.high)
    assert decide([doubtful, *others], Policy(holm=False))[0].verdict == "worse"


@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param({"n": 100}, id="identical"),
        pytest.param({"n": 4, "broken": 4}, id="too-few"),
        pytest.param({"n": 100, "broken": 8, "fixed": 2, "gate": False}, id="soft"),
    ],
)
def test_metrics_without_a_say_do_not_raise_the_bar(booleans, quiet):
    doubtful = booleans(100, broken=8, fixed=2, name="doubtful")
    others = [booleans(**quiet, name=f"quiet {i}") for i in range(9)]
    assert decide([doubtful, *others], Policy())[0].verdict == "worse"


def test_soft_metrics_are_judged_by_themselves(booleans):
    soft = [booleans(100, broken=8, fixed=2, name=f"soft {i}", gate=False) for i in range(9)]
    assert {result.verdict for result in decide(soft, Policy())} == {"worse"}


@pytest.mark.parametrize(
    ("name", "declared", "override", "gates"),
    [
        pytest.param("correct", {}, None, True, id="default"),
        pytest.param("correct", {"gate": False}, None, False, id="scorer-says-soft"),
        pytest.param("correct", {"gate": False}, True, True, id="policy-makes-it-gate"),
        pytest.param("correct", {}, False, False, id="policy-makes-it-soft"),
        pytest.param("seconds", {"kind": "latency", "gate": True}, None, True, id="declared-latency-gates"),
        pytest.param("tokens", {"kind": "tokens", "gate": False}, True, True, id="tokens-on-request"),
        pytest.param(COMPLETED.name, {"gate": False}, False, True, id="completed-always"),
    ],
)
def test_what_gates(build, name, declared, override, gates):
    policy = Policy(gating={} if override is None else {name: override})
    sums = build([0.5], [0.5], name=name, **declared)
    assert is_gating(sums, policy) is gates
    assert decide([sums], policy)[0].gate is gates


def test_the_builtin_latency_does_not_gate(build):
    sums = build([0.5], [0.5], name="latency", kind=LATENCY.kind, gate=LATENCY.gate)
    assert not is_gating(sums, Policy())


def test_a_new_metric_cannot_fail_a_gate_and_a_gone_one_can(booleans):
    kept = booleans(50, name="kept")
    new = dataclasses.replace(booleans(50, name="new"), baseline=None)
    gone = dataclasses.replace(booleans(50, name="gone"), current=None)
    asked = Policy(gating={"new": True})
    assert overall(decide([kept, new], asked), 0) == "ok"
    assert overall(decide([kept, gone], Policy()), 0) == "not_sure"
    soft = Policy(gating={"gone": False})
    assert overall(decide([kept, gone], soft), 0) == "ok"


def result(verdict, *, gate=True):
    return MetricResult("m", "bool", "higher", gate, verdict)


@pytest.mark.parametrize(
    ("results", "failures", "verdict"),
    [
        pytest.param([result("ok"), result("worse"), result("not_sure")], 0, "regressed", id="worse-first"),
        pytest.param([result("ok"), result("better")], 1, "regressed", id="must-pass-failure"),
        pytest.param([], 1, "regressed", id="must-pass-failure-alone"),
        pytest.param([result("better"), result("not_sure")], 0, "not_sure", id="doubt-before-improvement"),
        pytest.param(
            [result("better"), result("not_comparable")], 0, "not_sure", id="not-comparable-is-doubt"
        ),
        pytest.param([result("ok"), result("better")], 0, "improved", id="improved"),
        pytest.param([result("ok"), result("better", gate=False)], 0, "ok", id="soft-improvement-is-ok"),
        pytest.param([result("ok"), result("worse", gate=False)], 0, "ok", id="soft-loss-is-ok"),
        pytest.param([result("ok"), result("not_comparable", gate=False)], 0, "ok", id="new-metric"),
        pytest.param([result("not_comparable", gate=False)], 0, "not_sure", id="nothing-compared"),
        pytest.param([], 0, "not_sure", id="no-metric-at-all"),
    ],
)
def test_overall(results, failures, verdict):
    assert overall(results, failures) == verdict
