"""pydantic-evals: dataclasses with ``evaluate(ctx)``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pytest_vtrack.model.assessment import Feedback
from pytest_vtrack.model.trace import Span, Trace
from pytest_vtrack.scoring.configured import library
from pytest_vtrack.scoring.foreign.given import Given, Meaning, answer, expected
from pytest_vtrack.scoring.foreign.library_scorer import LibraryScorer, need, source_of, then
from pytest_vtrack.scoring.foreign.mark import mark_of, settings_of
from pytest_vtrack.scoring.foreign.recognition import top_package

_MEANINGS: dict[str, Meaning] = {
    "inputs": lambda given, _: given.inputs,
    "output": answer,
    "expected_output": expected,
    "metadata": lambda given, _: dict(given.tags),
}
FIELDS = tuple(_MEANINGS)


def adapt(evaluator: Any, base: type, *, where: str) -> LibraryScorer:
    """Return the scorer that an evaluator stands for.

    :raises ScorerError: it has not what the library's evaluators have.
    """
    need(evaluator, "evaluate", "get_default_evaluation_name", where=where, library="pydantic-evals")
    paid = top_package(type(evaluator)) == "pydantic_evals" and hasattr(evaluator, "model")
    revision = getattr(evaluator, "get_evaluator_version", lambda: None)()
    settings = {name: each for name, each in settings_of(evaluator).items() if name != "evaluation_name"}
    configuration = settings | ({"version": revision} if revision is not None else {})

    def judge(given: Given) -> Any:
        return then(evaluator.evaluate(_context(given)), lambda result: _feedback(result, paid=paid))

    name = evaluator.get_default_evaluation_name()
    return LibraryScorer(name, mark_of(evaluator, base, configuration), judge, paid=paid, fields=FIELDS)


def _context(given: Given) -> Any:
    return library("pydantic_evals.evaluators").EvaluatorContext(
        name=given.case.id if given.case else None,
        **{name: given.value(name, meaning) for name, meaning in _MEANINGS.items()},
        duration=given.trace.duration_s if given.trace else 0.0,
        _span_tree=_tree(given.trace),
        attributes={},
        metrics={},
    )


def _tree(trace: Trace | None) -> Any:
    tree = library("pydantic_evals.otel.span_tree").SpanTree()
    if trace is not None:
        tree.add_spans([_node(span) for span in trace.spans])
    return tree


def _node(span: Span) -> Any:
    return library("pydantic_evals.otel.span_tree").SpanNode(
        name=span.name,
        trace_id=1,
        span_id=int(span.span_id, 16),
        parent_span_id=int(span.parent_id, 16) if span.parent_id else None,
        start_timestamp=datetime.fromtimestamp(span.started_at, UTC),
        end_timestamp=datetime.fromtimestamp(span.started_at + span.duration_s, UTC),
        attributes=dict(span.attributes),
        status=span.status,
    )


def _feedback(result: Any, *, paid: bool) -> Feedback | list[Feedback]:
    if isinstance(result, Mapping):
        return [_one(value, name, paid=paid) for name, value in result.items()]
    return _one(result, None, paid=paid)


def _one(result: Any, name: str | None, *, paid: bool) -> Feedback:
    value, reason = getattr(result, "value", result), getattr(result, "reason", None)
    return Feedback(value, rationale=reason, name=name, source=source_of(paid=paid))
