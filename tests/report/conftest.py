"""Comparisons as the decision leaves them, one for each screen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_vtrack.model.comparison import (
    CaseChange,
    CaseCounts,
    Comparison,
    MetricResult,
    SliceResult,
    ValueChange,
)
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.view import ReportView, report_view

HOSTILE = (
    "\x1b[31mred\x1b[0m \u202eevil\u202c a\u200bb \x9b2J \x07 line\nbreak\ttab \ud800 \u2028 日本 e\u0301"
)


def make_run(version: str = "v1.3", **changes: Any) -> Run:
    run = Run(
        id="9c1e5a7700000000",
        experiment="support-bot",
        version=AppVersion(version),
        env="staging",
        status="complete",
        expected=120,
        stored=120,
    )
    return replace(run, **changes)


def metric(name: str = "correct", verdict: str = "ok", **changes: Any) -> MetricResult:
    base = MetricResult(
        name=name,
        kind="bool",
        direction="higher",
        gate=True,
        verdict=verdict,  # type: ignore[arg-type]
        reason={"worse": "dropped", "better": "rose", "ok": "within_tolerance", "not_sure": "chance"}.get(
            verdict, ""
        ),
        baseline=0.925,
        current=0.933,
        effect=0.008,
        low=-0.020,
        high=0.037,
        tolerance=0.03,
        pairs=120,
        worse=1,
        better=2,
    )
    return replace(base, **changes)


CORRECT_WORSE = metric(
    verdict="worse",
    current=0.825,
    effect=-0.100,
    low=-0.163,
    high=-0.037,
    worse=14,
    better=2,
    p_worse=0.00152,
    p_worse_adjusted=0.00304,
    p_better_adjusted=1.0,
    detectable=0.087,
    needed_cases=1100,
    notes=("3 cases were run again after a failure",),
)
COST = metric(
    "cost",
    "not_sure",
    kind="cost",
    direction="lower",
    gate=False,
    ratio=True,
    baseline=0.0041,
    current=0.0043,
    effect=-math.log(1.05),
    low=-math.log(1.11),
    high=-math.log(0.99),
    tolerance=math.log(1.05),
    tolerance_assumed=True,
)
LATENCY = metric(
    "latency",
    "better",
    kind="latency",
    direction="lower",
    gate=False,
    ratio=True,
    baseline=1.42,
    current=1.19,
    effect=-math.log(0.84),
    low=-math.log(0.89),
    high=-math.log(0.79),
    tolerance=math.log(1.1),
    reason="dropped",
)
HELPFUL = metric(
    "helpful",
    kind="bounded",
    baseline=4.31,
    current=4.28,
    effect=-0.03,
    low=-0.12,
    high=0.06,
    tolerance=0.15,
    worse=31,
    better=28,
)
UNCHANGED = metric("passed", reason="identical", baseline=1.0, current=1.0, effect=0.0, worse=0, better=0)


def case(case_id: str = "refund-017", why: str | None = None, **changes: Any) -> CaseChange:
    found = CaseChange(
        case_id=case_id,
        test="test_bot.py::test_answers",
        dataset="qa",
        verdict="changed",
        values=(ValueChange("correct", True, False, loss=33.3, rationale=why),),
        tags={"topic": case_id.partition("-")[0], "language": "en"},
        loss=33.3,
    )
    return replace(found, **changes)


def failing_test(nodeid: str = "tests/test_shop.py::test_refund[eu]", error: str | None = None) -> CaseChange:
    values = (ValueChange("passed", True, False, loss=50.0),)
    return case(nodeid, dataset="", nodeid=nodeid, values=values, error=error, tags={})


def compared(verdict: str, *metrics: MetricResult, **changes: Any) -> Comparison:
    comparison = Comparison(
        current=make_run(),
        baseline=make_run("v1.2", id="7f3a1b2c00000000"),
        policy=Policy(),
        verdict=verdict,  # type: ignore[arg-type]
        metrics=metrics,
        cases=CaseCounts(total=120, shared=120, worse=1, better=2),
        rule="plus-two/1",
    )
    return replace(comparison, **changes)


def regressed() -> Comparison:
    whys = ["gave 14 days, policy says 30", "refused a valid refund", "invented a reset link"]
    ids = [
        "refund-017",
        "refund-021",
        "login-004",
        *(f"refund-{n:03}" for n in range(30, 39)),
        "login-9",
        "login-8",
    ]
    worse = [case(one, why) for one, why in zip(ids, [*whys, *[None] * 11], strict=True)]
    fixed = [case(f"login-{n}", values=(ValueChange("correct", False, True, loss=-33.3),)) for n in (1, 2)]
    slices = (
        SliceResult("topic", "refund", 40, 11, 1, metric(verdict="worse", gate=False)),
        SliceResult("language", "en", 120, 14, 2, metric(verdict="worse", gate=False)),
    )
    return compared(
        "regressed",
        HELPFUL,
        LATENCY,
        COST,
        CORRECT_WORSE,
        UNCHANGED,
        cases=CaseCounts(total=120, shared=120, worse=14, better=2),
        worst_cases=tuple(worse),
        better_cases=tuple(fixed),
        slices=slices,
    )


def ok() -> Comparison:
    return compared(
        "ok", metric(), LATENCY, replace(HELPFUL, current=4.30, effect=-0.01, low=-0.07, high=0.05)
    )


def improved() -> Comparison:
    better = metric(verdict="better", current=0.99, effect=0.065, low=0.02, high=0.11, worse=1, better=9)
    return compared(
        "improved", better, replace(LATENCY, verdict="worse", effect=-0.2, low=-0.3, high=-0.1, current=1.73)
    )


def not_sure() -> Comparison:
    unsure = metric(
        verdict="not_sure",
        baseline=0.9,
        current=0.825,
        effect=-0.075,
        low=-0.203,
        high=0.053,
        pairs=40,
        worse=5,
        better=2,
        needed_cases=317,
    )
    return compared(
        "not_sure",
        unsure,
        current=make_run(env="dev", stored=40, expected=40),
        baseline=make_run("v1.2", env="dev", stored=40),
        cases=CaseCounts(total=40, shared=40, worse=5, better=2),
        worst_cases=tuple(case(f"refund-{n:03}", "too short") for n in range(3)),
    )


def no_baseline() -> Comparison:
    return compared("no_baseline", cases=CaseCounts(total=120, shared=2, new=118, gone=3))


def judge_changed() -> Comparison:
    changed = metric(
        verdict="not_comparable", reason="fingerprint", effect=None, low=None, high=None, pairs=0
    )
    return compared("not_sure", changed, LATENCY, cases=CaseCounts(total=120, shared=120))


def partial() -> Comparison:
    run = make_run(status="partial", reason="-k refund", stored=31, expected=31)
    return replace(ok(), current=run, cases=CaseCounts(total=31, shared=31, worse=1, better=2))


def incomplete() -> Comparison:
    run = make_run(status="incomplete", reason="worker gw1 crashed", stored=118)
    cases = CaseCounts(total=118, shared=118, gone=2, edited=1, errors=3, worse=14, better=2)
    return replace(
        regressed(), current=run, cases=cases, gone_cases=("refund-1", "refund-2"), edited_cases=("login-3",)
    )


def tests_failing() -> Comparison:
    passed = replace(CORRECT_WORSE, name="passed", worse=7, better=1)
    errors = ["AssertionError: assert 14 == 30", "TimeoutError", None, None, None, None, None]
    names = [
        "tests/test_shop.py::test_refund[eu]",
        "tests/test_shop.py::test_a_name_that_is_rather_long_indeed[with-parameters-1-2-3]",
    ]
    names += [f"tests/test_shop.py::test_{n}" for n in range(5)]
    return compared(
        "regressed",
        passed,
        LATENCY,
        replace(UNCHANGED, name="completed"),
        cases=CaseCounts(total=120, shared=120, worse=7, better=1),
        worst_cases=tuple(failing_test(n, e) for n, e in zip(names, errors, strict=True)),
        better_cases=(
            case(
                "t",
                dataset="",
                nodeid="tests/test_login.py::test_reset",
                values=(ValueChange("passed", False, True, loss=-50.0),),
            ),
        ),
    )


def must_pass() -> Comparison:
    return compared(
        "regressed",
        metric(),
        must_pass_failures=("refund-001",),
        worst_cases=(case("refund-001", "gave 14 days", must_pass=True),),
    )


def hostile() -> Comparison:
    bad = make_run(
        HOSTILE, experiment=HOSTILE, env=HOSTILE, reason=HOSTILE, status="partial", flags={"f": HOSTILE}
    )
    label = ValueChange("correct", HOSTILE, HOSTILE, loss=1.0, rationale=HOSTILE)
    change = case(HOSTILE, HOSTILE, tags={HOSTILE: HOSTILE}, values=(label,), must_pass=True)
    return compared(
        "regressed",
        replace(CORRECT_WORSE, name=HOSTILE, notes=(HOSTILE,)),
        metric(HOSTILE * 9, "not_comparable", reason="fingerprint"),
        current=bad,
        baseline=make_run(f"old {HOSTILE}", flags={HOSTILE: "1"}),
        worst_cases=(change, change, change, replace(change, dataset="", nodeid=HOSTILE, error=HOSTILE)),
        better_cases=(change,),
        new_cases=(HOSTILE,),
        gone_cases=(HOSTILE,),
        edited_cases=(HOSTILE,),
        must_pass_failures=(HOSTILE,),
        warnings=(HOSTILE,),
        cases=CaseCounts(total=9, shared=9, new=1, gone=1, edited=1, errors=1, worse=4, better=1),
        slices=(SliceResult("t", HOSTILE, 5, 3, 0, metric(verdict="worse")),),
        rule=HOSTILE,
    )


COMPARISONS: dict[str, Callable[[], Comparison]] = {
    one.__name__: one
    for one in (
        regressed,
        ok,
        improved,
        not_sure,
        no_baseline,
        judge_changed,
        partial,
        incomplete,
        tests_failing,
        must_pass,
        hostile,
    )
}
_EXIT_CODES = {"regressed": 10, "no_baseline": 12}


def view_of(comparison: Comparison, **arguments: Any) -> ReportView:
    arguments.setdefault("exit_code", _EXIT_CODES.get(comparison.verdict, 0))
    return report_view(comparison, **arguments)


@pytest.fixture
def build() -> SimpleNamespace:
    """The factories of this file: ``build.metric()``, ``build.case()``, ``build.compared()`` …"""
    return SimpleNamespace(**globals())


@pytest.fixture(params=sorted(COMPARISONS))
def comparison(request: pytest.FixtureRequest) -> Comparison:
    """Every comparison of this file in turn."""
    return COMPARISONS[request.param]()
