"""Texts as words, and what several scorers expect: one text or a list of them."""

from __future__ import annotations

import re
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.likeness import as_text

_ASCII_PUNCTUATION = {ord(each): None for each in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_WORD = re.compile(r"[^\W_]+")


def answer_words(text: str) -> list[str]:
    """Return the words that count in an answer by SQuAD 1.1: lower case, no punctuation, no articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_ASCII_PUNCTUATION)).split()


def plain_words(text: str) -> list[str]:
    """Return the runs of letters and digits of a text, in lower case."""
    return _WORD.findall(text.lower())


def references(expected: Any, kind: str) -> list[str]:
    """Return the expected texts: one, or each of a list.

    :raises ScorerError: there is none, or it is an object or a list of something else.
    """
    given = list(expected) if isinstance(expected, (list, tuple)) else [expected]
    if not given or any(isinstance(each, (dict, list, tuple, type(None))) for each in given):
        raise ScorerError(f"{kind}: the expectation {expected!r} must be a text, or a list of texts")
    return [as_text(each) for each in given]
