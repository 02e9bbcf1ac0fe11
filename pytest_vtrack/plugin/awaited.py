"""The cases of a run that have not reported yet: counted, so that a million of them need no million names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

Extent = list[Any]
"""A chunk as a plain value: node id of its item, first case, the case after its last, trials a case."""
Place = tuple[str, int]
"""Node id of a chunk's item, and which of its trials."""
NAMED = 3
"""How many are named."""


class Awaited:
    """Node ids of single cases, and chunks of cases."""

    def __init__(self, nodeids: Iterable[str], extents: Iterable[Extent] = ()) -> None:
        self._single = set(nodeids)
        self._chunks = {nodeid: _Open(*extent) for nodeid, *extent in extents}

    def __len__(self) -> int:
        return len(self._single) + sum(chunk.left for chunk in self._chunks.values())

    def discard(self, nodeid: str, number: int | None = None) -> None:
        """Take note that a case has reported; twice is no harm.

        :param number: which trial of a chunk; ``None``: the node id is that of a single case.
        """
        if number is None:
            self._single.discard(nodeid)
        elif (chunk := self._chunks.get(nodeid)) and chunk.done(number) == 0:
            del self._chunks[nodeid]

    def names(self) -> str:
        """Name the first cases that are missing, and say how many more there are."""
        named = list(islice(self._names(), NAMED))
        more = len(self) - sum(count for _, count in named)
        return ", ".join(name for name, _ in named) + (f" and {more} more" if more else "")

    def _names(self) -> Iterator[tuple[str, int]]:
        """Yield each missing case, or range of them, and how many trials it is."""
        yield from ((nodeid, 1) for nodeid in sorted(self._single))
        for nodeid, chunk in self._chunks.items():
            for first, last, count in chunk.missing():
                cases = f"case {first}" if first == last else f"cases {first}-{last}"
                yield f"{cases} of {nodeid}", count


class _Open:
    """A chunk some of whose trials have not reported."""

    __slots__ = ("_per_case", "_reported", "_start", "left")

    def __init__(self, start: int, stop: int, per_case: int) -> None:
        self._start = start
        self._per_case = per_case
        self.left = (stop - start) * per_case
        self._reported = bytearray()  # a byte a trial, made when the first one reports

    def done(self, number: int) -> int:
        """Tick one trial off, and return how many are left."""
        if not self._reported:
            self._reported = bytearray(self.left)
        self.left -= not self._reported[number]
        self._reported[number] = 1
        return self.left

    def missing(self) -> Iterator[tuple[int, int, int]]:
        """Yield first and last case of each gap, counted from 1, and how many trials it has."""
        reported = self._reported or bytearray(self.left)
        begin = reported.find(0)
        while begin >= 0:
            end = reported.find(1, begin)
            end = len(reported) if end < 0 else end
            yield self._case(begin), self._case(end - 1), end - begin
            begin = reported.find(0, end)

    def _case(self, number: int) -> int:
        return self._start + number // self._per_case + 1
