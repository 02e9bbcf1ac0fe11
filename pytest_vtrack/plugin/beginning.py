"""What a trial starts from: its inputs, of its own, and who it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.alone import is_overridden
from pytest_vtrack.plugin.execution import Execution
from pytest_vtrack.plugin.handles import CaseHandle
from pytest_vtrack.plugin.repetitions import STEP
from pytest_vtrack.plugin.slots import CASE_FIXTURE, nodeid_of
from pytest_vtrack.plugin.trial import Trial, identity_of

if TYPE_CHECKING:
    from pytest_vtrack.plugin.execution import Await
    from pytest_vtrack.plugin.handles import RunHandle
    from pytest_vtrack.plugin.slots import CaseSlot

Kind = Callable[[Mapping[str, Any], Mapping[str, str], "Await"], Execution]
"""Makes a trial of its inputs, its tags and how to await."""

_UNCHANGING = frozenset({str, int, float, bool, type(None)})


def begin(
    item: pytest.Item,
    handle: CaseHandle,
    run: RunHandle,
    await_: Await,
    kind: Kind = Execution,
    earlier: Trial | None = None,
) -> Trial:
    """Begin a trial of the case that an item runs.

    :param kind: what the trial is to be.
    :param earlier: one of the same item that was not torn down as pytest does it.
    """
    again = _ended_early(earlier) if earlier is not None and earlier.result is not None else 0
    handle = _own_handle(item, handle)
    execution = execution_of(handle.slot, await_, kind) or kind(parameters(item), {}, await_)
    nodeid = nodeid_of(item)
    identity = identity_of(item, handle.slot, nodeid)
    handle.begin(execution, run, identity)
    return Trial(handle, nodeid, identity, attempt_of(item) + again, execution, again=again)


def _ended_early(trial: Trial) -> int:
    """End a trial that is followed by another of its item, and return which one that is."""
    trial.execution.captured()
    trial.handle.end()
    return trial.again + 1


def _own_handle(item: pytest.Item, handle: CaseHandle) -> CaseHandle:
    """Return a handle that no other trial has: items that differ in other parameters share one."""
    if not handle.in_use:
        return handle
    own = CaseHandle(handle.slot)
    item.callspec.params[CASE_FIXTURE] = own  # type: ignore[attr-defined]  # what shares one has it from there
    return own


def execution_of(slot: CaseSlot, await_: Await, kind: Kind = Execution) -> Execution | None:
    """Return what a trial of a dataset's case starts from, ``None`` where the test has no dataset."""
    case = slot.case
    if case is None:
        return None
    execution = kind(own_copy(case.inputs), case.tags, await_)
    execution.expectations.update(own_copy(case.expectations))
    return execution


def hand_over(item: pytest.Item) -> None:
    """Give a test the case of its item; having pytest look it up as a fixture takes a tenth of a no-op test.

    Fixtures that ask for the case get the same one the long way; so does one in its place.
    """
    callspec = getattr(item, "callspec", None)
    if callspec is None or CASE_FIXTURE not in callspec.params:
        return
    if not is_overridden(item._fixtureinfo.name2fixturedefs):  # type: ignore[attr-defined]  # noqa: SLF001
        item.funcargs[CASE_FIXTURE] = callspec.params[CASE_FIXTURE]  # type: ignore[attr-defined]


def attempt_of(item: pytest.Item) -> int:
    """Return which rerun an item is, as pytest-rerunfailures counts them."""
    return max(0, getattr(item, "execution_count", 1) - 1)


def own_copy(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy that the application may change; objects that cannot be copied are shared."""
    if _UNCHANGING.issuperset(map(type, values.values())):
        return dict(values)
    try:
        return deepcopy(dict(values))
    except Exception:  # an object of the user may refuse in any way
        return dict(values)


def parameters(item: pytest.Item) -> dict[str, Any]:
    """Return the parameters of a parametrized test without a dataset, as the inputs of its case."""
    callspec = getattr(item, "callspec", None)
    params = callspec.params if callspec else {}
    return {name: value for name, value in params.items() if name not in (CASE_FIXTURE, STEP)}
