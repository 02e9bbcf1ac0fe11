"""Masking secrets before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pytest_vtrack.model import payload

SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD", "AUTHORIZATION")
MASK = "***"
_HEADERS = ("http.request.header.", "http.response.header.")
"""OpenTelemetry's names for HTTP headers; their values are lists."""


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
        return self._json_masked(value) if isinstance(value, str) else value

    def _masked_item(self, name: str, item: Any) -> Any:
        if self._secret(name):
            if isinstance(item, str):
                return MASK
            if isinstance(item, list) and name.startswith(_HEADERS):
                return [MASK] * len(item)
        return self._masked(item)

    def _json_masked(self, text: str) -> str:
        """Return a text masked inside where it is JSON itself, as attributes of spans often are."""
        if not text.startswith(("{", "[")) or not self._suspect.search(text):
            return text
        try:
            return self.text(text) or text
        except ValueError:
            return text
