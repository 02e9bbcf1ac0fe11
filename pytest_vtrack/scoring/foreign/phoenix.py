"""Phoenix: evaluators that ask for fields by name and return a list of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_vtrack.model.assessment import Direction, Feedback, Source
from pytest_vtrack.scoring.fingerprint import fingerprint_of
from pytest_vtrack.scoring.foreign.given import Given, Meaning, answer, contexts, expected, question
from pytest_vtrack.scoring.foreign.library_scorer import LibraryScorer, need, require, then
from pytest_vtrack.scoring.foreign.mark import mark, mark_of, settings_of
from pytest_vtrack.scoring.foreign.recognition import top_package
from pytest_vtrack.scoring.measures import Measures

_MEANINGS: Mapping[str, Meaning] = {
    "input": question,
    "query": question,
    "question": question,
    "output": answer,
    "response": answer,
    "answer": answer,
    "expected": expected,
    "reference": expected,
    "expected_output": expected,
    "context": contexts,
    "documents": contexts,
}
_BETTER: Mapping[str, Direction] = {"maximize": "higher", "minimize": "lower"}
_SOURCES: Mapping[str, Source] = {"llm": "llm_judge", "human": "human"}
_NO_SETTINGS = ("_docstring", "_input_schema", "_name")


def adapt(evaluator: Any, base: Any, *, where: str) -> LibraryScorer:
    """Return the scorer that an evaluator stands for.

    :raises ScorerError: it has not what the library's evaluators have.
    """
    need(evaluator, "evaluate", "async_evaluate", "name", "kind", "direction", where=where, library="phoenix")
    fields = tuple(evaluator.input_schema.model_fields) if evaluator.input_schema else None
    is_async = type(evaluator)._async_evaluate is not base._async_evaluate  # noqa: SLF001

    def judge(given: Given) -> Any:
        call = evaluator.async_evaluate if is_async else evaluator.evaluate
        return then(call(_values(evaluator, given, fields)), lambda scores: _feedback(evaluator, scores))

    direction = evaluator.direction
    measures = Measures(better=_BETTER.get(direction), gate=False if direction == "neutral" else None)
    mark = _mark(evaluator, base)
    return LibraryScorer(evaluator.name, mark, judge, measures, evaluator.kind == "llm", fields)


def _mark(evaluator: Any, base: type) -> str:
    settings = {name: each for name, each in settings_of(evaluator).items() if name not in _NO_SETTINGS}
    if (function := settings.pop("_fn", None)) is None:
        return mark_of(evaluator, base, settings)
    is_own = top_package(function) != "phoenix"
    name = "evaluator" if is_own else function.__name__
    return mark("phoenix", name, settings, fingerprint_of(function), versioned=not is_own)


def _values(evaluator: Any, given: Given, fields: Sequence[str] | None) -> dict[str, Any]:
    """Return what the fields stand for, and what a mapping that was bound to the evaluator may ask for."""
    bound = evaluator._input_mapping or {}  # noqa: SLF001 - bind() keeps it nowhere else
    parts = {
        "inputs": given.inputs,
        "outputs": given.outputs,
        "expectations": given.expectations,
        "tags": dict(given.tags),
    }
    named = {name: given.value(name, _MEANINGS.get(name)) for name in fields or () if name not in bound}
    if fields is not None:
        schema = evaluator.input_schema.model_fields
        needed = [name for name in named if schema[name].is_required()]
        require(named, needed, what=f"{evaluator.name} of phoenix")
    return parts | {name: value for name, value in named.items() if value is not None}


def _feedback(evaluator: Any, scores: Sequence[Any]) -> Feedback | list[Feedback]:
    if len(scores) == 1:
        return _one(evaluator, scores[0], None)
    return [_one(evaluator, each, each.name) for each in scores]


def _one(evaluator: Any, score: Any, name: str | None) -> Feedback:
    value = score.label if score.score is None else score.score
    metadata = dict(score.metadata or {})
    if score.score is not None and score.label is not None:
        metadata["label"] = score.label
    source = _SOURCES.get(score.kind or evaluator.kind, "code")
    return Feedback(value, rationale=score.explanation, name=name, metadata=metadata, source=source)
