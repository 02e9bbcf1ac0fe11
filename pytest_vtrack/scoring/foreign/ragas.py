"""ragas: metrics of samples, and the newer ones that take their fields by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from copy import copy
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import Direction, Feedback, Kind
from pytest_vtrack.scoring.configured import library
from pytest_vtrack.scoring.fingerprint import fingerprint_of
from pytest_vtrack.scoring.foreign.given import (
    Given,
    Meaning,
    answer,
    as_text,
    contexts,
    expected,
    expected_contexts,
    question,
)
from pytest_vtrack.scoring.foreign.library_scorer import LibraryScorer, need, require, source_of, then
from pytest_vtrack.scoring.foreign.mark import mark, mark_of, settings_of
from pytest_vtrack.scoring.measures import READ_FROM_VALUES, Measures

_MEANINGS: Mapping[str, Meaning] = {
    "user_input": question,
    "response": answer,
    "reference": expected,
    "retrieved_contexts": contexts,
    "reference_contexts": expected_contexts,
}
_TEXTS = ("user_input", "response", "reference")
_LOWER = frozenset({"NoiseSensitivity"})
"""Metrics of which less is better."""
_VERDICTS = {"pass": True, "fail": False}
_NO_SETTINGS = ("__name__", "__doc__", "_validated_data", "name")


def adapt(metric: Any, base: type, *, where: str) -> LibraryScorer:
    """Return the scorer that a metric stands for.

    :raises ScorerError: it has not what the library's metrics have, or asks for a model at each call.
    """
    return (_of_fields if base.__name__ == "SimpleBaseMetric" else _of_samples)(metric, base, where)


def _of_samples(metric: Any, base: type, where: str) -> LibraryScorer:
    need(metric, "single_turn_ascore", "required_columns", "name", where=where, library="ragas")
    needed = sorted(metric.required_columns.get("SINGLE_TURN", ()))
    paid = _is_paid(metric)

    def judge(given: Given) -> Any:
        values = _values(given, (*_MEANINGS, *given.reads))
        require(values, needed, what=f"{metric.name} of ragas")
        found = {name: each for name, each in values.items() if each is not None}
        sample = library("ragas.dataset_schema").SingleTurnSample(**found)
        return then(metric.single_turn_ascore(sample), lambda score: _feedback(score, metric, paid=paid))

    measures = Measures(better="lower" if type(metric).__name__ in _LOWER else None)
    return _scorer(metric, base, judge, measures, (*_MEANINGS, *needed))


def _of_fields(metric: Any, base: type, where: str) -> LibraryScorer:
    need(metric, "ascore", "name", "allowed_values", where=where, library="ragas")
    if hasattr(metric, "get_variables"):
        raise ScorerError(
            f"{where}: {metric.name!r} of ragas is given its model at each call; call it in a function of "
            f"your own: @scorer async def {metric.name}(outputs): …ascore(llm=llm, …)"
        )
    function = getattr(metric, "_func", None) or metric.ascore
    parameters = inspect.signature(function).parameters
    needed = [name for name, each in parameters.items() if each.default is each.empty]
    paid = _is_paid(metric)

    def judge(given: Given) -> Any:
        values = {name: each for name, each in _values(given, tuple(parameters)).items() if each is not None}
        require(values, needed, what=f"{metric.name} of ragas")
        own = copy(metric)  # it keeps the last case's values in itself
        return then(own.ascore(**values), lambda result: _feedback(result, metric, paid=paid))

    allowed = metric.allowed_values
    bounds = allowed if isinstance(allowed, tuple) and len(allowed) == 2 else None
    is_verdict = isinstance(allowed, list) and set(allowed) == set(_VERDICTS)
    kind: Kind | None = "bool" if is_verdict else "category" if isinstance(allowed, list) else None
    better: Direction | None = "lower" if type(metric).__name__ in _LOWER else None
    return _scorer(metric, base, judge, Measures(kind, better, bounds), tuple(parameters))


def _scorer(
    metric: Any, base: type, judge: Any, measures: Measures = READ_FROM_VALUES, fields: tuple[str, ...] = ()
) -> LibraryScorer:
    return LibraryScorer(metric.name, _mark(metric, base), judge, measures, _is_paid(metric), fields)


def _mark(metric: Any, base: type) -> str:
    settings = {name: each for name, each in settings_of(metric).items() if name not in _NO_SETTINGS}
    if (function := settings.pop("_func", None)) is None:
        return mark_of(metric, base, settings)
    return mark("ragas", "metric", settings, fingerprint_of(function), versioned=False)


def _values(given: Given, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: given.value(name, _MEANINGS.get(name)) for name in names}
    return {name: as_text(each) if name in _TEXTS else each for name, each in values.items()}


def _is_paid(metric: Any) -> bool:
    """Tell whether a metric uses a model: it has a place for one."""
    return any(hasattr(metric, name) for name in ("llm", "embeddings"))


def _feedback(result: Any, metric: Any, *, paid: bool) -> Feedback:
    source = source_of(paid=paid)
    value, reason = getattr(result, "value", result), getattr(result, "reason", None)
    if value is None and reason is not None:  # its own exceptions come as the reason for having no value
        return Feedback(None, source=source, error=str(reason))
    allowed = getattr(metric, "allowed_values", None)
    if isinstance(allowed, list) and set(allowed) == set(_VERDICTS):
        value = _VERDICTS.get(value, value)
    return Feedback(value, rationale=reason, source=source)
