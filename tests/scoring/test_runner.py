from __future__ import annotations

import asyncio
import json
import math
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_vtrack.model.assessment import Assessment, Feedback, MetricSpec
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.scoring.protocol import scorer
from pytest_vtrack.scoring.runner import ScoringContext, assessment_of, by_hand, run_scorers

SPEC = MetricSpec("s", "version:1", kind="score", tolerance=0.5)


def never(coroutine):
    raise AssertionError("nothing to wait for")


def run(*functions, await_=never, **context):
    scorers = [scorer(each, name=f"s{i}", version=1) for i, each in enumerate(functions)]
    return run_scorers(scorers, ScoringContext(**context), await_=await_)


def returned(value):
    (assessment,) = run(lambda: value)
    return assessment


class Grade(Enum):
    GOOD = "good"


class Mood(StrEnum):
    CALM = "calm"


@pytest.mark.parametrize(
    ("result", "value"),
    [
        (True, True),
        (False, False),
        (0, 0.0),
        (3, 3.0),
        (0.25, 0.25),
        ("polite", "polite"),
        ("", ""),
        (None, None),
        (Grade.GOOD, "good"),
        (Mood.CALM, "calm"),
        (Decimal("0.5"), 0.5),
        (Fraction(1, 4), 0.25),
        (numpy.bool_(False), False),
        (numpy.float64(0.5), 0.5),
        (numpy.float32(0.5), 0.5),
        (numpy.int64(7), 7.0),
        (numpy.array(0.5), 0.5),
        (numpy.str_("a"), "a"),
        (Feedback(0.5), 0.5),
        ([Feedback(True)], True),
        ((Feedback("a"),), "a"),
        ([], None),
    ],
    ids=lambda value: f"{type(value).__name__}({value})"[:30],
)
def test_what_a_scorer_may_return(result, value):
    assessment = returned(result)
    assert (assessment.value, assessment.error) == (value, None)
    assert type(assessment.value) is type(value)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (math.nan, "returned nan; a score is a finite number, or None when there is nothing to say"),
        (math.inf, "returned inf; a score is a finite number"),
        (-1e151, "returned -1e+151; a score is a number between -1e+150 and 1e+150"),
        (-math.inf, "returned -inf; a score is"),
        (numpy.float64("nan"), "returned nan; a score is"),
        (10**400, "int too large to convert to float"),
        (
            1j,
            "returned a complex; a scorer returns a bool, a number, a text, Feedback, a list of",
        ),
        (numpy.complex64(1), "returned a complex; "),
        ({"a": 1}, "returned a dict; a scorer returns"),
        (b"yes", "returned a bytes; a scorer returns"),
        (object(), "returned a object; a scorer returns"),
        (numpy.array([1.0]), "returned a ndarray; a scorer returns"),
        ([True], "returned a list of bool; a scorer returns"),
        ([Feedback(1), 0.5, "a"], "returned a list of Feedback, float, str; a scorer returns"),
        ("\ud800", "surrogates not allowed"),
        (Feedback(math.nan), "returned nan; a score is"),
        (Feedback(None, error="judge timed out"), "judge timed out"),
        (Feedback(1.0, error="judge timed out"), "judge timed out"),
        (Feedback(None, error=""), ""),
        (Feedback(None, error="\ud800"), "\\ud800"),
        (Feedback(True, name=""), "Feedback: name='' cannot name a metric"),
        (Feedback(True, name="latency"), "Feedback: the name 'latency' is taken"),
        (Feedback(True, name=["a"]), "unhashable"),
        (Feedback(True, source="robot"), "source='robot' must be one of code, llm_judge, human"),
        (Feedback(True, metadata=3), "metadata=3 must be a mapping"),
    ],
    ids=lambda value: f"{type(value).__name__}"[:30],
)
def test_what_is_no_value_is_an_error_and_never_a_zero(result, message):
    assessment = returned(result)
    assert assessment.value is None
    assert message in assessment.error
    assert assessment.error.encode() is not None


def fail(error):
    raise error


class Broken(Exception):
    def __str__(self):
        raise RuntimeError("no text either")


class Outcome(BaseException):
    """As the outcomes of assertion helpers are, such as those of pytest.fail."""


