"""What tokens cost: a table of the user's.

There is none built in, because prices change and a wrong cost is worse than none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pytest_vtrack.errors import SettingError, nearest

_MILLION = 1_000_000
_KEYS = ("input", "output", "cached_input")


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a million tokens; ``None`` is not known."""

    input: float | None = None
    output: float | None = None
    cached_input: float | None = None
    """Of input tokens read from the provider's cache; ``None``: as other input tokens."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by the model's name, or by a pattern of names (``gpt-5*``)."""

    prices: Mapping[str, Price] = field(default_factory=dict)

    def of(self, model: str) -> Price | None:
        """Return a model's price: by its exact name, else by the longest pattern that fits it."""
        if model in self.prices:
            return self.prices[model]
        fitting = [pattern for pattern in self.prices if fnmatchcase(model, pattern)]
        return self.prices[max(fitting, key=len)] if fitting else None

    def cost(
        self,
        model: str,
        input_tokens: int | None,
        output_tokens: int | None,
        cached_tokens: int | None = None,
    ) -> float | None:
        """Return what tokens cost; ``None`` where a number or its price is not known."""
        price = self.of(model)
        if price is None or (input_tokens is None and output_tokens is None):
            return None
        cached = min(cached_tokens or 0, input_tokens or 0) if price.cached_input is not None else 0
        parts = (
            ((input_tokens or 0) - cached, price.input),
            (output_tokens or 0, price.output),
            (cached, price.cached_input),
        )
        if any(count and each is None for count, each in parts):
            return None
        return sum(count * (each or 0.0) for count, each in parts) / _MILLION


NO_PRICES = PriceTable()


def load_prices(path: Path) -> PriceTable:
    """Read prices per million tokens from a TOML or JSON file.

    :raises SettingError: the file cannot be read, or says something else than prices.
    """
    try:
        table = _parsed(path)
    except OSError as error:
        raise SettingError(f"vtrack_prices: {path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        kind = "TOML" if path.suffix == ".toml" else "JSON"
        raise SettingError(f"vtrack_prices: {path} is not {kind}: {error}") from None
    if not isinstance(table, dict):
        raise SettingError(f"vtrack_prices: {path} holds no table of models, but {type(table).__name__}")
    return PriceTable({model: _price(said, f"{path}, model {model!r}") for model, said in table.items()})


def _parsed(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        import tomllib

        return tomllib.loads(text)
    return json.loads(text)


def _price(said: Any, where: str) -> Price:
    example = "{input = 2.5, output = 10}"
    if not isinstance(said, dict):
        raise SettingError(f"vtrack_prices: {where}: {said!r} is no price per million tokens, like {example}")
    for key, amount in said.items():
        if key not in _KEYS:
            near, allowed = nearest(key, _KEYS, most=1)[0], ", ".join(_KEYS)
            raise SettingError(
                f"vtrack_prices: {where}: {key!r} is not one of {allowed}; did you mean {near!r}?"
            )
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount < float("inf"):
            raise SettingError(f"vtrack_prices: {where}: {key} = {amount!r} is not an amount of 0 or more")
    return Price(**said)
