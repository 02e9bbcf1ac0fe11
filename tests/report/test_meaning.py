from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_vtrack.model.comparison import SliceResult, ValueChange
from pytest_vtrack.report.meaning import meaning


def said(comparison: Any) -> str:
    return " ".join(meaning(comparison))


WORSE = {"verdict": "worse", "baseline": 0.925, "current": 0.825, "effect": -0.1, "worse": 14, "better": 2}
UNSURE: dict[str, Any] = {
    "verdict": "not_sure",
    "effect": -0.075,
    "pairs": 40,
    "worse": 5,
    "better": 2,
    "needed_cases": 317,
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param(
            {},
            "correct got worse: 14 cases that were right are now wrong; 2 got fixed. This is more than "
            "chance would explain and more than the 3 points you allow.",
            id="yes or no",
        ),
        pytest.param({"worse": 1}, "1 case that was right is now wrong; 2 got fixed", id="one case"),
        pytest.param(
            {"name": "passed"}, "14 tests that were passing are now failing; 2 got fixed", id="passed"
        ),
        pytest.param(
            {"name": "completed"}, "14 cases that were completing are now ending in an error", id="completed"
        ),
        pytest.param({"direction": "lower"}, "14 cases got worse, 2 better", id="lower is better"),
        pytest.param({"clusters": 20}, "14 groups got worse, 2 better", id="groups of like cases"),
        pytest.param({"tolerance_assumed": True}, "3 points allowed when nothing is declared", id="assumed"),
        pytest.param({"tolerance": 0.0}, "chance would explain, and you allow no drop.", id="no tolerance"),
        pytest.param(
            {"tolerance": 0.0, "tolerance_assumed": True},
            "chance would explain and more than is allowed when nothing is declared.",
            id="no tolerance, assumed",
        ),
        pytest.param({"tolerance": None}, "more than chance would explain.", id="tolerance unknown"),
        pytest.param(
            {"kind": "bounded", "baseline": 4.31, "current": 3.9, "effect": -0.41, "tolerance": 0.15},
            "correct got worse, from 4.31 to 3.90: 14 cases got worse, 2 better. This is more than chance "
            "would explain and more than the 0.15 you allow.",
            id="score",
        ),
        pytest.param(
            {
                "name": "latency",
                "kind": "latency",
                "ratio": True,
                "direction": "lower",
                "baseline": 1.0,
                "current": 1.2,
                "effect": -math.log(1.2),
                "tolerance": math.log(1.1),
            },
            "latency got worse by 20 %, from 1 s to 1.20 s: 14 cases got worse, 2 better. This is more than "
            "chance would explain and more than the 10 % you allow.",
            id="latency",
        ),
    ],
)
def test_a_regression_says_what_got_worse(
    build: SimpleNamespace, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in said(build.compared("regressed", build.metric(**WORSE | changes)))


def test_with_repeats_no_case_is_simply_right_or_wrong(build: SimpleNamespace) -> None:
    value = ValueChange("correct", 0.8, 0.2, baseline_trials=5, current_trials=5)
    changed = build.compared("regressed", build.metric(**WORSE), worst_cases=(build.case(values=(value,)),))
    assert "14 cases got worse, 2 better" in said(changed)


def test_a_slice_that_decides_is_named(build: SimpleNamespace) -> None:
    part = SliceResult("topic", "refund", 40, 11, 1, build.metric(**WORSE))
    text = said(build.compared("regressed", build.metric(), slices=(part,)))
    assert text == "Among topic=refund (40 cases), correct got worse: 92.5 % -> 82.5 %."


def test_must_pass_cases_are_named(build: SimpleNamespace) -> None:
    text = said(build.compared("regressed", build.metric(), must_pass_failures=tuple("abcdefg")))
    assert "7 must-pass cases went from right to wrong: a, b, c, d, e and 2 more." in text


def test_a_newly_failing_test_is_enough(build: SimpleNamespace) -> None:
    failed = build.compared(
        "regressed",
        build.metric("passed"),
        worst_cases=(build.failing_test(),),
        must_pass_failures=("tests/test_shop.py::test_refund[eu]",),
    )
    assert said(failed) == (
        "1 test that passed in v1.2 now fails: tests/test_shop.py::test_refund[eu]. One is enough, whatever "
        "the others do."
    )


def test_a_verdict_made_stricter_by_others_still_has_a_sentence(build: SimpleNamespace) -> None:
    assert said(build.compared("regressed", build.metric())) == "v1.3 is held to be worse than v1.2."


def test_no_more_than_three_metrics_are_explained(build: SimpleNamespace) -> None:
    metrics = [build.metric(f"metric{n}", **WORSE) for n in range(5)]
    text = said(build.compared("regressed", *metrics))
    assert "metric2" in text
    assert "metric3" not in text
    assert "And 2 more metrics." in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param(
            {},
            "5 cases got worse and 2 better. With 40 cases that can be luck, or a real drop. We can't tell. "
            "To find out: about 320 cases would settle it. Repeating (--vtrack-repeat) helps only if the "
            "same case gives different answers from run to run.",
            id="chance",
        ),
        pytest.param({"direction": "lower"}, "luck, or a real rise", id="lower is better"),
        pytest.param(
            {"effect": 0.02, "reason": "chance"},
            "With 40 cases a drop of more than the 3 points you allow cannot be ruled out yet.",
            id="no drop seen",
        ),
        pytest.param(
            {"reason": "too_few", "pairs": 4},
            "only 4 cases could be compared, which is too few to tell",
            id="few",
        ),
        pytest.param(
            {"reason": "unclear_size"}, "more than luck, but whether it is more than the 3 points", id="size"
        ),
        pytest.param(
            {"reason": "unpaired", "unpaired": 14},
            "14 cases have a value in only one of the versions",
            id="unpaired",
        ),
        pytest.param(
            {"reason": "errors_decide", "errors": 3},
            "3 cases ended in an error instead of a value",
            id="errors",
        ),
        pytest.param({"reason": "labels_changed", "kind": "category"}, "got another label", id="labels"),
        pytest.param({"reason": "never_heard_of"}, "We can't tell.", id="unknown code"),
        pytest.param({"needed_cases": None}, "More cases would hardly settle it", id="as large as allowed"),
        pytest.param({"advice": "more trials"}, "repeat each case (--vtrack-repeat=5)", id="more trials"),
        pytest.param({"clusters": 40}, "5 groups got worse and 2 better. With 40 groups", id="groups"),
    ],
)
def test_not_sure_says_why_and_what_would_tell(
    build: SimpleNamespace, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in said(build.compared("not_sure", build.metric(**UNSURE | changes)))


@pytest.mark.parametrize("reason", ["unpaired", "errors_decide", "labels_changed"])
def test_more_cases_are_not_advised_where_they_do_not_help(build: SimpleNamespace, reason: str) -> None:
    assert "To find out" not in said(build.compared("not_sure", build.metric(**UNSURE, reason=reason)))


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("fingerprint", "the scorer changed between v1.2 and v1.3 (re-score v1.2 to compare)"),
        ("kind", "its values are of another kind in v1.3 than in v1.2"),
        ("bounds", "its scale changed between v1.2 and v1.3"),
        ("direction", "v1.2 and v1.3 disagree on whether higher or lower is better"),
        ("no_pairs", "no case has a value in both versions"),
        ("gone_metric", "v1.3 has no such metric any more"),
        ("overflow", "its values are too large to be added up"),
        ("never_heard_of", "never heard of"),
        ("", "correct cannot be compared."),
    ],
)
def test_every_reason_against_comparing_has_words(build: SimpleNamespace, reason: str, sentence: str) -> None:
    compared = build.compared(
        "not_sure", build.metric(verdict="not_comparable", reason=reason), build.HELPFUL
    )
    assert sentence in said(compared)


