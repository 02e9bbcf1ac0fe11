"""LangChain: string evaluators, which say what they need and return a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_vtrack.model.assessment import Feedback
from pytest_vtrack.scoring.foreign.given import Given, Meaning, answer, expected, question
from pytest_vtrack.scoring.foreign.library_scorer import LibraryScorer, need, require, source_of, then
from pytest_vtrack.scoring.foreign.mark import mark_of, settings_of
from pytest_vtrack.scoring.measures import Measures

_MEANINGS: Mapping[str, Meaning] = {"prediction": answer, "reference": expected, "input": question}
_NO_SETTINGS = ("callbacks", "callback_manager", "memory", "metadata", "tags", "verbose")


def adapt(evaluator: Any, base: type, *, where: str) -> LibraryScorer:
    """Return the scorer that a string evaluator stands for.

    :raises ScorerError: it has not what the library's evaluators have.
    """
    needed = ("evaluate_strings", "aevaluate_strings", "evaluation_name", "requires_reference")
    need(evaluator, *needed, where=where, library="langchain")
    paid = any(getattr(evaluator, name, None) is not None for name in ("llm", "llm_chain", "embeddings"))
    asked = [
        "prediction",
        *(["reference"] if evaluator.requires_reference else []),
        *(["input"] if evaluator.requires_input else []),
    ]

    def judge(given: Given) -> Any:
        values = {name: given.text(name, _MEANINGS[name]) for name in asked}
        require(values, asked, what=f"{evaluator.evaluation_name} of langchain")
        call = evaluator.aevaluate_strings if paid else evaluator.evaluate_strings
        return then(call(**values), lambda result: _feedback(result, paid=paid))

    settings = {name: each for name, each in settings_of(evaluator).items() if name not in _NO_SETTINGS}
    measures = Measures(better="lower" if "Distance" in type(evaluator).__name__ else "higher")
    mark = mark_of(evaluator, base, settings)
    return LibraryScorer(evaluator.evaluation_name, mark, judge, measures, paid, tuple(_MEANINGS))


def _feedback(result: Mapping[str, Any], *, paid: bool) -> Feedback:
    score, label = result.get("score"), result.get("value")
    metadata = {"label": label} if score is not None and label is not None else {}
    return Feedback(
        label if score is None else score,
        rationale=result.get("reasoning") or result.get("comment"),
        metadata=metadata,
        source=source_of(paid=paid),
    )
