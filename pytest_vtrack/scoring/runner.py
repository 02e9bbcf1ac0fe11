"""Running scorers over one trace: whatever they return or raise becomes an assessment."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from typing import Any, get_args

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import (
    LARGEST,
    RATIO_KINDS,
    Assessment,
    Feedback,
    MetricSpec,
    Source,
    Value,
)
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.scorer_spans import of_metric
from pytest_vtrack.model.trace import Span, Trace
from pytest_vtrack.scoring.declaration import check_metric_name
from pytest_vtrack.scoring.failure import failure_text, storable
from pytest_vtrack.scoring.protocol import Scorer

_NUMBERS = frozenset({float, int})
_SOURCES: tuple[str, ...] = get_args(Source)
BY_HAND = "by hand"
"""The fingerprint of metrics that no scorer computes; their values always pair."""
NO_OUTPUTS = "the test recorded no outputs to score"
"""How the error of scorers begins that had nothing to score."""
_RETURNS = "a scorer returns a bool, a number, a text, Feedback, a list of Feedback, or None"


@dataclass(frozen=True, slots=True)
class ScoringContext:
    """What a scorer may ask for: the case, and what the application did with it."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Any = None
    expectations: Mapping[str, Any] = field(default_factory=dict)
    trace: Trace | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    case: Case | None = None
    baseline: Trace | Callable[[], Trace | None] | None = None
    """The baseline's trace of the same case; a function is called once, when a scorer asks for it."""
    masked: Callable[[Any], Any] | None = None
    """Returns outputs with the secrets in them masked, as those of the baseline are."""

    def beside_baseline(self) -> dict[str, Any]:
        """Return the baseline's trace, and the outputs that are compared with it."""
        baseline = self.baseline() if callable(self.baseline) else self.baseline
        outputs = self.outputs if baseline is None or self.masked is None else self.masked(self.outputs)
        return {"baseline": baseline, "outputs": outputs}


def run_scorers(
    scorers: Iterable[Scorer],
    context: ScoringContext,
    *,
    await_: Callable[[Coroutine[Any, Any, Any]], Any],
) -> list[Assessment]:
    """Return what every scorer says, in their order; one that fails gives an assessment with its error.

    Asynchronous scorers are awaited together, after the others.

    :param await_: runs a coroutine to its end.
    """
    given: dict[str, Any] = {
        "inputs": context.inputs,
        "outputs": context.outputs,
        "expectations": context.expectations,
        "trace": context.trace,
        "tags": context.tags,
        "case": context.case,
    }
    compared: dict[str, Any] = {}
    assessments: list[Assessment] = []
    waiting: dict[int, tuple[MetricSpec, Any]] = {}
    for scorer in scorers:
        try:
            told = given
            if "baseline" in scorer.parameters:
                told = compared = compared or given | context.beside_baseline()
            result = scorer.function(**{name: told[name] for name in scorer.parameters})
            if result is True or result is False:
                assessments.append(Assessment(scorer.spec, result))
                continue
            if type(result) in _NUMBERS and -LARGEST < result < LARGEST:
                assessments.append(Assessment(scorer.spec, float(result)))
                continue
            if hasattr(result, "__await__"):
                waiting[len(assessments)] = scorer.spec, result
                result = None
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a failing assertion helper may raise outside of Exception
            assessments.append(Assessment(scorer.spec, None, error=failure_text(error)))
        else:
            assessments += _assessments(scorer.spec, result)
    return _once_per_name(_with_awaited(assessments, waiting, await_) if waiting else assessments)


def assessment_of(
    spec: MetricSpec,
    value: object,
    *,
    rationale: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    source: Source = "code",
) -> Assessment:
    """Return one value as an assessment; what is no value is its error, never a number in its place.

    Numbers become floats, numpy scalars and members of an Enum what they hold.
    """
    try:
        plain, error = _plain(_capped(spec, value)), None
    except (TypeError, ValueError, OverflowError) as problem:
        plain, error = None, str(problem)
    return Assessment(spec, plain, rationale, error, source, metadata or {})


def _capped(spec: MetricSpec, value: object) -> object:
    """Return the declared upper bound for a time or an amount that never ended."""
    timed_out = spec.kind in RATIO_KINDS and isinstance(value, float) and value == math.inf
    return spec.bounds[1] if timed_out and spec.bounds else value


def _assessments(spec: MetricSpec, result: object) -> list[Assessment]:
    if isinstance(result, (list, tuple)):
        if all(isinstance(each, Feedback) for each in result):
            return [_judged(spec, each) for each in result] or [Assessment(spec, None)]
        kinds = ", ".join(sorted({type(each).__name__ for each in result}))
        return [Assessment(spec, None, error=f"returned a {type(result).__name__} of {kinds}; {_RETURNS}")]
    return [_judged(spec, result) if isinstance(result, Feedback) else assessment_of(spec, result)]


