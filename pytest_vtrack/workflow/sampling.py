"""Choosing some of many at random, the same ones whenever the seed is the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

_Item = TypeVar("_Item")


def sample(items: Sequence[_Item], size: int, *, seed: int, key: Callable[[_Item], str]) -> list[_Item]:
    """Return ``size`` of the items in the order in which they stand, or all where there are no more.

    :param key: what an item is known by: the choice does not depend on the order of the items.
    """
    if len(items) <= size:
        return list(items)
    ordered = sorted(items, key=key)
    chosen = {key(item) for item in Random(seed).sample(ordered, size)}
    return [item for item in items if key(item) in chosen]


def stratified(
    items: Sequence[_Item],
    size: int,
    *,
    seed: int,
    key: Callable[[_Item], str],
    stratum: Callable[[_Item], str],
) -> list[_Item]:
    """Return ``size`` of the items, of each stratum its share, and at least one while there is room.

    Shares are as proportional as whole numbers can be.
    """
    strata: dict[str, list[_Item]] = defaultdict(list)
    for item in items:
        strata[stratum(item)].append(item)
    sizes = _shares({name: len(members) for name, members in strata.items()}, size)
    chosen = {
        key(item)
        for name, members in strata.items()
        for item in sample(members, sizes[name], seed=seed, key=key)
    }
    return [item for item in items if key(item) in chosen]


def _shares(sizes: dict[str, int], size: int) -> dict[str, int]:
    total = sum(sizes.values())
    if total <= size:
        return sizes
    least = 1 if size >= len(sizes) else 0
    exact = {name: count * size / total for name, count in sizes.items()}
    shares = {name: max(least, int(part)) for name, part in exact.items()}
    while (left := size - sum(shares.values())) != 0:
        step = 1 if left > 0 else -1  # what is owed most gets one more, or what has most too much gives one
        able = [name for name in exact if step > 0 or shares[name] > least]
        name = max(able, key=lambda each: (step * (exact[each] - shares[each]), each))
        shares[name] += step
    return shares
