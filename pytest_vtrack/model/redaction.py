"""Masking secrets before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from pytest_vtrack.model import payload
from pytest_vtrack.model.secret_texts import MASK, SecretTexts

SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD", "AUTHORIZATION")
_COUNTS = re.compile(
    r"tokens|token[_. -]?(?:count|usage|limit|budget|cost|price|total|ids?\b)"
    r"|(?:num|max|min|count|total|per)[_. -]?token",
    re.IGNORECASE,
)
"""Names of how many tokens a model read or wrote, of what they cost: their numbers are no secrets."""


class Redaction:
    """Masks values whose name contains one of the given words, whatever the case, and secrets in texts.

    :param more: words besides :data:`SECRET_NAMES`.
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        names = [word for word in (*SECRET_NAMES, *more) if word]
        words = "|".join(map(re.escape, names))
        self._words = [name.lower() for name in names if name.isascii()]
        self._words += [] if len(self._words) == len(names) else [""]  # which is in every text
        self._name = re.compile(words, re.IGNORECASE)
        # One look at the text tells almost always that there is nothing to mask.
        self._secret = lru_cache(maxsize=1024)(lambda name: self._name.search(name) is not None)
        self._suspect = re.compile(rf'"[^"]*(?:{words})[^"]*"\s*:', re.IGNORECASE)
        self._texts = SecretTexts(self._secret)

    def text(self, text: str | None) -> str | None:
        """Return JSON text with the values of secret names, and secrets in its texts, masked."""
        if text is None or not self._is_suspect(text):
            return text
        return payload.encode(self._masked(payload.decode(text)), "redacted").text

    def texts(self, texts: Sequence[str | None]) -> Sequence[str | None]:
        """Return several JSON texts as :meth:`text` does: one look at all of them costs less."""
        whole = "\n".join([text for text in texts if text])
        return [self.text(text) for text in texts] if self._is_suspect(whole) else texts

    def tag(self, name: str, value: str) -> str:
        """Return a tag's value, masked when its name is a secret's."""
        return MASK if self._secret(name) else self._texts.masked(value)

    def plain(self, text: str | None) -> str | None:
        """Return a text for people, such as the message of an error, with the secrets in it masked."""
        return self._texts.masked(text) if text else text

    def _is_suspect(self, text: str) -> bool:
        return self._may_name_secrets(text) or self._texts.found_in(text)

    def _may_name_secrets(self, text: str) -> bool:
        if text.isascii():  # nearly always, and then words are found faster than by a pattern
            lowered = text.lower()
            if not any(word in lowered for word in self._words):
                return False
        return self._suspect.search(text) is not None

    def _masked(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._masked_item(name, item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._masked(item) for item in value]
        return self._json_masked(value) if isinstance(value, str) else value

    def _masked_item(self, name: str, item: Any) -> Any:
        if not self._secret(name):
            return self._masked(item)
        return _covered(item, numbers_stay=not self._secret(_COUNTS.sub("", name)))

    def _json_masked(self, text: str) -> str:
        """Return a text masked inside where it is JSON itself, as attributes of spans often are."""
        if text.startswith(("{", "[")) and self._suspect.search(text):
            try:
                return self.text(text) or text
            except ValueError:
                pass  # it only looks like JSON
        return self._texts.masked(text)


def _covered(item: Any, *, numbers_stay: bool) -> Any:
    """Mask everything under a secret's name; that there is nothing stays to be seen."""
    if item is None or (numbers_stay and isinstance(item, (int, float))):
        return item
    if isinstance(item, list):
        return [_covered(each, numbers_stay=numbers_stay) for each in item]
    if isinstance(item, dict) and numbers_stay:
        return {name: _covered(each, numbers_stay=True) for name, each in item.items()}
    return MASK
