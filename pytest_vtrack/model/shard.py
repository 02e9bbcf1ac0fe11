"""Shards: sessions on several machines that fill one run, each with its part of the cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from pytest_vtrack.model.run import RunStatus

NEVER_REPORTED = "never reported"
"""What the reason of a session says that ended by itself without all of its cases."""

_NAMED = 3
"""How many cases a message names."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One session's part in a run that it shares."""

    id: str
    """The same for the same part of the cases, so that a shard which runs again is no second one."""
    key: str
    """The run key that the sessions have in common."""
    number: int | None = None
    """Which of the parts, where the CI says so."""
    total: int | None = None
    """How many parts there are, where the CI says so."""
    place: str = ""
    """Where a person finds it: the host, or the URL of the job."""
    nodeids: frozenset[str] = field(default=frozenset(), repr=False)
    """Of the cases that it is to store."""
    chunks: tuple[tuple[str, int, int, int], ...] = ()
    """Parts of very large sets: node id, first case, the case after the last, trials a case."""
    status: RunStatus = "running"
    reason: str | None = None
    started_at: float = 0.0
    ended_at: float | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        if self.number is None:
            return f"the shard on {self.place}" if self.place else f"shard {self.id[:8]}"
        return f"shard {self.number}" + (f" of {self.total}" if self.total else "")

    @property
    def expected(self) -> int:
        """How many cases it is to store."""
        return len(self.nodeids) + sum((stop - start) * each for _, start, stop, each in self.chunks)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What several shards amount to."""

    status: RunStatus
    reason: str | None
    expected: int
    lacking: tuple[str, ...] = ()
    """What is missing, in words: a line a shard."""


def settled(
    shards: Sequence[Shard], stored: Collection[str], total: int | None = None, *, final: bool = False
) -> Settlement:
    """Decide whether the shards of a run have stored everything that they were to.

    :param stored: node ids of the cases that are stored.
    :param total: how many shards there are, where the user says so; else what the CI said.
    :param final: nobody will store more, so that what is missing now stays missing.
    """
    nodeids = frozenset[str]().union(*(shard.nodeids for shard in shards))
    chunks = {chunk for shard in shards for chunk in shard.chunks}
    expected = len(nodeids) + sum((stop - start) * each for _, start, stop, each in chunks)
    total = total or _announced(shards)
    absent = _absent(shards, total)
    lacking = [*absent, *filter(None, (_lack(shard, stored) for shard in shards))]
    if lacking:
        awaited = not final and (absent or any(shard.status == "running" for shard in shards))
        return Settlement("running" if awaited else "incomplete", "; ".join(lacking), expected, (*lacking,))
    if len(shards) == 1 and total <= 1:  # only then was a part of the cases chosen by a person
        return Settlement(shards[0].status, shards[0].reason, expected)
    return Settlement("complete", None, expected)


def _announced(shards: Sequence[Shard]) -> int:
    """Return how many shards there are by what they say; 0 where none says it.

    A number that is too high for that many tells of more: they count from 0, or one was given a wrong total.
    """
    total = max((shard.total or 0 for shard in shards), default=0)
    numbers = {shard.number for shard in shards if shard.number is not None}
    return max(total, max(numbers, default=0) + (0 in numbers)) if total else 0


def _absent(shards: Sequence[Shard], total: int) -> list[str]:
    """Name the shards that never began."""
    numbers = {shard.number for shard in shards if shard.number is not None}
    known = len(numbers) or len(shards)
    if known >= total:
        return []
    first = 0 if 0 in numbers else 1
    missing = [number for number in range(first, first + total) if number not in numbers]
    if not numbers:
        return [f"{total - known} of {total} shards have not begun"]
    named = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")
    what = f"shards {named} of {total} have" if len(missing) > 1 else f"shard {named} of {total} has"
    return [f"{what} not begun"]


def _lack(shard: Shard, stored: Collection[str]) -> str | None:
    """Say what a shard has not stored; one that is gone and left nothing to do has finished."""
    missing = sorted(nodeid for nodeid in shard.nodeids if nodeid not in stored)
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        # What did not report is named as it is now; another shard may have stored some of it.
        how = "ended" if NEVER_REPORTED in (shard.reason or "") else _how(shard)
        count = f"{len(missing)} of {shard.expected} cases are missing"
        return f"{shard.name} {how}: {count}: {', '.join(missing[:_NAMED])}{more}"
    if not shard.chunks or shard.status in ("complete", "partial"):
        return None
    return f"{shard.name} {_how(shard)}"


def _how(shard: Shard) -> str:
    """Say how the session of a shard ended."""
    return "has not finished" if shard.status == "running" else shard.reason or "stopped"