def test_nothing_comparable_is_said(build: SimpleNamespace) -> None:
    alone = build.metric(verdict="not_comparable", reason="new_metric", gate=False)
    assert (
        said(build.compared("not_sure", alone))
        == "no metric that decides could be compared, so we can't tell."
    )


def test_a_slice_that_is_not_sure_is_named(build: SimpleNamespace) -> None:
    part = SliceResult("topic", "refund", 40, 5, 2, build.metric(**UNSURE))
    text = said(build.compared("not_sure", build.metric(), slices=(part,)))
    assert text.startswith("Among topic=refund, correct: 5 cases got worse")
    assert "about 320 cases" in text


def test_a_slice_that_cannot_be_compared_is_named(build: SimpleNamespace) -> None:
    lost = build.metric(verdict="not_comparable", reason="no_pairs")
    comparison = build.compared(
        "not_sure", build.metric(), slices=(SliceResult("topic", "x", 9, 0, 0, lost),)
    )
    assert said(comparison) == (
        "Among topic=x, correct cannot be compared: no case has a value in both versions."
    )


def test_other_labels_are_not_the_same_results(build: SimpleNamespace) -> None:
    label = build.metric("tone", "not_sure", kind="category", reason="labels_changed", gate=False)
    same = replace(label, verdict="ok", reason="identical")
    assert said(build.compared("ok", build.UNCHANGED, label)) == (
        "all 120 cases gave the same in what decides as in v1.2. Other labels, which do not decide: tone."
    )
    assert said(build.compared("ok", build.UNCHANGED, same, build.LATENCY)) == (
        "all 120 cases gave the same results as in v1.2."
    )


def test_soft_losses_are_told_without_deciding(build: SimpleNamespace) -> None:
    assert said(build.improved()).endswith("Worse, but soft, so it does not decide: latency (+22 %).")


def test_improvement_says_what_got_fixed(build: SimpleNamespace) -> None:
    assert said(build.improved()).startswith(
        "correct got better: 9 cases that were wrong are now right; 1 went the other way."
    )


def test_names_of_any_length_keep_sentences_readable(build: SimpleNamespace) -> None:
    long = replace(build.regressed(), current=build.make_run("v" * 5000), must_pass_failures=("i" * 5000,))
    assert len(said(long)) < 700
