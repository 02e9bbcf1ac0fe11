from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from pytest_vtrack.model.comparison import CaseCounts, SliceResult, ValueChange
from pytest_vtrack.report.details import metric_details
from pytest_vtrack.report.view import Common


def names(view: object) -> list[str]:
    return [row.name for row in view.metrics]  # type: ignore[attr-defined]


def test_metrics_stand_in_order_of_attention(build: SimpleNamespace) -> None:
    metrics = [
        build.metric("a_gone", "not_comparable", reason="gone_metric"),
        build.metric("b_new", "not_comparable", reason="new_metric", gate=False),
        build.metric("c", "not_comparable", reason="kind"),
        *(build.metric(verdict, verdict) for verdict in ("ok", "better", "not_sure", "worse")),
    ]
    view = build.view_of(build.compared("regressed", *metrics))
    assert names(view) == ["worse", "not_sure", "better", "ok", "c", "b_new", "a_gone"]
    assert [row.word for row in view.metrics][-3:] == ["not comparable", "new", "gone"]


def test_unchanged_built_in_metrics_have_no_row(build: SimpleNamespace) -> None:
    completed = replace(build.UNCHANGED, name="completed")
    view = build.view_of(build.compared("ok", build.metric(), build.UNCHANGED, completed))
    assert names(view) == ["correct"]


def test_unchanged_built_in_metrics_stay_where_nothing_else_decides(build: SimpleNamespace) -> None:
    completed = replace(build.UNCHANGED, name="completed")
    view = build.view_of(build.compared("ok", completed, build.LATENCY, build.UNCHANGED))
    assert names(view) == ["latency", "passed"]


def test_changed_built_in_metrics_have_a_row(build: SimpleNamespace) -> None:
    changed = build.metric("completed", "worse")
    assert names(build.view_of(build.compared("regressed", build.metric(), changed))) == [
        "completed",
        "correct",
    ]


@pytest.mark.parametrize(("verdict", "word"), [("worse", "worse (soft)"), ("better", "better"), ("ok", "ok")])
def test_soft_metrics_say_so_where_they_could_be_blamed(
    build: SimpleNamespace, verdict: str, word: str
) -> None:
    view = build.view_of(build.compared("ok", build.metric(verdict=verdict, gate=False)))
    assert view.metrics[0].word == word


def test_labels_that_changed_are_not_counted_as_nothing(build: SimpleNamespace) -> None:
    label = build.metric(
        "tone", "not_sure", kind="category", reason="labels_changed", effect=None, baseline=None
    )
    row = build.view_of(build.compared("ok", label)).metrics[0]
    assert (row.baseline, row.change) == ("-", "changed")


def test_what_most_worse_cases_share_is_found(build: SimpleNamespace) -> None:
    assert build.view_of(build.regressed()).mostly_in == (Common("topic=refund", 11, 14),)


def test_two_cases_share_nothing_worth_saying(build: SimpleNamespace) -> None:
    few = build.compared("regressed", worst_cases=(build.case("refund-1"), build.case("refund-2")))
    assert build.view_of(few).mostly_in == ()


def test_a_slice_that_got_worse_is_named_without_tags_on_cases(build: SimpleNamespace) -> None:
    part = SliceResult("topic", "refund", 40, 11, 1, build.metric(verdict="worse", gate=False))
    found = build.compared("regressed", build.CORRECT_WORSE, slices=(part,))
    assert build.view_of(found).mostly_in == (Common("topic=refund", 11, 14),)


def test_a_tag_whose_cases_got_worse_little_more_often_is_not_named(build: SimpleNamespace) -> None:
    found = build.regressed()
    common = SliceResult("style", "natural", 80, 11, 1, build.metric(verdict="worse", gate=False))
    assert build.view_of(replace(found, slices=(*found.slices, common))).mostly_in == (
        Common("topic=refund", 11, 14),
    )


def test_a_slice_that_only_got_slower_is_not_where_cases_got_worse(build: SimpleNamespace) -> None:
    slower = replace(build.LATENCY, verdict="worse", worse=18)
    part = SliceResult("topic", "refund", 40, 18, 1, slower)
    found = build.compared("regressed", build.CORRECT_WORSE, slower, slices=(part,))
    assert build.view_of(found).mostly_in == ()


