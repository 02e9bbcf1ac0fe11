"""What a session is expected to run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_vtrack.plugin.awaited import Extent
    from pytest_vtrack.plugin.runs import RunKey
    from pytest_vtrack.plugin.slots import TrackedTest


@dataclass(frozen=True)
class Plan:
    """What a session is expected to run: the same in every process that collected the same tests."""

    expected: dict[RunKey, list[str]]
    """Node ids by run, of items that are a case each."""
    params: dict[RunKey, dict[str, str]]
    """What the markers say about the version under test, by run."""
    partial: str | None
    """Why only a part of the collected cases was selected, in words; ``None`` when all are."""
    whole: frozenset[RunKey] = frozenset()
    """Runs of listed versions that have all of their cases, although other runs have not."""
    chunks: dict[RunKey, list[Extent]] = field(default_factory=dict)
    """Items that are many cases each, by run."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no case at all, only runs of which other shards have cases."""
        return not self.chunks and not any(self.expected.values())


def params_of(tests: Iterable[TrackedTest]) -> dict[str, str]:
    """Return the parameters of the version that markers name; where tests differ, all of their values."""
    values: dict[str, dict[str, None]] = {}
    for test in tests:
        for name, value in test.arguments.params.items():
            values.setdefault(str(name), {})[str(value)] = None
    return {name: ", ".join(several) for name, several in values.items()}
