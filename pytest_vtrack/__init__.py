"""Tell, from plain pytest, whether a new version of a GenAI app is worse than the one you trust.

Importing the package costs nothing until a name is used: the plugin lives in every pytest run of
everyone who has it installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import Expectation, Feedback
    from pytest_vtrack.model.dataset import Case, Dataset
    from pytest_vtrack.model.experiment import Experiment
    from pytest_vtrack.model.trace import Span, Trace
    from pytest_vtrack.scoring.builtin.equality import exact_match, normalized_match, numeric_close
    from pytest_vtrack.scoring.builtin.items import set_f1, set_precision, set_recall
    from pytest_vtrack.scoring.builtin.json_values import json_equal, json_path, json_schema
    from pytest_vtrack.scoring.builtin.looks import (
        looks_like_pii,
        looks_like_refusal,
        looks_like_script,
        looks_toxic,
    )
    from pytest_vtrack.scoring.builtin.measured import output_length, span_latency
    from pytest_vtrack.scoring.builtin.overlap import rouge_l, token_f1
    from pytest_vtrack.scoring.builtin.retrieval import hit_at_k, mrr, ndcg_at_k, recall_at_k
    from pytest_vtrack.scoring.builtin.similarity import bleu, chrf, edit_similarity, embedding_similarity
    from pytest_vtrack.scoring.builtin.texts import contains, not_contains, regex
    from pytest_vtrack.scoring.builtin.tools import tool_arguments, tool_calls, tool_order, tool_set
    from pytest_vtrack.scoring.builtin.versions import unchanged
    from pytest_vtrack.scoring.foreign.adoption import from_library
    from pytest_vtrack.scoring.judging.judge import judge
    from pytest_vtrack.scoring.judging.pairwise import pairwise, position_bias
    from pytest_vtrack.scoring.protocol import scorer
    from pytest_vtrack.scoring.regression import regression_detector
    from pytest_vtrack.tracing.spans import span
    from pytest_vtrack.tracing.tagging import set_tag
    from pytest_vtrack.tracing.traced import traced

__all__ = [
    "Case",
    "Dataset",
    "Expectation",
    "Experiment",
    "Feedback",
    "Span",
    "Trace",
    "bleu",
    "chrf",
    "contains",
    "edit_similarity",
    "embedding_similarity",
    "exact_match",
    "from_library",
    "hit_at_k",
    "json_equal",
    "json_path",
    "json_schema",
    "judge",
    "looks_like_pii",
    "looks_like_refusal",
    "looks_like_script",
    "looks_toxic",
    "mrr",
    "ndcg_at_k",
    "normalized_match",
    "not_contains",
    "numeric_close",
    "output_length",
    "pairwise",
    "position_bias",
    "recall_at_k",
    "regex",
    "regression_detector",
    "rouge_l",
    "scorer",
    "set_f1",
    "set_precision",
    "set_recall",
    "set_tag",
    "span",
    "span_latency",
    "token_f1",
    "tool_arguments",
    "tool_calls",
    "tool_order",
    "tool_set",
    "traced",
    "unchanged",
]

_HOMES = {
    "Case": "model.dataset",
    "Dataset": "model.dataset",
    "Expectation": "model.assessment",
    "Experiment": "model.experiment",
    "Feedback": "model.assessment",
    "Span": "model.trace",
    "Trace": "model.trace",
    "bleu": "scoring.builtin.similarity",
    "chrf": "scoring.builtin.similarity",
    "contains": "scoring.builtin.texts",
    "edit_similarity": "scoring.builtin.similarity",
    "embedding_similarity": "scoring.builtin.similarity",
    "exact_match": "scoring.builtin.equality",
    "from_library": "scoring.foreign.adoption",
    "hit_at_k": "scoring.builtin.retrieval",
    "json_equal": "scoring.builtin.json_values",
    "json_path": "scoring.builtin.json_values",
    "json_schema": "scoring.builtin.json_values",
    "judge": "scoring.judging.judge",
    "looks_like_pii": "scoring.builtin.looks",
    "looks_like_refusal": "scoring.builtin.looks",
    "looks_like_script": "scoring.builtin.looks",
    "looks_toxic": "scoring.builtin.looks",
    "mrr": "scoring.builtin.retrieval",
    "ndcg_at_k": "scoring.builtin.retrieval",
    "normalized_match": "scoring.builtin.equality",
    "not_contains": "scoring.builtin.texts",
    "numeric_close": "scoring.builtin.equality",
    "output_length": "scoring.builtin.measured",
    "pairwise": "scoring.judging.pairwise",
    "position_bias": "scoring.judging.pairwise",
    "recall_at_k": "scoring.builtin.retrieval",
    "regex": "scoring.builtin.texts",
    "regression_detector": "scoring.regression",
    "rouge_l": "scoring.builtin.overlap",
    "scorer": "scoring.protocol",
    "set_f1": "scoring.builtin.items",
    "set_precision": "scoring.builtin.items",
    "set_recall": "scoring.builtin.items",
    "set_tag": "tracing.tagging",
    "span": "tracing.spans",
    "span_latency": "scoring.builtin.measured",
    "token_f1": "scoring.builtin.overlap",
    "tool_arguments": "scoring.builtin.tools",
    "tool_calls": "scoring.builtin.tools",
    "tool_order": "scoring.builtin.tools",
    "tool_set": "scoring.builtin.tools",
    "traced": "tracing.traced",
    "unchanged": "scoring.builtin.versions",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; public names: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
