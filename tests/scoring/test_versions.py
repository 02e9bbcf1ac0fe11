from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_vtrack import exact_match, scorer, unchanged
from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import Feedback
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.scoring.protocol import as_scorer
from pytest_vtrack.scoring.regression import regression_detector


def before(outputs, **more):
    return Trace(outputs=outputs, **more)


# unchanged


@pytest.mark.parametrize(
    ("settings", "now", "then", "same"),
    [
        ({}, "a b", "a b", True),
        ({}, "a b", "A b", False),
        ({}, {"x": 1, "y": [1]}, {"y": [1.0], "x": 1}, True),
        ({}, 1, True, False),
        ({}, None, "a", False),
        ({"how": "normalized"}, "The cat, sat!", "cat sat", True),
        ({"how": "normalized"}, "The cat sat", "The dog sat", False),
        ({"how": "similarity"}, "abcdefghij", "abcdefghix", True),
        ({"how": "similarity"}, "abcdefghij", "abcdefghxx", False),
        ({"how": "similarity", "at_least": 0.8}, "abcdefghij", "abcdefghxx", True),
        ({"how": "similarity", "at_least": 1}, "ab", "ab", True),
        ({"output": "text"}, {"text": "a", "id": 1}, {"text": "a", "id": 2}, True),
        ({"output": "text"}, {"text": "a"}, {"text": "b"}, False),
    ],
)
def test_unchanged_compares_with_the_baselines_output(scored, settings, now, then, same):
    said = scored(unchanged(**settings), outputs=now, baseline=before(then))
    assert (said.value, said.error) == (same, None)


@dataclass
class Answer:
    text: str
    at: date


@pytest.mark.parametrize(
    "output",
    [
        {1: "a"},
        {"at": date(2026, 1, 2)},
        Answer("é", date(2026, 1, 2)),
        [Answer("a", date.min)],
        float("nan"),
    ],
    ids=["keys", "date", "object", "list", "nan"],
)
@pytest.mark.parametrize("how", ["exact", "normalized", "similarity"])
def test_what_is_stored_otherwise_is_unchanged_all_the_same(scored, how, output):
    stored = payload.decode(payload.encode(output, "outputs").text)
    assert scored(unchanged(how), outputs=output, baseline=before(stored)).value is True


def test_unchanged_has_nothing_to_say_of_what_cannot_be_stored(scored):
    said = scored("unchanged", outputs=object(), baseline=before({"$unserialisable": "builtins.object"}))
    assert (said.value, said.error) == (None, None)


@pytest.mark.parametrize("baseline", [None, before(None), before(None, status="error", error="boom")])
def test_unchanged_has_nothing_to_say_without_a_baselines_output(scored, baseline):
    assert (scored("unchanged", baseline=baseline).value, scored("unchanged", baseline=baseline).error) == (
        None,
        None,
    )


def test_a_part_that_one_of_the_outputs_lacks_is_an_error(scored):
    said = scored(unchanged(output="text"), outputs={"text": "a"}, baseline=before({"a": 1, "b": 2}))
    assert "the outputs have no 'text'" in said.error


@settings(max_examples=30)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_what_put_out_the_same_is_unchanged_however_it_is_compared(output):
    for how in ("exact", "normalized", "similarity"):
        assert unchanged(how)(output, before(output)) is (None if output is None else True)


def test_unchanged_declares_what_it_is():
    spec = as_scorer(unchanged(name="same"), where="").spec
    assert (spec.name, spec.kind, spec.better) == ("same", "bool", "higher")
    kinds = [
        unchanged(),
        unchanged("normalized"),
        unchanged("similarity"),
        unchanged("similarity", at_least=0.5),
        unchanged(output="a"),
    ]
    assert len({each.fingerprint for each in kinds}) == len(kinds)
    assert unchanged("similarity").fingerprint == unchanged("similarity", at_least=0.9).fingerprint


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"how": "close"}, "how='close' must be one of 'exact', 'normalized', 'similarity'"),
        ({"at_least": 0.9}, "at_least=0.9 goes with how='similarity', not with 'exact'"),
        ({"how": "similarity", "at_least": 2}, "at_least=2 must be a number from 0 to 1"),
        ({"how": "similarity", "at_least": True}, "at_least=True must be a number"),
        ({"output": 3}, "output=3 must be a name"),
    ],
)
def test_what_unchanged_cannot_be_is_refused(settings, message):
    with pytest.raises(ScorerError, match=r"^unchanged: ") as refused:
        unchanged(**settings)
    assert message in str(refused.value)


# regression_detector


def length(outputs):
    return len(outputs)


