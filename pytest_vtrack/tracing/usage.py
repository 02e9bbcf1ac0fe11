"""Tokens, model, cost and time to first token of a trace, from what its spans say about themselves.

Read are OpenTelemetry's semantic conventions for generative AI, OpenInference, OpenLLMetry and MLflow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_vtrack.model.trace import Span
from pytest_vtrack.tracing.prices import NO_PRICES, PriceTable
from pytest_vtrack.tracing.tree import children_of

_MLFLOW_TOKENS, _MLFLOW_COST = "mlflow.chat.tokenUsage", "mlflow.llm.cost"
_INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
_OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion")
_TOTAL = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total")
_CACHED = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
)
_MODEL = (
    "gen_ai.response.model",
    "gen_ai.request.model",
    "llm.response.model_name",
    "llm.model_name",
    "embedding.model_name",
    "reranker.model_name",
    "mlflow.llm.model",
)
_COST = ("gen_ai.usage.cost", "gen_ai.usage.total_cost", "llm.cost.total", "operation.cost")
_COST_PARTS = ("llm.cost.prompt", "llm.cost.completion")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a trace consumed; ``None`` is what nobody said, never 0."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    tokens: int | None = None
    """Input and output together."""
    cached_tokens: int | None = None
    """Those of the input tokens that were read from the provider's cache."""
    cost: float | None = None
    """In the currency of the price table, or of whoever wrote the cost."""
    models: tuple[str, ...] = ()
    """In alphabetical order."""

    @property
    def is_said(self) -> bool:
        """Whether anything was consumed that is known of."""
        return self.tokens is not None or self.cost is not None


def usage_of(spans: tuple[Span, ...], prices: PriceTable = NO_PRICES) -> Usage:
    """Return what all spans together consumed, each call to a model counted once.

    A span whose children say what they consumed often repeats their sum (an agent), or the one call that it
    wraps. So of a span and of all its children together, the larger counts.
    """
    children = children_of(spans)
    return _sum([_consumed(span, children, prices) for span in children.get(None, ())])


def _consumed(span: Span, children: Mapping[str | None, list[Span]], prices: PriceTable) -> Usage:
    # Not by recursion: a trace may be nested deeper than Python's stack.
    below: dict[int, list[Usage]] = {}
    stack: list[tuple[Span, int, bool]] = [(span, -1, False)]
    while stack:
        each, parent, visited = stack.pop()
        if visited:
            found = _larger(own_usage(each, prices), _sum(below.pop(id(each), [])))
            below.setdefault(parent, []).append(found)
            continue
        stack.append((each, parent, True))
        stack.extend((child, id(each), False) for child in children.get(each.span_id, ()))
    return below[-1][0]


def _larger(own: Usage, below: Usage) -> Usage:
    """Return what a span consumed with everything below it."""
    if not below.is_said:
        return own
    models = tuple(sorted({*own.models, *below.models}))
    if (own.tokens or 0) > (below.tokens or 0):
        known = own.cost is not None or below.tokens is not None
        return replace(own, cost=own.cost if known else below.cost, models=models)
    # A cost beside fewer tokens is that of a part; one beside none or as many is that of the whole.
    whole = own.cost if own.tokens in (None, below.tokens) else None
    costs = [cost for cost in (whole, below.cost) if cost is not None]
    return replace(below, cost=max(costs, default=None), models=models)


def own_usage(span: Span, prices: PriceTable = NO_PRICES) -> Usage:
    """Return what a span says that it consumed itself."""
    said, mlflow = span.attributes, _parsed(span.attributes.get(_MLFLOW_TOKENS))
    model = next((_text(said[name]) for name in _MODEL if said.get(name)), None)
    into = _count(said, _INPUT, mlflow.get("input_tokens"))
    out = _count(said, _OUTPUT, mlflow.get("output_tokens"))
    both = None if into is None and out is None else (into or 0) + (out or 0)
    total = _count(said, _TOTAL, mlflow.get("total_tokens"))
    cached = _count(said, _CACHED, mlflow.get("cache_read_input_tokens"))
    cost = _said_cost(said)
    if cost is None and model is not None:
        cost = prices.cost(model, into, out, cached)
    tokens = both if total is None else total
    models = (model,) if model and (tokens is not None or cost is not None) else ()
    return Usage(into, out, tokens, cached, cost, models)


def _sum(parts: Iterable[Usage]) -> Usage:
    """Add up; a cost that is unknown for a part is unknown for the whole, as a lower one would be wrong."""
    said = [part for part in parts if part.is_said]
    return Usage(
        _total(part.input_tokens for part in said),
        _total(part.output_tokens for part in said),
        _total(part.tokens for part in said),
        _total(part.cached_tokens for part in said),
        None if any(part.cost is None for part in said) else _total(part.cost for part in said),
        tuple(sorted({model for part in said for model in part.models})),
    )


def _total(numbers: Iterable[Any]) -> Any:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _count(said: Mapping[str, Any], names: Iterable[str], otherwise: Any) -> int | None:
    found = next((said[name] for name in names if _is_number(said.get(name))), otherwise)
    return int(found) if _is_number(found) else None


def _said_cost(said: Mapping[str, Any]) -> float | None:
    whole = [said.get(name) for name in _COST]
    whole.append(_parsed(said.get(_MLFLOW_COST)).get("total_cost"))
    cost = next((each for each in whole if _is_number(each)), None)
    if cost is None:
        cost = _total(said[name] for name in _COST_PARTS if _is_number(said.get(name)))
    return None if cost is None else float(cost)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def _parsed(text: Any) -> Mapping[str, Any]:
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except ValueError:
            return {}
    return text if isinstance(text, Mapping) else {}


def _text(value: Any) -> str:
    return str(value).strip('"')