def test_failing_tests_are_told_from_slower_ones(build: SimpleNamespace) -> None:
    slow = build.case(
        "t",
        dataset="",
        nodeid="tests/test_slow.py::test_slow",
        values=(ValueChange("score", 0.9, 0.1, loss=4.0),),
    )
    view = build.view_of(build.compared("regressed", worst_cases=(build.failing_test("a.py::test_a"), slow)))
    assert [row.label for row in view.failing] == ["a.py::test_a"]
    assert [row.label for row in view.worse] == ["tests/test_slow.py::test_slow"]


def test_that_a_test_failed_comes_before_the_values_that_are_missing_for_it(build: SimpleNamespace) -> None:
    values = (
        ValueChange("words", 12.0, None, loss=90.0, rationale="the test recorded no outputs to score"),
        ValueChange("completed", True, False, loss=50.0, rationale="the test recorded no outputs to score"),
        ValueChange("passed", True, False, loss=50.0, rationale="AssertionError: not JSON"),
    )
    broken = build.case("login-4", values=values)
    (row,) = build.view_of(build.compared("regressed", worst_cases=(broken,))).worse
    assert [value.metric for value in row.values] == ["passed", "completed", "words"]
    assert row.why == "AssertionError: not JSON"


def test_the_greatest_loss_of_a_case_comes_first(build: SimpleNamespace) -> None:
    values = (
        ValueChange("same", True, True),
        ValueChange("better", False, True, loss=-9.0),
        ValueChange("worst", True, False, loss=5.0),
    )
    row = build.view_of(build.compared("regressed", worst_cases=(build.case(values=values),))).worse[0]
    assert [value.metric for value in row.values] == ["worst", "better"]


@pytest.mark.parametrize(
    ("verdict", "status", "offered"),
    [("regressed", "complete", True), ("regressed", "partial", False), ("ok", "complete", False)],
)
def test_accepting_is_offered_where_it_can_be_done(
    build: SimpleNamespace, verdict: str, status: str, offered: bool
) -> None:
    view = build.view_of(build.compared(verdict, build.metric(), current=build.make_run(status=status)))
    assert bool(view.accept) == offered


def test_gate_that_is_not_applied_says_why(build: SimpleNamespace) -> None:
    assert build.view_of(build.ok(), not_applied="a reason").gate == "Gate: not applied (a reason)"


def test_details_tell_everything_the_verdict_was_made_from(build: SimpleNamespace) -> None:
    result = replace(build.CORRECT_WORSE, errors=2, unpaired=1, advice="more trials", clusters=30)
    facts = dict(metric_details(result, build.regressed()))
    assert facts["reason"] == "dropped"
    assert facts["compared"] == "120 group pairs, 1 trial a side, 1 with a value in one version only"
    assert (
        facts["effect"]
        == "-10.0 pt (mean of the differences); plausible range of the true change -16.3 to -3.7"
    )
    assert facts["tolerance"] == "3 points (declared)"
    assert facts["chance"].startswith("p(worse) 0.0015, 0.0030 after correction")
    assert facts["errors"] == "2 cases"
    assert facts["to settle it"] == (
        "about 1,100 cases; these would have shown a loss of 8.7 points four times of five; more trials "
        "would help most"
    )
    assert facts["note"] == "3 cases were run again after a failure"


def test_a_case_without_a_value_says_nothing_of_how_many_trials_there_were(build: SimpleNamespace) -> None:
    lost = ValueChange("correct", True, None, baseline_trials=1, current_trials=0)
    comparison = build.compared("not_sure", build.metric(), worst_cases=(build.case(values=(lost,)),))
    assert "trial" not in dict(metric_details(comparison.metrics[0], comparison))["compared"]


def test_details_say_whose_tolerance_it_is_and_why_nothing_compares(build: SimpleNamespace) -> None:
    assumed = dict(metric_details(build.COST, build.regressed()))
    assert assumed["tolerance"] == "5 % (assumed, because none is declared)"
    changed = build.metric(verdict="not_comparable", reason="bounds", effect=None, tolerance=None, pairs=0)
    facts = dict(metric_details(changed, build.regressed()))
    assert facts["reason"] == "correct cannot be compared: its scale changed between v1.2 and v1.3."
    assert "effect" not in facts


def test_the_rule_is_recorded_with_its_settings(build: SimpleNamespace) -> None:
    view = build.view_of(build.regressed())
    assert view.rule == "rule plus-two/1, alpha 0.05, evidence any, Holm correction on, gate regress"


def test_counts_are_those_of_the_comparison(build: SimpleNamespace) -> None:
    view = build.view_of(replace(build.ok(), cases=CaseCounts(shared=1)))
    assert view.facts == ("support-bot", "1 case compared", "environment staging")