def test_an_exception_is_an_error_with_the_line_of_the_user():
    def strict(expectations):
        return json.loads(expectations["answer"])

    missing, malformed = (run(strict, expectations={name: "{"})[0] for name in ("question", "answer"))
    line = strict.__code__.co_firstlineno + 1
    place = f'(test_runner.py:{line}, in strict: return json.loads(expectations["answer"]))'
    assert missing.error == f"KeyError: 'answer' {place}"
    assert malformed.error.startswith("JSONDecodeError: Expecting property name")
    assert malformed.error.endswith(place)
    assert (missing.value, malformed.value) == (None, None)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("bad"), "ValueError: bad (test_runner.py:"),
        (ValueError(), "ValueError (test_runner.py:"),
        (Broken(), "Broken (test_runner.py:"),
        (Outcome("stop"), "Outcome: stop (test_runner.py:"),
        (asyncio.CancelledError(), "CancelledError (test_runner.py:"),
        (AssertionError("\ud800"), "AssertionError: \\ud800 (test_runner.py:"),
        (SystemExit(0), "SystemExit: 0 (test_runner.py:"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_exception_of_a_scorer_gets_out(error, text):
    (assessment,) = run(lambda: fail(error))
    assert assessment.error.startswith(text)


def test_a_wish_to_stop_does():
    with pytest.raises(KeyboardInterrupt):
        run(lambda: fail(KeyboardInterrupt))


def test_an_error_without_source_names_the_place():
    namespace = {}
    exec(compile("def f():\n    1 / 0", "<made>", "exec"), namespace)
    (assessment,) = run(namespace["f"])
    assert assessment.error == "ZeroDivisionError: division by zero (<made>:2, in f)"


def test_one_failure_leaves_the_others():
    values = run(lambda: True, lambda: fail(ValueError("x")), lambda: 0.5)
    assert [each.value for each in values] == [True, None, 0.5]
    assert [each.metric.name for each in values] == ["s0", "s1", "s2"]


def test_scorers_get_what_they_ask_for():
    case = Case({"q": 1})
    context = {
        "inputs": {"q": 1},
        "outputs": "o",
        "expectations": {"a": 1},
        "trace": Trace(),
        "tags": {"t": "1"},
        "case": case,
        "baseline": Trace(outputs="b"),
    }
    seen = []

    def everything(**given):
        seen.append(given)

    def two(outputs, *, tags, limit=3):
        seen.append((outputs, tags, limit))

    run(everything, two, **context)
    assert seen == [context, ("o", {"t": "1"}, 3)]
    assert seen[0]["case"] is case


def test_the_baseline_is_looked_up_once_and_only_when_asked_for():
    calls = []

    def lookup():
        calls.append(1)
        return Trace(outputs="before")

    run(lambda outputs: True, baseline=lookup)
    assert calls == []
    first, second = run(lambda baseline: baseline.outputs, lambda baseline: baseline.outputs, baseline=lookup)
    assert (first.value, second.value, calls) == ("before", "before", [1])


def test_a_case_without_baseline_has_none():
    assert run(lambda baseline: baseline is None)[0].value is True


def test_a_baseline_that_cannot_be_read_is_the_error_of_those_that_ask_for_it():
    asks, other = run(lambda baseline: True, lambda: True, baseline=lambda: fail(OSError("locked")))
    assert asks.error.startswith("OSError: locked")
    assert other.value is True


def test_async_scorers_are_awaited():
    async def slow(outputs):
        await asyncio.sleep(0)
        return outputs == "x"

    async def wrong():
        raise ValueError("inside")

    right, failed, plain = run(slow, wrong, lambda: 0.5, await_=asyncio.run, outputs="x")
    assert (right.value, plain.value) == (True, 0.5)
    assert failed.error.startswith("ValueError: inside (test_runner.py:")


def test_any_awaitable_is_awaited():
    class Later:
        def __await__(self):
            yield from asyncio.sleep(0).__await__()
            return 0.5

    assert run(lambda: Later(), await_=asyncio.run)[0].value == 0.5


def test_async_scorers_are_awaited_together_and_keep_their_places():
    met = asyncio.Event()

    async def waits():
        await asyncio.wait_for(met.wait(), 5)
        return [Feedback(1.0, name="one"), Feedback(2.0, name="two")]

    async def comes():
        met.set()
        return "came"

    async def fails():
        raise ValueError("no")

    found = run(lambda: 0.5, waits, lambda: None, fails, comes, lambda: True, await_=asyncio.run)
    said = [(each.metric.name, each.value, (each.error or "")[:14]) for each in found]
    assert said == [
        ("s0", 0.5, ""),
        ("one", 1.0, ""),
        ("two", 2.0, ""),
        ("s2", None, ""),
        ("s3", None, "ValueError: no"),
        ("s4", "came", ""),
        ("s5", True, ""),
    ]


def test_a_wish_to_stop_ends_async_scorers_as_well():
    async def stops():
        raise KeyboardInterrupt

    async def never_ends():
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run(stops, never_ends, await_=asyncio.run)


def test_an_async_scorer_that_ends_the_process_is_an_error_of_its_own():
    async def leaves():
        raise SystemExit(0)

    async def answer():
        return True

    left, answered = run(leaves, answer, await_=asyncio.run)
    assert left.error.startswith("SystemExit: 0 (test_runner.py:")
    assert answered.value is True


def test_several_coroutines_that_cannot_be_run_are_errors_without_a_warning():
    async def answer():
        return True

    one, other = run(answer, answer)
    assert one.error == other.error
    assert one.error.startswith("AssertionError: nothing to wait for")


def test_a_coroutine_that_cannot_be_run_is_an_error_without_a_warning():
    async def slow():
        return True

    (assessment,) = run(slow, await_=lambda coroutine: fail(RuntimeError("no loop")))
    assert assessment.error.startswith("RuntimeError: no loop")


def test_feedback_keeps_what_it_says():
    (assessment,) = run_scorers(
        [
            scorer(
                lambda: Feedback(0.5, "because", "tone", {"model": "m"}, "llm_judge"),
                name="judge",
                tolerance=0.1,
            )
        ],
        ScoringContext(),
        await_=never,
    )
    assert assessment.metric.name == "tone"
    assert assessment.metric.tolerance == 0.1
    assert assessment.metric.fingerprint.startswith("source:")
    assert (assessment.rationale, assessment.source, assessment.metadata) == (
        "because",
        "llm_judge",
        {"model": "m"},
    )


def test_an_error_keeps_rationale_and_source():
    assessment = returned(Feedback(1.0, "half done", "tone", source="llm_judge", error="timed out"))
    assert assessment.metric.name == "tone"
    assert (assessment.value, assessment.rationale, assessment.source) == (None, "half done", "llm_judge")


def test_rationales_can_always_be_stored():
    assert returned(Feedback(True, "a\ud800b")).rationale == "a\\ud800b"
    assert returned(Feedback(True, 3)).rationale == "3"


def test_several_feedbacks_are_several_metrics():
    values = run(lambda: [Feedback(True, name="a"), Feedback(0.5, name="b"), Feedback("x")])
    assert [(each.metric.name, each.value) for each in values] == [("a", True), ("b", 0.5), ("s0", "x")]


@pytest.mark.parametrize(
    "functions",
    [
        [lambda: [Feedback(True, name="a"), Feedback(False, name="a"), Feedback(1, name="b")]],
        [lambda: Feedback(True, name="a"), lambda: [Feedback(False, name="a"), Feedback(1, name="b")]],
    ],
    ids=["one scorer", "two scorers"],
)
def test_two_values_of_one_name_are_an_error(functions):
    clash, other = run(*functions)
    assert (clash.metric.name, clash.value, other.value) == ("a", None, 1.0)
    assert clash.error == "2 values of one case are called 'a' (True, False); each needs its own name"


def test_two_feedbacks_without_name_are_an_error():
    (clash,) = run(lambda: [Feedback(True), Feedback(None, error="late")])
    assert clash.error == "2 values of one case are called 's0' (True, late); each needs its own name"


def test_specs_are_shared():
    judge = scorer(lambda: [Feedback(True, name="a"), Feedback(True)], name="judge")
    first, second = (run_scorers([judge], ScoringContext(), await_=never) for _ in range(2))
    assert first[0].metric is second[0].metric
    assert first[1].metric is judge.spec


def test_a_value_given_by_hand_is_an_assessment():
    assert assessment_of(SPEC, 1) == Assessment(SPEC, 1.0)
    assert assessment_of(SPEC, True, rationale="r", metadata={"a": 1}, source="human") == Assessment(
        SPEC, True, "r", None, "human", {"a": 1}
    )
    assert assessment_of(SPEC, math.nan, rationale="r").error.startswith("returned nan")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | inner.map(Feedback),
)


