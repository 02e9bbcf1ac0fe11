"""Whether the outputs are what is expected: exactly, after normalisation, or as a number."""

from __future__ import annotations

import math
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.check import Check
from pytest_vtrack.scoring.configured import check
from pytest_vtrack.scoring.likeness import as_number, as_text, same_value
from pytest_vtrack.scoring.measures import YES_NO
from pytest_vtrack.scoring.words import answer_words


def exact_match(
    *,
    key: str | None = None,
    output: str | None = None,
    ignore_case: bool = False,
    ignore_space: bool = False,
    name: str | None = None,
) -> Check:
    """Say whether the outputs equal the expectation. Bool; higher is better.

    A number or bool against a text is compared as JSON writes it (``42`` equals ``"42"``). Where the
    expectation is a list and the output is not, one of the list is enough.

    :param ignore_space: ignore space around the text, and how much of it stands between words.
    """

    def normal(text: str) -> str:
        text = " ".join(text.split()) if ignore_space else text
        return text.casefold() if ignore_case else text

    def compare(got: Any, expected: Any) -> bool:
        if isinstance(expected, list) and not isinstance(got, (list, tuple)):
            return any(compare(got, each) for each in expected)
        if isinstance(got, str) != isinstance(expected, str):
            got, expected = as_text(got), as_text(expected)
        if isinstance(got, str):
            return normal(got) == normal(expected)
        return same_value(got, expected)

    settings = {"ignore_case": ignore_case, "ignore_space": ignore_space}
    return check("exact_match", compare, key, output, name, settings)


def normalized_match(*, key: str | None = None, output: str | None = None, name: str | None = None) -> Check:
    """Say whether output and expectation are the same words, as SQuAD counts. Bool; higher is better.

    Both are written in lower case; ASCII punctuation is removed, then the words a, an and the, then space
    around and between words beyond one. Of an expected list one is enough.
    """

    def compare(got: Any, expected: Any) -> bool:
        wanted = expected if isinstance(expected, list) else [expected]
        return got is not None and any(
            answer_words(as_text(got)) == answer_words(as_text(each)) for each in wanted
        )

    return check("normalized_match", compare, key, output, name, {}, measures=YES_NO)


def numeric_close(
    *,
    rel: float = 1e-9,
    abs: float = 0.0,
    key: str | None = None,
    output: str | None = None,
    name: str | None = None,
) -> Check:
    """Say whether the output is a number close to the expected one. Bool; higher is better.

    Close is ``|output - expected| <= max(rel * |expected|, abs)``. A text counts by the only number in
    it (``"1,250 km"`` is 1250); with none or several it is not close.

    :raises ScorerError: ``rel`` or ``abs`` is negative or not finite.
    """
    for what, value in (("rel", rel), ("abs", abs)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise ScorerError(f"numeric_close: {what}={value!r} must be a finite number from 0 up")

    def compare(got: Any, expected: Any) -> bool:
        wanted, number = as_number(expected), as_number(got)
        if wanted is None:
            raise ScorerError(f"numeric_close: the expectation {expected!r} is not a number")
        return number is not None and math.fabs(number - wanted) <= max(rel * math.fabs(wanted), abs)

    return check("numeric_close", compare, key, output, name, {"rel": float(rel), "abs": float(abs)})
