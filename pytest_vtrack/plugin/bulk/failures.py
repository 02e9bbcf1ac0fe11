"""What the item of a chunk says of the cases in it that failed."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.plugin.execution import error_text

if TYPE_CHECKING:
    from pytest_vtrack.plugin.chunks import Chunk
    from pytest_vtrack.plugin.trial import Trial

LISTED = 10
"""How many failing cases are listed."""
_LONGEST = 200


class Failures:
    """The failing cases of one chunk: all are counted, the first ones kept as texts."""

    def __init__(self, item: pytest.Item, chunk: Chunk) -> None:
        self._item = item
        self._chunk = chunk
        self._lines: list[str] = []
        self._first = ""
        self._rerun = ""
        self.count = 0
        self.ended_at: int | None = None
        """After which trial the session ended the chunk; ``None``: it ran to its end."""

    def add(self, trial: Trial, error: BaseException) -> None:
        """Take a case that failed."""
        if not self.count:
            self._first = str(self._item.repr_failure(pytest.ExceptionInfo.from_exception(error)))
        self.add_stored(trial.slot.id, trial.nodeid, error_text(error) if self.count < LISTED else "")

    def add_stored(self, name: str, nodeid: str, why: str) -> None:
        """Take a case that failed when it ran, and is told again."""
        self.count += 1
        self._rerun = self._rerun or shlex.join(["pytest", nodeid])
        if self.count <= LISTED:
            line = why.partition("\n")[0]
            self._lines.append(f"  {name}: {line if len(line) <= _LONGEST else f'{line[: _LONGEST - 1]}…'}")

    def raise_any(self) -> None:
        """Fail the item where any case failed; a chunk that did not run to its end has not passed either."""
        __tracebackhide__ = True
        if not self.count:
            if self.ended_at is not None and self.ended_at + 1 < self._chunk.weight:
                pytest.skip("the session ended within this chunk")
            return
        more = [f"  and {self.count - LISTED} more"] if self.count > LISTED else []
        lines = [
            f"{self.count} of {self._chunk.weight} cases failed:",
            *self._lines,
            *more,
            f"The first of them alone: {self._rerun}",
            "",
            self._first,
        ]
        pytest.fail("\n".join(lines), pytrace=False)
