"""Whether a text stands in the output."""

from __future__ import annotations

import re
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.check import Check
from pytest_vtrack.scoring.configured import check
from pytest_vtrack.scoring.likeness import as_text
from pytest_vtrack.scoring.measures import YES_NO


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
    :raises ScorerError: ``text`` is empty; an expected text is.
    """
    if text == "":
        raise ScorerError("contains: text='' is in every output; give a text to look for")

    def compare(got: Any, expected: Any) -> bool:
        wanted = _looked_for(expected, "contains")
        if got is None or not wanted:
            return False
        found = _found(got, wanted, ignore_case)
        return any(found) if any_of else all(found)

    settings = {"text": text, "ignore_case": ignore_case, "any_of": any_of}
    return check("contains", compare, key, output, name, settings, fixed=text)


def not_contains(
    text: str | None = None,
    *,
    key: str | None = None,
    output: str | None = None,
    ignore_case: bool = False,
    name: str | None = None,
) -> Check:
    """Say whether the output, as text, contains none of the unwanted texts. Bool; higher is better.

    An output ``None`` contains nothing.

    :param text: what no output may contain; default: the case's expectation, a text or a list of texts.
    :raises ScorerError: ``text`` is empty; an expected text is.
    """
    if text == "":
        raise ScorerError("not_contains: text='' is in every output; give a text to look for")

    def compare(got: Any, expected: Any) -> bool:
        unwanted = _looked_for(expected, "not_contains")
        return got is None or not any(_found(got, unwanted, ignore_case))

    settings = {"text": text, "ignore_case": ignore_case}
    return check("not_contains", compare, key, output, name, settings, fixed=text, measures=YES_NO)


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
    return check("regex", compare, key, output, name, settings, fixed=pattern)


def _looked_for(expected: Any, kind: str) -> list[Any]:
    """Return the texts that are expected.

    :raises ScorerError: one is none, or is in every output.
    """
    texts = expected if isinstance(expected, list) else [expected]
    if "" in texts or None in texts:
        raise ScorerError(f"{kind}: the expectation {expected!r} must be texts that are not empty")
    return texts


def _found(got: Any, texts: list[Any], ignore_case: bool) -> list[bool]:
    fold = str.casefold if ignore_case else str
    return [fold(as_text(each)) in fold(as_text(got)) for each in texts]


def _compiled(pattern: Any, flags: re.RegexFlag) -> re.Pattern[str]:
    try:
        return re.compile(pattern, flags)
    except (re.error, TypeError, OverflowError, RecursionError) as error:
        raise ScorerError(f"regex: {pattern!r} is not a regular expression: {error}") from None
