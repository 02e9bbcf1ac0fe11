"""openevals: functions of ``inputs``, ``outputs`` and ``reference_outputs`` that may return a dictionary."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import Feedback
from pytest_vtrack.scoring.fingerprint import fingerprint_of
from pytest_vtrack.scoring.foreign.given import Given, Meaning, answer, expected
from pytest_vtrack.scoring.foreign.library_scorer import LibraryScorer, require, source_of, then
from pytest_vtrack.scoring.foreign.mark import mark
from pytest_vtrack.scoring.foreign.recognition import top_package

_MEANINGS: Mapping[str, Meaning] = {
    "inputs": lambda given, _: given.inputs,
    "outputs": answer,
    "reference_outputs": expected,
}
_PAID = ("judge", "model")


def adapt(function: FunctionType, _base: None, **_where: str) -> LibraryScorer:
    """Return the scorer that a function of openevals, or one that it would call, stands for."""
    if top_package(function) != "openevals":
        own = mark("openevals", "function", {}, fingerprint_of(inspect.unwrap(function)), versioned=False)
        return LibraryScorer(function.__name__, own, _judge(function, function.__name__, paid=False))
    settings = _closure(function)
    paid = any(settings.get(each) is not None for each in _PAID)
    name = _name(function, settings)
    if settings.get("model") is not None:
        settings.pop("judge", None)  # made of the model at the first call, and remembered
    fingerprint = mark("openevals", name, settings, fingerprint_of(function))
    return LibraryScorer(name, fingerprint, _judge(function, f"{name} of openevals", paid=paid), paid=paid)


def _judge(function: FunctionType, what: str, *, paid: bool) -> Callable[[Given], Any]:
    parameters = inspect.signature(function).parameters.values()
    named = [each for each in parameters if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]
    needed = [each.name for each in named if each.default is each.empty]

    def judge(given: Given) -> Any:
        values = {each.name: given.value(each.name, _MEANINGS.get(each.name)) for each in named}
        values |= {name: given.value(name) for name in given.reads}
        require(values, needed, what=what)
        found = {name: value for name, value in values.items() if value is not None}
        return then(function(**found), lambda result: _feedback(result, paid=paid))

    return judge


def _closure(function: FunctionType, depth: int = 3) -> dict[str, Any]:
    """Return what an evaluator was created with: it and the functions it was made of remember it."""
    found: dict[str, Any] = {}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, value in [(name, cell.cell_contents) for name, cell in cells]:
        if isinstance(value, FunctionType) and value.__module__.startswith("openevals") and depth:
            found = _closure(value, depth - 1) | found
        else:
            found[name] = value
    return found


def _name(function: FunctionType, settings: Mapping[str, Any]) -> str:
    if isinstance(key := settings.get("feedback_key"), str):
        return key
    maker = function.__qualname__.partition(".")[0]
    for part in ("create_", "async_"):
        maker = maker.removeprefix(part)
    return maker.removesuffix("_evaluator").removesuffix("_async")


def _feedback(result: Any, *, paid: bool) -> Any:
    if isinstance(result, Mapping) and isinstance(result.get("results"), list):
        result = result["results"]
    if isinstance(result, list) and all(isinstance(each, Mapping) for each in result):
        return [_one(each, each.get("key"), paid=paid) for each in result]
    return _one(result, None, paid=paid) if isinstance(result, Mapping) else result


def _one(result: Mapping[str, Any], name: str | None, *, paid: bool) -> Feedback:
    if "score" not in result and "value" not in result:
        raise ScorerError(f"returned {dict(result)!r}; a result of openevals has a 'score' or a 'value'")
    return Feedback(
        result.get("value") if result.get("score") is None else result["score"],
        rationale=result.get("comment"),
        name=name,
        metadata=result.get("metadata") or {},
        source=source_of(paid=paid),
    )
