"""How many items a worker is given at a time."""

from __future__ import annotations

from pytest_vtrack.plugin.chunks import names_chunk


def due(held: int, left: int, in_hand: int, workers: int, wanted: int) -> int:
    """Return how many more items a worker gets.

    :param held: how many it has.
    :param left: how many nobody has.
    :param in_hand: how many all workers together have.
    :param wanted: how many it has use for; it gets no more than its share of those while others have less.
    """
    share = -(-(left + in_hand) // workers)
    floor = min(wanted, share)
    least = max(floor * 3 // 4, min(2, share), left // workers // 8)
    most = max(floor, left // workers // 4)
    return min(most - held, left) if held < least else 0


def may_be_one_of_many(nodeid: str) -> bool:
    """Tell whether an item may be a case: a test without parameters has one at most, a chunk is many."""
    return "[" in nodeid and not names_chunk(nodeid.partition("[")[2].removesuffix("]"))


def same_test(one: str, other: str) -> bool:
    """Tell whether the ids of two items are of one test."""
    return one.partition("[")[0] == other.partition("[")[0]
