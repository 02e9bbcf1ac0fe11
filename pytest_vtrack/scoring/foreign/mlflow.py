"""MLflow: scorers that take ``inputs, outputs, expectations, trace`` and return feedback."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from enum import Enum
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import Feedback, Source
from pytest_vtrack.scoring.fingerprint import fingerprint_of
from pytest_vtrack.scoring.foreign.given import Given, Meaning
from pytest_vtrack.scoring.foreign.library_scorer import LibraryScorer, need
from pytest_vtrack.scoring.foreign.mark import mark, mark_of, settings_of
from pytest_vtrack.scoring.foreign.mlflow_trace import mlflow_trace

_MEANINGS: Mapping[str, Meaning] = {
    "inputs": lambda given, _: dict(given.inputs),
    "outputs": lambda given, _: given.outputs,
    "expectations": lambda given, _: dict(given.expectations),
    "trace": lambda given, _: None if given.trace is None else mlflow_trace(given),
}
_JUDGES = frozenset({"instructions", "guidelines", "memory_augmented", "third_party"})
"""Kinds of scorers that ask a model."""
_SOURCES: Mapping[str, Source] = {"LLM_JUDGE": "llm_judge", "AI_JUDGE": "llm_judge", "HUMAN": "human"}
_RATINGS: Mapping[Any, bool | None] = {"yes": True, "no": False, "unknown": None}
"""What MLflow's judges answer; it counts yes as passed, and no as failed."""
_NO_SETTINGS = frozenset(
    ("name", "description", "aggregations", "timeout", "required_columns", "_cached_dump", "_pass_if")
)


def adapt(scorer: Any, base: type, *, where: str) -> LibraryScorer:
    """Return the scorer that one of MLflow stands for.

    :raises ScorerError: it judges a session, or has not what MLflow's scorers have.
    """
    need(scorer, "run", "name", where=where, library="mlflow")
    if getattr(scorer, "is_session_level_scorer", False):
        raise ScorerError(
            f"{where}: {scorer.name!r} of mlflow judges a whole session; a scorer is given one case and one "
            "output"
        )
    taken = [name for name in inspect.signature(scorer.__call__).parameters if name in _MEANINGS]
    # A scorer of the library that can read the outputs from the trace is given them without it.
    required = getattr(scorer, "required_columns", {"trace"})
    asked = [name for name in taken if name != "trace" or "trace" in required]

    def judge(given: Given) -> Any:
        values = {name: given.value(name, _MEANINGS[name]) for name in asked}
        return _read(scorer.run(**values), scorer)

    return LibraryScorer(
        scorer.name, _mark(scorer, base), judge, paid=_is_paid(scorer), fields=tuple(_MEANINGS)
    )


def _mark(scorer: Any, base: type) -> str:
    settings = {name: each for name, each in settings_of(scorer).items() if name not in _NO_SETTINGS}
    if function := getattr(scorer, "_original_func", None):
        return mark("mlflow", "scorer", {}, fingerprint_of(function), versioned=False)
    parts = [_mark(each, base) for each in getattr(scorer, "_scorers", ())]
    return mark_of(scorer, base, {**settings, "_scorers": parts} if parts else settings)


def _is_paid(scorer: Any) -> bool:
    parts = getattr(scorer, "_scorers", ())
    has_model = "model" in getattr(type(scorer), "model_fields", {})
    return has_model or _kind(scorer) in _JUDGES or any(_is_paid(each) for each in parts)


def _kind(scorer: Any) -> Any:
    return getattr(getattr(scorer, "kind", None), "value", None)


def _read(result: Any, scorer: Any) -> Any:
    if isinstance(result, list):
        return [_feedback(each, each.name, scorer) for each in result]
    if hasattr(result, "feedback"):
        return _feedback(result, None if result.name == scorer.name else result.name, scorer)
    return None if result is None else Feedback(**_judged(result, scorer))


def _feedback(result: Any, name: str | None, scorer: Any) -> Feedback:
    source = _SOURCES.get(str(result.source.source_type), "code")
    rest = {"rationale": result.rationale, "name": name, "source": source}
    metadata = dict(result.metadata or {})
    if result.error is not None:
        error = f"{result.error.error_code}: {result.error.error_message}"
        return Feedback(None, metadata=metadata, error=error, **rest)
    judged = _judged(result.feedback.value, scorer)
    return Feedback(judged["value"], metadata=metadata | judged["metadata"], **rest)


def _judged(value: Any, scorer: Any) -> dict[str, Any]:
    """Return a value, yes and no as what MLflow counts them for, and what its own rule says of it."""
    value = value.value if isinstance(value, Enum) else value
    passes = getattr(scorer, "pass_if", None)
    metadata: dict[str, Any] = {} if passes is None else {"passed": bool(passes(value))}
    if isinstance(value, str) and value in _RATINGS:
        return {"value": _RATINGS[value], "metadata": metadata | {"answer": value}}
    return {"value": value, "metadata": metadata}
