"""Two runs read side by side: each case with the trials of both, in one pass over the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult

_Key = tuple[str, str, str, str]
_Group = tuple[_Key, list["CaseResult"]]


class Paired(NamedTuple):
    """The trials of one case in both runs; a side that does not have the case is empty."""

    baseline: list[CaseResult]
    current: list[CaseResult]

    @property
    def same_content(self) -> bool:
        """Whether both sides have the case, with equal inputs and expectations."""
        both = self.baseline and self.current
        return bool(both) and self.baseline[0].key.digest == self.current[0].key.digest


def paired_cases(baseline: Iterable[CaseResult], current: Iterable[CaseResult]) -> Iterator[Paired]:
    """Join two streams that are sorted by test, dataset, case id and flags.

    Only one case of each is held at a time. Cases of one name with several contents pair by content first.
    """
    before, now = _groups(baseline), _groups(current)
    old, new = next(before, None), next(now, None)
    while old or new:
        if new is None or (old and old[0] < new[0]):
            assert old is not None, "one of the two is left"
            yield from _by_content(old[1], [])
            old = next(before, None)
        elif old is None or new[0] < old[0]:
            yield from _by_content([], new[1])
            new = next(now, None)
        else:
            yield from _by_content(old[1], new[1])
            old, new = next(before, None), next(now, None)


def _groups(results: Iterable[CaseResult]) -> Iterator[_Group]:
    for key, trials in groupby(results, name_of):
        yield key, list(trials)


def name_of(result: CaseResult) -> _Key:
    """Return what a case is called, whatever its content; results are sorted by it."""
    key = result.key
    return key.test, key.dataset, key.case_id, key.flags


def _by_content(old: list[CaseResult], new: list[CaseResult]) -> Iterator[Paired]:
    """Pair equal contents; what is left over on both sides is an edited case."""
    before, now = _contents(old), _contents(new)
    shared = [digest for digest in now if digest in before]
    for digest in shared:
        yield Paired(before.pop(digest), now.pop(digest))
    left, right = list(before.values()), list(now.values())
    for position in range(max(len(left), len(right))):
        yield Paired(
            left[position] if position < len(left) else [],
            right[position] if position < len(right) else [],
        )


def _contents(trials: list[CaseResult]) -> dict[str, list[CaseResult]]:
    found: dict[str, list[CaseResult]] = {}
    for trial in trials:
        found.setdefault(trial.key.digest, []).append(trial)
    return found
