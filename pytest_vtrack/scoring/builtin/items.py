"""How many of the expected items the output has, and how many of its items are expected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model import payload
from pytest_vtrack.scoring.check import Check
from pytest_vtrack.scoring.configured import check
from pytest_vtrack.scoring.measures import SHARE


def set_precision(
    *,
    key: str | None = None,
    output: str | None = None,
    ignore_case: bool = False,
    repeats: bool = False,
    name: str | None = None,
) -> Check:
    """Return the share of the output's items that are expected. 0 to 1; higher is better.

    ``|output ∩ expected| / |output|``; nothing to say where the output has no items.

    :param repeats: count an item as often as it stands there, as a multiset; default: once.
    """

    def share(common: int, given: int, _: int) -> float | None:
        return common / given if given else None

    return _items("set_precision", share, key, output, name, ignore_case, repeats)


def set_recall(
    *,
    key: str | None = None,
    output: str | None = None,
    ignore_case: bool = False,
    repeats: bool = False,
    name: str | None = None,
) -> Check:
    """Return the share of the expected items that the output has. 0 to 1; higher is better.

    ``|output ∩ expected| / |expected|``; nothing to say where no item is expected.

    :param repeats: count an item as often as it stands there, as a multiset; default: once.
    """

    def share(common: int, _: int, expected: int) -> float | None:
        return common / expected if expected else None

    return _items("set_recall", share, key, output, name, ignore_case, repeats)


def set_f1(
    *,
    key: str | None = None,
    output: str | None = None,
    ignore_case: bool = False,
    repeats: bool = False,
    name: str | None = None,
) -> Check:
    """Return the harmonic mean of precision and recall of the items. 0 to 1; higher is better.

    ``2 |output ∩ expected| / (|output| + |expected|)``; 1 where both have no items.

    :param repeats: count an item as often as it stands there, as a multiset; default: once.
    """

    def share(common: int, given: int, expected: int) -> float:
        return 2 * common / (given + expected) if given + expected else 1.0

    return _items("set_f1", share, key, output, name, ignore_case, repeats)


def _items(
    kind: str,
    share: Callable[[int, int, int], float | None],
    key: str | None,
    output: str | None,
    name: str | None,
    ignore_case: bool,
    repeats: bool,
) -> Check:
    def counted(items: list[Any]) -> Counter[str]:
        texts = [_standing_for(item, ignore_case) for item in items]
        return Counter(texts if repeats else set(texts))

    def compare(got: Any, expected: Any) -> float | None:
        if not isinstance(expected, (list, tuple, set, frozenset)):
            raise ScorerError(f"{kind}: the expectation {expected!r} must be a list")
        given, wanted = counted(_listed(got)), counted(list(expected))
        return share((given & wanted).total(), given.total(), wanted.total())

    settings = {"ignore_case": ignore_case, "repeats": repeats}
    return check(kind, compare, key, output, name, settings, measures=SHARE)


def _listed(got: Any) -> list[Any]:
    """Return the items of a list, or of the JSON text of one; anything else is one item, None is none."""
    if isinstance(got, str) and got.lstrip().startswith("["):
        try:
            got = json.loads(got)
        except ValueError:
            return [got]
    if got is None:
        return []
    return list(got) if isinstance(got, (list, tuple, set, frozenset)) else [got]


def _standing_for(item: Any, ignore_case: bool) -> str:
    """Return a text that equal items share, as JSON compares: 1 is 1.0, and true is no number."""
    return payload.encode(_alike(item, ignore_case), "item", canonical=True).text


def _alike(value: Any, ignore_case: bool) -> Any:
    if isinstance(value, str):
        return value.casefold() if ignore_case else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _alike(each, ignore_case) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_alike(each, ignore_case) for each in value]
    return value
