"""autoevals: objects, or classes without settings, with ``eval(output, expected, …)``."""

from __future__ import annotations

from typing import Any

from pytest_vtrack.model.assessment import Feedback
from pytest_vtrack.scoring.foreign.given import Given, Meaning, answer, contexts, expected, question
from pytest_vtrack.scoring.foreign.library_scorer import LibraryScorer, need, source_of, then
from pytest_vtrack.scoring.foreign.mark import mark_of, settings_of
from pytest_vtrack.scoring.measures import Measures

_MEANINGS: dict[str, Meaning] = {
    "input": question,
    "output": answer,
    "expected": expected,
    "context": contexts,
}
_RANGE = Measures(bounds=(0.0, 1.0))


def adapt(scorer: Any, base: type, *, where: str) -> LibraryScorer:
    """Return the scorer that one of autoevals stands for.

    :raises ScorerError: it has not what the library's scorers have.
    """
    need(scorer, "eval", "eval_async", "_name", where=where, library="autoevals")
    paid = _is_paid(scorer, base)
    fixed: dict[str, Any] = getattr(type(scorer), "_partial_args", dict)()
    # Most are plain functions that eval_async only wraps; a coroutine for each case would cost time.
    is_async = _is_overridden(type(scorer), base, "_run_eval_async")

    def judge(given: Given) -> Any:
        values = {name: given.value(name, meaning) for name, meaning in _MEANINGS.items()}
        values |= {name: given.value(name) for name in given.reads}
        values = {name: value for name, value in values.items() if name not in fixed and value is not None}
        output = values.pop("output", None)
        call = scorer.eval_async if is_async else scorer.eval
        return then(call(output, **values), lambda score: _feedback(score, paid=paid))

    name = scorer._name()  # noqa: SLF001 - there is no public one
    mark = mark_of(scorer, base, settings_of(scorer) | {"partial": fixed})
    return LibraryScorer(name, mark, judge, _RANGE, paid)


def _is_overridden(class_: Any, base: Any, name: str) -> bool:
    return getattr(class_, name, None) is not getattr(base, name, None)


def _is_paid(scorer: Any, base: type) -> bool:
    """Tell whether a scorer, or one that it uses, holds a client."""
    parts = vars(scorer).values()
    return hasattr(scorer, "client") or any(_is_paid(part, base) for part in parts if isinstance(part, base))


def _feedback(score: Any, *, paid: bool) -> Feedback:
    metadata = dict(score.metadata or {})
    rationale = metadata.pop("rationale", None)
    error = getattr(score, "error", None)
    source = source_of(paid=paid)
    if error is not None:
        return Feedback(None, metadata=metadata, source=source, error=f"{type(error).__name__}: {error}")
    return Feedback(score.score, rationale=rationale, metadata=metadata, source=source)