@settings(deadline=None)
@given(ANYTHING)
def test_whatever_is_returned_becomes_one_storable_assessment(value):
    assessment = returned(value)
    match assessment.value:
        case bool() | None:
            pass
        case float():
            assert math.isfinite(assessment.value)
        case text:
            text.encode()
    assert assessment.value is None or assessment.error is None
    if value is not None and value != [] and not isinstance(value, Feedback | list):
        assert (assessment.value is None) == (assessment.error is not None)


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        (MetricSpec("seconds", "f", better="lower", kind="latency", bounds=(0, 60)), 60),
        (MetricSpec("price", "f", better="lower", kind="cost", bounds=(0, 0.5)), 0.5),
        (MetricSpec("seconds", "f", better="lower", kind="latency"), None),
        (MetricSpec("score", "f", bounds=(0, 1)), None),
    ],
    ids=["latency with a cap", "cost with a cap", "no cap", "no time"],
)
def test_what_never_ended_counts_as_the_declared_cap(spec, value):
    assessment = assessment_of(spec, math.inf)
    assert assessment.value == value
    assert (assessment.error is None) == (value is not None)


def test_feedback_by_hand_may_not_take_a_built_in_name():
    (assessment,) = by_hand([Feedback(True, name="passed")])
    assert assessment.metric.name == "feedback"
    assert "the name 'passed' is taken" in assessment.error