def _judged(spec: MetricSpec, feedback: Feedback) -> Assessment:
    try:
        metric = spec if feedback.name is None else _named(spec, feedback.name)
        _check_feedback(feedback)
    except (ScorerError, TypeError) as problem:
        return Assessment(spec, None, error=storable(problem))
    rationale = None if feedback.rationale is None else storable(feedback.rationale)
    if feedback.error is not None:
        error = storable(feedback.error)
        said = Assessment(metric, None, rationale, error, feedback.source, feedback.metadata)
    else:
        said = assessment_of(
            metric, feedback.value, rationale=rationale, metadata=feedback.metadata, source=feedback.source
        )
    return replace(said, spans=of_metric(feedback.spans, metric.name)) if feedback.spans else said


def _check_feedback(feedback: Feedback) -> None:
    if feedback.source not in _SOURCES:
        raise ScorerError(f"Feedback: source={feedback.source!r} must be one of {', '.join(_SOURCES)}")
    if not isinstance(feedback.metadata, Mapping):
        raise ScorerError(f"Feedback: metadata={feedback.metadata!r} must be a mapping")
    if feedback.spans and not (isinstance(feedback.spans, tuple) and all(map(_is_span, feedback.spans))):
        raise ScorerError(f"Feedback: spans={feedback.spans!r} must be a tuple of Span")


def _is_span(value: object) -> bool:
    return isinstance(value, Span)


@lru_cache(maxsize=1024)
def _named(spec: MetricSpec, name: str) -> MetricSpec:
    return spec if name == spec.name else replace(spec, name=check_metric_name(name, where="Feedback"))


def _plain(value: Any) -> Value | None:
    if isinstance(value, Enum):
        value = value.value
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()  # a numpy scalar, or an array or tensor without dimensions
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        value.encode()  # a lone surrogate cannot be stored
        return str(value)
    if not hasattr(type(value), "__float__") or hasattr(type(value), "__len__"):
        raise TypeError(f"returned a {type(value).__name__}; {_RETURNS}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(
            f"returned {number}; a score is a finite number, or None when there is nothing to say"
        )
    if abs(number) > LARGEST:
        raise ValueError(f"returned {number:g}; a score is a number between -{LARGEST:g} and {LARGEST:g}")
    return number


def _once_per_name(assessments: list[Assessment]) -> list[Assessment]:
    """Put an error in place of values that claim one metric: neither could be told from the other."""
    by_name: dict[str, list[Assessment]] = {}
    for each in assessments:
        by_name.setdefault(each.metric.name, []).append(each)
    if len(by_name) == len(assessments):
        return assessments
    return [same[0] if len(same) == 1 else _clash(name, same) for name, same in by_name.items()]


def _clash(name: str, same: list[Assessment]) -> Assessment:
    values = ", ".join(repr(each.value) if each.error is None else each.error for each in same)
    return Assessment(
        same[0].metric,
        None,
        error=f"{len(same)} values of one case are called {name!r} ({values}); each needs its own name",
        spans=tuple(span for each in same for span in each.spans),
    )


def _with_awaited(
    assessments: list[Assessment],
    waiting: Mapping[int, tuple[MetricSpec, Any]],
    await_: Callable[[Coroutine[Any, Any, Any]], Any],
) -> list[Assessment]:
    """Put what is awaited where something else holds its place."""
    specs, awaitables = zip(*waiting.values(), strict=True)
    outcomes = _run(awaitables, await_)
    said = {
        place: [Assessment(spec, None, error=error)] if error else _assessments(spec, result)
        for place, spec, (result, error) in zip(waiting, specs, outcomes, strict=True)
    }
    return [each for place, held in enumerate(assessments) for each in said.get(place, (held,))]


class _WishToStop(Exception):
    """Takes what no event loop can carry out of it: it would leave its tasks behind."""


def _run(
    awaitables: Sequence[Any], await_: Callable[[Coroutine[Any, Any, Any]], Any]
) -> Sequence[tuple[Any, str | None]]:
    """Return the result or the error of each."""
    together = _outcomes(awaitables)
    try:
        found: Sequence[tuple[Any, str | None]] = await_(together)
    except ExceptionGroup as wishes:
        raise wishes.exceptions[0].__cause__ or wishes from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # nothing can be awaited here
        return [(None, failure_text(error))] * len(awaitables)
    finally:
        for each in (together, *awaitables):
            if isinstance(each, Coroutine):
                each.close()  # one that was never started would warn
    return found


async def _outcomes(awaitables: Sequence[Any]) -> Sequence[tuple[Any, str | None]]:
    import asyncio

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_outcome(each)) for each in awaitables]
    return [task.result() for task in tasks]


async def _outcome(awaitable: Any) -> tuple[Any, str | None]:
    try:
        return await awaitable, None
    except KeyboardInterrupt as wish:
        raise _WishToStop from wish
    except BaseException as error:
        return None, failure_text(error)


def by_hand(feedback: Iterable[Feedback]) -> list[Assessment]:
    """Return feedback that a test or a hook gave itself as assessments; each needs a name."""
    unnamed = MetricSpec("feedback", BY_HAND)
    return _once_per_name([_judged(unnamed, each) for each in feedback])