@pytest.mark.parametrize(
    ("declared", "settings", "now", "then", "worse"),
    [
        ({}, {}, "ab", "abc", True),
        ({}, {}, "abc", "abc", False),
        ({}, {}, "abcd", "abc", False),
        ({"better": "lower"}, {}, "abcd", "abc", True),
        ({"better": "lower"}, {}, "ab", "abc", False),
        ({"tolerance": 1}, {}, "ab", "abc", False),
        ({"tolerance": 1}, {}, "a", "abc", True),
        ({"tolerance": 1}, {"tolerance": 0}, "ab", "abc", True),
        ({"kind": "tokens"}, {"tolerance": 0.5}, "a" * 15, "a" * 10, False),
        ({"kind": "tokens"}, {"tolerance": 0.5}, "a" * 16, "a" * 10, True),
    ],
)
def test_a_case_is_worse_when_its_metric_is_beyond_the_tolerance(
    scored, declared, settings, now, then, worse
):
    detector = regression_detector(scorer(length, **declared), **settings)
    said = scored(detector, outputs=now, baseline=before(then))
    assert (said.value, said.error) == (worse, None)
    assert said.metadata == {"baseline": len(then), "current": len(now)}
    assert said.rationale == f"length: {len(now)}, in the baseline {len(then)}"


@pytest.mark.parametrize("baseline", [None, before(None)])
def test_a_detector_has_nothing_to_say_without_a_baselines_output(scored, baseline):
    assert scored(regression_detector(length), baseline=baseline).value is None


def test_a_detector_scores_the_baselines_trace_against_the_expectations_of_now(scored):
    detector = regression_detector("exact_match")
    said = scored(detector, outputs="Bern", expectations={"answer": "Rome"}, baseline=before("Rome"))
    assert (said.value, said.metric.name) == (True, "exact_match_regressed")

    def seconds(trace):
        return trace.duration_s

    slower = regression_detector(scorer(seconds, kind="latency", tolerance=0.1))
    traces = {"trace": Trace(outputs="a", duration_s=1.2), "baseline": before("a", duration_s=1.0)}
    assert scored(slower, **traces).value is True


def test_rounding_is_no_regression(scored):
    detector = regression_detector(scorer(lambda outputs: outputs, name="x"))
    assert scored(detector, outputs=0.3, baseline=before(0.1 + 0.2)).value is False


async def judged(outputs):
    return Feedback(len(outputs))


@pytest.mark.parametrize(
    "metric", [judged, scorer(judged, timeout=5), lambda outputs: Feedback(len(outputs))]
)
def test_a_metric_may_be_asynchronous_and_return_feedback(scored, metric):
    detector = regression_detector(scorer(metric, name="m") if not hasattr(metric, "spec") else metric)
    assert scored(detector, outputs="a", baseline=before("ab")).value is True


@pytest.mark.parametrize(
    ("metric", "error"),
    [
        (lambda outputs: 1 / (len(outputs) - 2), "ZeroDivisionError"),
        (lambda outputs: "polite", "m of the baseline's output: 'polite' is a category, which has no order"),
        (lambda outputs: [Feedback(1)], "m of the baseline's output: returned a list"),
        (lambda outputs: Feedback(None, error="no"), "m of the baseline's output: no"),
    ],
)
def test_a_metric_that_fails_for_one_of_the_two_is_an_error(scored, metric, error):
    said = scored(regression_detector(scorer(metric, name="m")), outputs="abc", baseline=before("ab"))
    assert said.value is None
    assert error in said.error


def test_a_metric_that_says_nothing_about_one_of_the_two_leaves_nothing_to_compare(scored):
    detector = regression_detector(scorer(lambda outputs: len(outputs) or None, name="m"))
    assert scored(detector, outputs="abc", baseline=before("")).value is None


def test_a_detector_declares_what_its_metric_needs_and_is():
    def right(outputs, expectations, tags):
        return True

    declared = as_scorer(regression_detector(scorer(right, paid=True)), where="")
    assert declared.parameters == ("outputs", "expectations", "tags", "baseline")
    assert (declared.name, declared.spec.better, declared.spec.kind) == ("right_regressed", "lower", "bool")
    assert declared.paid
    assert not as_scorer(regression_detector(right), where="").paid


def test_a_detectors_fingerprint_is_that_of_its_metric_and_what_worse_means():
    kinds = [
        regression_detector(length),
        regression_detector("exact_match"),
        regression_detector(scorer(length, better="lower")),
        regression_detector(scorer(length, kind="tokens", better="higher")),
        regression_detector(length, tolerance=1),
    ]
    assert len({each.fingerprint for each in kinds}) == len(kinds)
    assert regression_detector(length, name="other").fingerprint == kinds[0].fingerprint
    assert regression_detector(scorer(length, tolerance=1)).fingerprint == kinds[-1].fingerprint


@pytest.mark.parametrize(
    ("metric", "settings", "message"),
    [
        (lambda baseline: 1, {}, "a lambda has no name"),
        (scorer(lambda baseline: 1, name="b"), {}, "'b' compares with the baseline already; use it as it is"),
        (length, {"tolerance": -1}, "tolerance=-1 must be a finite number from 0 up"),
        (length, {"tolerance": float("nan")}, "tolerance=nan must be"),
        (3, {}, "3 is not a scorer"),
        ("exact_mach", {}, "nearest: exact_match"),
    ],
)
def test_what_a_detector_cannot_be_is_refused(metric, settings, message):
    with pytest.raises(ScorerError, match=r"^regression_detector: ") as refused:
        regression_detector(metric, **settings)
    assert message in str(refused.value)


def test_a_detector_of_a_built_in_as_it_is_scores_like_it(scored):
    said = scored(
        regression_detector(exact_match), outputs="a", expectations={"answer": "a"}, baseline=before("b")
    )
    assert said.value is False
