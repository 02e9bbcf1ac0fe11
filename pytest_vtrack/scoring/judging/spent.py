"""What a judge's requests consumed; kept apart from what the application consumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.judging.requests import Reply

_PRICES = ("input", "output", "cached_input")
_MILLION = 1_000_000


@dataclass(slots=True)
class Spent:
    """Attempts, tokens and cost of one answer; ``None`` is what nobody said."""

    attempts: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    model: str | None = None
    cached: bool = False
    """Whether the answer was kept from before: nothing was sent."""

    def add(self, reply: Reply, price: Mapping[str, float] | None) -> None:
        """Add what a reply consumed."""
        cost = cost_of(reply, price)
        self.input_tokens = _sum((self.input_tokens, reply.input_tokens))
        self.output_tokens = _sum((self.output_tokens, reply.output_tokens))
        self.cost = _sum((self.cost, cost))
        self.model = reply.model or self.model


def checked_price(price: object, where: str) -> Mapping[str, float] | None:
    """Return prices per million tokens as they were given.

    :raises ScorerError: they are no prices.
    """
    if price is None:
        return None
    if isinstance(price, Mapping) and _are_prices(price):
        return dict(price)
    raise ScorerError(
        f"{where}: price={price!r} must say what a million tokens cost, like {{'input': 2.5, 'output': 10}}"
    )


def _are_prices(price: Mapping[Any, Any]) -> bool:
    amounts = all(isinstance(each, (int, float)) and 0 <= each < float("inf") for each in price.values())
    return amounts and {"input", "output"} <= set(price) <= set(_PRICES)


def as_metadata(parts: Iterable[Spent]) -> dict[str, Any]:
    """Return what several answers consumed, as metadata of an assessment; what nobody said is left out.

    A cost that is unknown for a part is unknown for the whole.
    """
    parts = list(parts)
    sent = [each for each in parts if not each.cached]
    tokens_in, tokens_out = (
        _sum(getattr(each, name) for each in sent) for name in ("input_tokens", "output_tokens")
    )
    found = {
        "model": next((each.model for each in parts if each.model), None),
        "attempts": sum(each.attempts for each in parts),
        "cached": len(parts) - len(sent) or None,
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "tokens": _sum((tokens_in, tokens_out)),
        "cost": None if any(each.cost is None for each in sent) else sum(each.cost or 0.0 for each in sent),
    }
    return {f"judge.{name}": value for name, value in found.items() if value is not None}


def cost_of(reply: Reply, price: Mapping[str, float] | None) -> float | None:
    """Return what a reply cost: by the price, else as the endpoint says."""
    if price is None:
        return reply.cost
    if reply.input_tokens is None or reply.output_tokens is None:
        return None
    cached = min(reply.cached_tokens or 0, reply.input_tokens) if "cached_input" in price else 0
    paid = (reply.input_tokens - cached) * price["input"] + reply.output_tokens * price["output"]
    return (paid + cached * price.get("cached_input", 0.0)) / _MILLION


def _sum(parts: Iterable[Any]) -> Any:
    said = [part for part in parts if part is not None]
    return sum(said) if said else None
