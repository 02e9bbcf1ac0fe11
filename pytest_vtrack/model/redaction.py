"""Masking secrets before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pytest_vtrack.model import payload

SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD", "AUTHORIZATION")
MASK = "***"


class Redaction:
    """Masks text values whose name contains one of the given words, whatever the case.

    :param more: words besides :data:`SECRET_NAMES`.
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        words = "|".join(re.escape(word) for word in (*SECRET_NAMES, *more) if word)
        self._name = re.compile(words, re.IGNORECASE)
        # One look at the text tells almost always that there is nothing to mask.
        self._secret = lru_cache(maxsize=1024)(lambda name: self._name.search(name) is not None)
        self._suspect = re.compile(rf'"[^"]*(?:{words})[^"]*"\s*:', re.IGNORECASE)

    def text(self, text: str | None) -> str | None:
        """Return JSON text with the values of secret names masked."""
        if text is None or not self._suspect.search(text):
            return text
        return payload.encode(self._masked(payload.decode(text)), "redacted").text

    def tag(self, name: str, value: str) -> str:
        """Return a tag's value, masked when its name is a secret's."""
        return MASK if self._secret(name) else value

    def _masked(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._masked_item(name, item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._masked(item) for item in value]
        return value

    def _masked_item(self, name: str, item: Any) -> Any:
        return MASK if isinstance(item, str) and self._name.search(name) else self._masked(item)
