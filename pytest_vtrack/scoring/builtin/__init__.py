"""Built-in scorers: plain comparisons of outputs, expectations and traces.

Each can be given as it is (``scorers=[exact_match]`` or by name) or configured
(``scorers=[exact_match(key="capital", ignore_case=True)]``). Two of a kind on one test need ``name=``.

What is compared. The expectation is the one under ``key``; without ``key`` the first of ``answer``,
``expected``, ``expected_response`` that the case has, else the only one it has. Of outputs that are a
mapping, the value under ``output`` is taken; without ``output`` the one that has the expectation's name,
else the only one there is. Where nothing can be chosen the metric has an error, not a False.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

_FAMILIES: Mapping[str, str] = {
    "exact_match": "equality",
    "normalized_match": "equality",
    "contains": "texts",
    "not_contains": "texts",
    "regex": "texts",
    "json_equal": "json_values",
    "json_schema": "json_values",
    "json_path": "json_values",
    "numeric_close": "equality",
    "set_precision": "items",
    "set_recall": "items",
    "set_f1": "items",
    "token_f1": "overlap",
    "rouge_l": "overlap",
    "bleu": "similarity",
    "chrf": "similarity",
    "edit_similarity": "similarity",
    "embedding_similarity": "similarity",
    "hit_at_k": "retrieval",
    "recall_at_k": "retrieval",
    "mrr": "retrieval",
    "ndcg_at_k": "retrieval",
    "tool_calls": "tools",
    "tool_set": "tools",
    "tool_order": "tools",
    "tool_arguments": "tools",
    "span_latency": "measured",
    "output_length": "measured",
    "looks_like_refusal": "looks",
    "looks_like_pii": "looks",
    "looks_toxic": "looks",
    "looks_like_script": "looks",
    "unchanged": "versions",
}

NEEDS_SETTINGS: Mapping[str, str] = {
    "json_path": 'json_path("$.order.id")',
    "embedding_similarity": "embedding_similarity(embed)",
}
"""Those that cannot be used as they are, with what to write instead."""


class _BuiltIns(Mapping[str, Callable[..., Any]]):
    """What makes built-in scorers, by name; a family is imported when one of it is used."""

    def __getitem__(self, name: str) -> Callable[..., Any]:
        factory: Callable[..., Any] = getattr(import_module(f"{__name__}.{_FAMILIES[name]}"), name)
        return factory

    def __contains__(self, name: object) -> bool:
        return name in _FAMILIES

    def __iter__(self) -> Iterator[str]:
        return iter(_FAMILIES)

    def __len__(self) -> int:
        return len(_FAMILIES)


BUILTINS: Mapping[str, Callable[..., Any]] = _BuiltIns()
"""The built-in scorers by name."""


def name_of(factory: object) -> str | None:
    """Return the name of a built-in that was given as it is; ``None``: it is none."""
    name, module = getattr(factory, "__name__", None), getattr(factory, "__module__", None)
    home = _FAMILIES.get(name) if isinstance(name, str) else None
    return name if home and module == f"{__name__}.{home}" else None
