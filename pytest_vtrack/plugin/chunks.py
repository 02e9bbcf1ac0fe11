"""Cases of very large sets in chunks: one test item runs many of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_vtrack.plugin.slots import CaseSlot, flag_states, slots_of

if TYPE_CHECKING:
    from pytest_vtrack.plugin.awaited import Extent
    from pytest_vtrack.plugin.slots import TrackedTest

FEWEST, MOST = 100, 1000
"""How many cases a chunk has: few enough for several workers, many enough that pytest's own part is small."""
_CHUNK_ID = re.compile(r"(?:^|-)cases_\d+-\d+(?:-|$)")


@dataclass(frozen=True)
class Chunk:
    """Some consecutive cases of one test under one version: what one item of a very large set runs."""

    slot: CaseSlot
    """Test, version and what the item's node id says; it has no case of its own."""
    start: int
    stop: int
    repeat: int
    per_case: int
    """How many trials each case has: flag states times repeats."""

    @property
    def weight(self) -> int:
        """How many trials the chunk has."""
        return (self.stop - self.start) * self.per_case

    def slots(self) -> Iterator[CaseSlot]:
        """Read the cases, and yield each of their trials in the order of single items."""
        dataset = self.slot.test.dataset
        assert dataset is not None, "only a dataset has so many cases"
        cases = dataset.cases[self.start : self.stop]
        return slots_of(self.slot.test, self.repeat, cases, [self.slot.version])


def chunks_of(test: TrackedTest, repeat: int) -> list[Chunk]:
    """Divide the cases of a test: the same chunks in every process, whatever the number of workers."""
    assert test.dataset is not None, "only a dataset has so many cases"
    total = len(test.dataset)
    size = max(FEWEST, min(MOST, -(-total // 200)))
    per_case = repeat * len(flag_states(test.arguments.flags))
    return [
        Chunk(CaseSlot(test, version=version, id=_id(start, stop, version)), start, stop, repeat, per_case)
        for start in range(0, total, size)
        for stop in (min(start + size, total),)
        for version in (*test.arguments.versions,) or (None,)
    ]


def extent_of(chunk: Chunk, nodeid: str) -> Extent:
    """Return which cases the item of a chunk is to run, as the controller counts them."""
    return [nodeid, chunk.start, chunk.stop, chunk.per_case]


def _id(start: int, stop: int, version: str | None) -> str:
    """Return what stands in the node id; without spaces, so that ``-k`` takes it."""
    return "-".join(filter(None, (f"cases_{start + 1}-{stop}", version)))


def named_slots(test: TrackedTest, repeat: int, names: Sequence[str]) -> list[CaseSlot]:
    """Return the slots that stand, alone or with other parameters, in the brackets of node ids."""
    return [slot for slot in slots_of(test, repeat) if any(_stands_in(name, slot.id) for name in names)]


def _stands_in(name: str, own: str) -> bool:
    if own not in name:  # nearly always
        if own.isascii():
            return False
        own = own.encode("unicode_escape").decode("ascii")
    return name == own or name.startswith(f"{own}-") or name.endswith(f"-{own}")


def named_cases(args: Sequence[str], function: str) -> list[str]:
    """Return what stands in the brackets of node ids that name single cases of a test, not chunks."""
    start = f"::{function}["
    named = [arg.partition(start)[2].removesuffix("]") for arg in args if start in arg]
    return [name for name in named if not names_chunk(name)]


def names_chunk(text: str) -> bool:
    """Tell whether what stands in the brackets of a node id is of a chunk."""
    return _CHUNK_ID.search(text) is not None


def single_nodeid(nodeid: str, chunk: str, slot: str) -> str:
    """Return the node id that a case would have if it were an item of its own."""
    escaped = chunk if chunk in nodeid else chunk.encode("unicode_escape").decode("ascii")
    before, _, after = nodeid.rpartition(escaped)
    return f"{before}{slot if slot.isascii() else slot.encode('unicode_escape').decode('ascii')}{after}"
