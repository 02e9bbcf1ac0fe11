"""DeepEval: objects with ``measure`` and ``a_measure``, which keep what they found in themselves."""

from __future__ import annotations

import inspect
from copy import copy
from typing import Any

from pytest_vtrack.model.assessment import Direction, Feedback
from pytest_vtrack.scoring.configured import library
from pytest_vtrack.scoring.foreign.given import (
    Given,
    Meaning,
    answer,
    contexts,
    expected,
    expected_contexts,
    question,
)
from pytest_vtrack.scoring.foreign.library_scorer import LibraryScorer, need, source_of, then
from pytest_vtrack.scoring.foreign.mark import mark_of, settings_of
from pytest_vtrack.scoring.foreign.recognition import top_package
from pytest_vtrack.scoring.measures import Measures
from pytest_vtrack.scoring.tool_calls import ToolCall, calls_expected, calls_made

_TEXTS: dict[str, Meaning] = {"input": question, "actual_output": answer, "expected_output": expected}
_LISTS: dict[str, Meaning] = {"context": expected_contexts, "retrieval_context": contexts}
_TOOLS = ("tools_called", "expected_tools")
FIELDS = (*_TEXTS, *_LISTS, *_TOOLS)
_FOUND = (
    *("score", "score_breakdown", "reason", "success", "error", "confidence", "skipped", "verbose_logs"),
    *("evaluation_cost", "input_tokens", "output_tokens", "precision", "recall", "f1"),
    *("verbose_mode", "async_mode"),
)
"""What a metric found, or how it prints: no configuration."""


def adapt(metric: Any, base: type, *, where: str) -> LibraryScorer:
    """Return the scorer that a metric stands for.

    :raises ScorerError: it has not what DeepEval's metrics have.
    """
    need(metric, "measure", "a_measure", "is_successful", where=where, library="deepeval")
    of_library = top_package(type(metric)) == "deepeval"
    # A threshold of the library's metrics says what passes, and changes no score.
    left_out = (*_FOUND, "threshold") if of_library else _FOUND
    configuration = {name: value for name, value in settings_of(metric).items() if name not in left_out}
    measures = Measures(better=_better(metric), bounds=(0.0, 1.0) if of_library else None)

    def judge(given: Given) -> Any:
        own = copy(metric)  # two cases at once would overwrite each other's score
        return then(_measured(own, base, _test_case(given)), lambda score: _feedback(own, score))

    mark = mark_of(metric, base, configuration)
    return LibraryScorer(_name(metric), mark, judge, measures, _is_paid(metric), FIELDS)


def _measured(metric: Any, base: Any, test_case: Any) -> Any:
    is_async = type(metric).a_measure is not base.a_measure and metric.async_mode
    function = metric.a_measure if is_async else metric.measure
    quiet = "_show_indicator" in inspect.signature(function).parameters
    return function(test_case, **({"_show_indicator": False} if quiet else {}))


def _test_case(given: Given) -> Any:
    texts = {name: given.text(name, meaning) for name, meaning in _TEXTS.items()}
    lists = {name: given.value(name, meaning) for name, meaning in _LISTS.items()}
    tools = {name: _tools(given, name) for name in _TOOLS}
    found = {name: value for name, value in (texts | lists | tools).items() if value is not None}
    return library("deepeval.test_case").LLMTestCase(**found, name=given.case.id if given.case else None)


def _tools(given: Given, name: str) -> Any:
    if name in given.reads:
        return given.value(name)
    if name == "tools_called":
        calls = calls_made(given.trace) if given.trace is not None and given.trace.spans else None
    else:
        listed = next((given.expectations[key] for key in _EXPECTED if key in given.expectations), None)
        calls = None if listed is None else calls_expected(listed)
    return None if calls is None else [_call(each) for each in calls]


_EXPECTED = ("expected_tools", "tool_calls", "tools")


def _call(call: ToolCall) -> Any:
    arguments = call.arguments if isinstance(call.arguments, dict) else None
    return library("deepeval.test_case").ToolCall(name=call.name, input_parameters=arguments)


def _feedback(metric: Any, score: Any) -> Feedback:
    value = metric.score if metric.score is not None else score
    if metric.error is not None:
        return Feedback(None, error=str(metric.error))
    about = {
        "threshold": metric.threshold,
        "passed": _passes(metric),
        "cost": getattr(metric, "evaluation_cost", None),
    }
    found = {name: each for name, each in about.items() if each is not None}
    return Feedback(value, metric.reason, metadata=found, source=source_of(paid=_is_paid(metric)))


def _better(metric: Any) -> Direction:
    """Ask the metric which of two scores passes: some have a threshold that may not be exceeded."""
    return "lower" if [_would_pass(metric, score) for score in (0.0, 1.0)] == [True, False] else "higher"


def _would_pass(metric: Any, score: float) -> bool | None:
    own = copy(metric)
    try:
        own.score, own.threshold, own.error, own.success = score, 0.5, None, None
    except AttributeError:  # a property of somebody's own metric
        return None
    return _passes(own)


def _passes(metric: Any) -> bool | None:
    """Return the metric's own verdict; one that it cannot give does not spoil its score."""
    try:
        passes: bool | None = metric.is_successful()
    except Exception:  # what a metric of the user's own does here is not known
        return None
    return passes


def _is_paid(metric: Any) -> bool:
    return any(getattr(metric, name, None) is not None for name in ("model", "evaluation_model"))


def _name(metric: Any) -> str:
    own = getattr(metric, "__name__", None)
    return own if isinstance(own, str) and own != "Base Metric" else type(metric).__name__
