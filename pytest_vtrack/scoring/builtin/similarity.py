"""How alike output and expectation are: by libraries' measures, or by an embedding."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from operator import mul
from typing import Any, Literal, get_args

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.check import Check
from pytest_vtrack.scoring.configured import check, library, require
from pytest_vtrack.scoring.fingerprint import fingerprint_of
from pytest_vtrack.scoring.likeness import as_text
from pytest_vtrack.scoring.measures import SHARE, Measures
from pytest_vtrack.scoring.words import references

BleuTokenizer = Literal["13a", "char", "intl", "none", "zh"]


def bleu(
    *,
    tokenize: BleuTokenizer = "13a",
    key: str | None = None,
    output: str | None = None,
    name: str | None = None,
) -> Check:
    """Return the sentence BLEU of sacrebleu, divided by 100. 0 to 1; higher is better.

    Up to four words in a row, exponential smoothing, only the lengths that the output has; case counts.
    Several expected texts are references together.

    :param tokenize: how words are told apart; ``"zh"`` or ``"char"`` for scripts without spaces.
    :raises ScorerError: sacrebleu is not installed, or has no such tokenizer here.
    """
    require("sacrebleu", kind="bleu", package="sacrebleu", extra="text")
    if tokenize not in get_args(BleuTokenizer):
        known = ", ".join(map(repr, get_args(BleuTokenizer)))
        raise ScorerError(f"bleu: tokenize={tokenize!r} must be one of {known}")

    def score(got: str, expected: list[str]) -> float:
        return float(library("sacrebleu").sentence_bleu(got, expected, tokenize=tokenize).score) / 100

    return _texts("bleu", score, key, output, name, {"tokenize": tokenize})


def chrf(
    *, word_order: int = 0, key: str | None = None, output: str | None = None, name: str | None = None
) -> Check:
    """Return the sentence chrF of sacrebleu, divided by 100. 0 to 1; higher is better.

    The F-score (recall counts twice) of up to six characters in a row, without spaces. Of several
    expected texts the best counts.

    :param word_order: so many words in a row count as well; 2 is chrF++.
    :raises ScorerError: sacrebleu is not installed, or ``word_order`` is no whole number from 0 up.
    """
    require("sacrebleu", kind="chrf", package="sacrebleu", extra="text")
    if isinstance(word_order, bool) or not isinstance(word_order, int) or word_order < 0:
        raise ScorerError(f"chrf: word_order={word_order!r} must be a whole number from 0 up")

    def score(got: str, expected: list[str]) -> float:
        return float(library("sacrebleu").sentence_chrf(got, expected, word_order=word_order).score) / 100

    return _texts("chrf", score, key, output, name, {"word_order": word_order or None})


def edit_similarity(
    *,
    ignore_case: bool = False,
    key: str | None = None,
    output: str | None = None,
    name: str | None = None,
) -> Check:
    """Return how little must be edited to make one text the other. 0 to 1; higher is better.

    ``1 - d / max(len)``, d the least number of characters to insert, delete or replace (Levenshtein). 1
    where both are empty. Of several expected texts the best counts.

    :raises ScorerError: rapidfuzz is not installed.
    """
    require("rapidfuzz", kind="edit_similarity", package="rapidfuzz", extra="text")

    def score(got: str, expected: list[str]) -> float:
        fold = str.casefold if ignore_case else str
        similar = library("rapidfuzz.distance").Levenshtein.normalized_similarity
        return max(float(similar(fold(got), fold(each))) for each in expected)

    return _texts("edit_similarity", score, key, output, name, {"ignore_case": ignore_case})


def embedding_similarity(
    embed: Callable[[str], Iterable[float]],
    *,
    key: str | None = None,
    output: str | None = None,
    name: str | None = None,
) -> Check:
    """Return the cosine of the embeddings of output and expectation. -1 to 1; higher is better.

    ``a·b / (|a| |b|)``; nothing to say where the output is None or a vector is zero. Of several expected
    texts the best counts.

    :param embed: takes a text, returns a vector: any sequence of numbers. Its source is in the
        fingerprint; where a model's name is not, give ``@scorer`` a ``version=``.
    :raises ScorerError: ``embed`` cannot be called.
    """
    if not callable(embed):
        raise ScorerError(f"embedding_similarity: embed={embed!r} must take a text and return a vector")

    def compare(got: Any, expected: Any) -> float | None:
        texts = references(expected, "embedding_similarity")
        if got is None:
            return None
        one = _vector(embed, as_text(got))
        cosines = [_cosine(one, _vector(embed, each)) for each in texts]
        return max((each for each in cosines if each is not None), default=None)

    measures = Measures("bounded", bounds=(-1.0, 1.0))
    settings = {"embed": fingerprint_of(embed)}
    return check("embedding_similarity", compare, key, output, name, settings, measures=measures)


def _texts(
    kind: str,
    score: Callable[[str, list[str]], float],
    key: str | None,
    output: str | None,
    name: str | None,
    settings: dict[str, Any],
) -> Check:
    def compare(got: Any, expected: Any) -> float:
        texts = references(expected, kind)
        # Libraries sum floats: 100.00000000000004 happens, and is no share.
        return 0.0 if got is None else min(max(score(as_text(got), texts), 0.0), 1.0)

    return check(kind, compare, key, output, name, settings, measures=SHARE)


def _vector(embed: Callable[[str], Iterable[float]], text: str) -> list[float]:
    given = embed(text)
    try:
        vector = [float(each) for each in given]
    except TypeError:
        raise ScorerError(
            f"embedding_similarity: embed returned a {type(given).__name__}, not a vector of numbers"
        ) from None
    if not vector or not all(map(math.isfinite, vector)):
        raise ScorerError(
            f"embedding_similarity: embed returned {vector[:3]}…, not a vector of finite numbers"
        )
    return vector


def _cosine(a: list[float], b: list[float]) -> float | None:
    if len(a) != len(b):
        raise ScorerError(f"embedding_similarity: embed returned vectors of {len(a)} and {len(b)} numbers")
    # Scaled first: squares of large numbers overflow, those of small ones vanish.
    a, b = _scaled(a), _scaled(b)
    length = math.hypot(*a) * math.hypot(*b)
    return min(max(math.fsum(map(mul, a, b)) / length, -1.0), 1.0) if length else None


def _scaled(vector: list[float]) -> list[float]:
    largest = max(map(abs, vector))
    return [each / largest for each in vector] if largest else vector
