"""Built-in scorers: plain comparisons of the outputs with an expectation. All return a bool.

Each can be given as it is (``scorers=[exact_match]`` or by name) or configured
(``scorers=[exact_match(key="capital", ignore_case=True)]``). Two of a kind on one test need ``name=``.

What is compared. The expectation is the one under ``key``; without ``key`` the first of ``answer``,
``expected``, ``expected_response`` that the case has, else the only one it has. Of outputs that are a
mapping, the value under ``output`` is taken; without ``output`` the one that has the expectation's name,
else the only one there is. Where nothing can be chosen the metric has an error, not a False.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model import payload
from pytest_vtrack.scoring.check import Check
from pytest_vtrack.scoring.likeness import as_number, as_text, same_value


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
    return _check("exact_match", compare, key, output, name, settings)


def contains(
    text: str | None = None,
    *,
    key: str | None = None,
    output: str | None = None,
    ignore_case: bool = False,
    any_of: bool = False,
    name: str | None = None,
) -> Check:
    """Say whether the output, as text, contains the expected text. Bool; higher is better.

    :param text: what every output must contain; default: the case's expectation, a text or a list of
        texts.
    :param any_of: one text of a list is enough; default: all of them.
    :raises ScorerError: ``text`` is empty.
    """
    if text == "":
        raise ScorerError("contains: text='' is in every output; give a text to look for")

    def compare(got: Any, expected: Any) -> bool:
        wanted = expected if isinstance(expected, list) else [expected]
        if got is None or not wanted:
            return False
        fold = str.casefold if ignore_case else str
        found = (fold(as_text(each)) in fold(as_text(got)) for each in wanted)
        return any(found) if any_of else all(found)

    settings = {"text": text, "ignore_case": ignore_case, "any_of": any_of}
    return _check("contains", compare, key, output, name, settings, fixed=text)


def regex(
    pattern: str | None = None,
    *,
    key: str | None = None,
    output: str | None = None,
    ignore_case: bool = False,
    full: bool = False,
    name: str | None = None,
) -> Check:
    r"""Say whether a regular expression is found in the output, as text. Bool; higher is better.

    :param pattern: e.g. ``r"\d+ days"``; default: the case's expectation is the pattern.
    :param full: the pattern must match the whole output.
    :raises ScorerError: ``pattern`` is not a regular expression.
    """
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    if pattern is not None:
        _compiled(pattern, flags)

    def compare(got: Any, expected: Any) -> bool:
        compiled = _compiled(expected, flags)
        if got is None:
            return False
        return bool((compiled.fullmatch if full else compiled.search)(as_text(got)))

    settings = {"pattern": pattern, "ignore_case": ignore_case, "full": full}
    return _check("regex", compare, key, output, name, settings, fixed=pattern)


def json_equal(*, key: str | None = None, output: str | None = None, name: str | None = None) -> Check:
    """Say whether output and expectation are the same JSON value. Bool; higher is better.

    Texts are parsed first; an output that is not JSON is not equal. The order of keys is no difference,
    nor is ``1`` against ``1.0``; ``1`` against ``true`` is. Outputs that are a mapping without the
    expectation's name are compared whole.
    """

    def compare(got: Any, expected: Any) -> bool:
        try:
            got = json.loads(got) if isinstance(got, str) else got
        except ValueError:
            return False
        if isinstance(expected, str):
            with suppress(ValueError):  # an expected text that is no JSON stands for itself
                expected = json.loads(expected)
        return same_value(got, expected)

    return _check("json_equal", compare, key, output, name, {}, whole=True)


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

    return _check("numeric_close", compare, key, output, name, {"rel": float(rel), "abs": float(abs)})


BUILTINS: Mapping[str, Callable[..., Check]] = {
    factory.__name__: factory for factory in (exact_match, contains, regex, json_equal, numeric_close)
}
"""The built-in scorers by name."""


def _check(
    kind: str,
    compare: Callable[[Any, Any], bool],
    key: str | None,
    output: str | None,
    name: str | None,
    settings: Mapping[str, Any],
    *,
    fixed: Any = None,
    whole: bool = False,
) -> Check:
    for what, value in (("key", key), ("output", output)):
        if value is not None and not isinstance(value, str):
            raise ScorerError(f"{kind}: {what}={value!r} must be a name, as text")
    # What is not set is left out, so that an option more leaves the fingerprints that there are.
    given = {what: value for what, value in settings.items() if value is not None and value is not False}
    chosen = {what: value for what, value in (("key", key), ("output", output)) if value is not None}
    configured = payload.encode(given | chosen, kind, canonical=True).text
    # The number is the revision of the comparison: raised when a change of ours changes a value.
    fingerprint = f"builtin:{kind}/1:{payload.digest(configured)}"
    return Check(kind if name is None else name, fingerprint, compare, key, output, fixed, whole)


def _compiled(pattern: Any, flags: re.RegexFlag) -> re.Pattern[str]:
    try:
        return re.compile(pattern, flags)
    except (re.error, TypeError, OverflowError, RecursionError) as error:
        raise ScorerError(f"regex: {pattern!r} is not a regular expression: {error}") from None
