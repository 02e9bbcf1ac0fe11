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
from dataclasses import dataclass
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model import payload

DEFAULT_KEYS = ("answer", "expected", "expected_response")
"""Names of the expectation that is compared where a scorer is not told which, in this order."""

_NUMBER = re.compile(r"(?<![\w.,])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d))(?:[eE][-+]?\d+)?(?![\w]|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Check:
    """A configured built-in: compares the outputs with one expectation, or with a fixed value."""

    __name__: str
    """The name of the metric."""
    fingerprint: str
    """Stands for kind, revision and configuration."""
    compare: Callable[[Any, Any], bool]
    """Called with what was put out and what is expected."""
    key: str | None = None
    output: str | None = None
    fixed: Any = None
    """What is expected of every case; ``None``: the case's expectation."""
    whole: bool = False
    """Compare mappings as they are, unless they have the expectation's name."""

    def __call__(self, outputs: Any, expectations: Mapping[str, Any]) -> bool:
        if self.fixed is not None:
            key, expected = self.key or DEFAULT_KEYS[0], self.fixed
        else:
            key = _expected_key(expectations, self.key)
            expected = expectations[key]
        whole = self.whole or isinstance(expected, Mapping)
        return self.compare(_chosen(outputs, self.output, key, whole=whole), expected)


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
            got, expected = _as_text(got), _as_text(expected)
        if isinstance(got, str):
            return normal(got) == normal(expected)
        return _same(got, expected)

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
        found = (fold(_as_text(each)) in fold(_as_text(got)) for each in wanted)
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
        return bool((compiled.fullmatch if full else compiled.search)(_as_text(got)))

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
        try:
            expected = json.loads(expected) if isinstance(expected, str) else expected
        except ValueError:
            pass  # an expected text stands for itself
        return _same(got, expected)

    return _check("json_equal", compare, key, output, name, {}, whole=True)


def numeric_close(
    *,
    rel: float = 1e-9,
    abs: float = 0.0,  # noqa: A002 - the word of math.isclose and pytest.approx
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
        wanted, number = _as_number(expected), _as_number(got)
        if wanted is None:
            raise ScorerError(f"numeric_close: the expectation {expected!r} is not a number")
        return number is not None and math.fabs(number - wanted) <= max(rel * math.fabs(wanted), abs)

    return _check("numeric_close", compare, key, output, name, {"rel": rel, "abs": abs})


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
    configured = payload.encode({**settings, "key": key, "output": output}, kind, canonical=True).text
    # The number is the revision of the comparison: raised when a change of ours changes a value.
    fingerprint = f"builtin:{kind}/1:{payload.digest(configured)}"
    return Check(kind if name is None else name, fingerprint, compare, key, output, fixed, whole)


def _expected_key(expectations: Mapping[str, Any], key: str | None) -> str:
    known = ", ".join(map(repr, expectations)) or "nothing"
    if key is not None:
        if key in expectations:
            return key
        raise ScorerError(f"the case has no expectation {key!r}; it expects {known}")
    for usual in DEFAULT_KEYS:
        if usual in expectations:
            return usual
    if len(expectations) == 1:
        return next(iter(expectations))
    raise ScorerError(f"no expectation to compare with: the case expects {known}; name one with key='…'")


def _chosen(outputs: Any, output: str | None, key: str, *, whole: bool) -> Any:
    """Return the part of the outputs that is compared."""
    if not isinstance(outputs, Mapping):
        return outputs
    wanted = key if output is None else output
    if wanted in outputs:
        return outputs[wanted]
    if output is None and whole:
        return outputs
    if output is None and len(outputs) == 1:
        return next(iter(outputs.values()))
    known = ", ".join(map(repr, outputs)) or "nothing"
    raise ScorerError(f"the outputs have no {wanted!r}; they have {known}: name one with output='…'")


def _compiled(pattern: Any, flags: re.RegexFlag) -> re.Pattern[str]:
    try:
        return re.compile(pattern, flags)
    except (re.error, TypeError, OverflowError, RecursionError) as error:
        raise ScorerError(f"regex: {pattern!r} is not a regular expression: {error}") from None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else payload.encode(value, "value").text


def _as_number(value: Any) -> float | None:
    if isinstance(value, str):
        found = _NUMBER.findall(value)
        value = float(found[0].replace(",", "")) if len(found) == 1 else None
    if value is None or isinstance(value, bool) or not hasattr(value, "__float__"):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _same(a: Any, b: Any) -> bool:
    """Compare as JSON does: ``true`` is no number, a tuple is a list, keys have no order."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)
