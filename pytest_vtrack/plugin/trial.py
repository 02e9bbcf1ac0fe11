"""A test item while it runs as a trial of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_vtrack.plugin.repetitions import without_repetition

if TYPE_CHECKING:
    import pytest

    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.plugin.calls import Call
    from pytest_vtrack.plugin.execution import Execution
    from pytest_vtrack.plugin.handles import CaseHandle
    from pytest_vtrack.plugin.judging import Judging
    from pytest_vtrack.plugin.slots import CaseSlot


@dataclass(slots=True)
class Trial:
    """Which case runs, what was measured of it, and in the end its result."""

    handle: CaseHandle
    nodeid: str
    identity: str
    """The node id without what only tells cases, flag states, versions and trials of one test apart."""
    attempt: int
    """0, or which rerun of the same trial this is."""
    execution: Execution
    failed_part: BaseException | None = None
    """Of a test that goes on after a part of it, a subtest, has failed."""
    result: CaseResult | None = None
    called: Call | None = None
    """The call that ran ahead of the item, once the item has taken it."""
    judging: Judging | None = None
    """What asks scorers as part of that call."""
    told: bool = False
    """Whether pytest reported the call; a plugin such as pytest-retry runs an item again under one report."""
    again: int = 0
    """How often the item ran before under that report."""
    function: Any = None
    """What pytest is to call, before other plugins put theirs in its place."""

    @property
    def slot(self) -> CaseSlot:
        """Which case, version, flag state and trial it is."""
        return self.handle.slot


def identity_of(item: pytest.Item, slot: CaseSlot, nodeid: str) -> str:
    """Return an item's node id without what stands for its slot and repetition; other parameters stay."""
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return nodeid
    item_id = without_repetition(item)
    if not slot.id:
        name = nodeid.removesuffix(f"[{callspec.id}]")
        return nodeid if item_id == callspec.id else f"{name}[{item_id}]" if item_id else name
    if item_id == slot.id:
        return slot.test.id
    escaped = slot.id.encode("unicode_escape").decode("ascii")
    for own in (slot.id, escaped):
        if item_id == own:
            return slot.test.id
        if item_id.startswith(f"{own}-"):
            return f"{slot.test.id}[{item_id[len(own) + 1 :]}]"
        if item_id.endswith(f"-{own}"):
            return f"{slot.test.id}[{item_id[: -len(own) - 1]}]"
    return nodeid
