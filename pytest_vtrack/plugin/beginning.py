"""What a trial starts from: its inputs, of its own, and who it is."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.collection import CASE_FIXTURE, nodeid_of
from pytest_vtrack.plugin.execution import Execution
from pytest_vtrack.plugin.trial import Trial, identity_of

if TYPE_CHECKING:
    from pytest_vtrack.plugin.execution import Await
    from pytest_vtrack.plugin.handles import CaseHandle, RunHandle

_UNCHANGING = frozenset({str, int, float, bool, type(None)})


def begin(item: pytest.Item, handle: CaseHandle, run: RunHandle, await_: Await) -> Trial:
    """Begin a trial of the case that an item runs."""
    case = handle.slot.case
    inputs = own_copy(case.inputs) if case else _parameters(item)
    execution = Execution(inputs, case.tags if case else {}, await_)
    if case:
        execution.expectations.update(own_copy(case.expectations))
    attempt = max(0, getattr(item, "execution_count", 1) - 1)  # counted by pytest-rerunfailures
    nodeid = nodeid_of(item)
    identity = identity_of(item, handle.slot, nodeid)
    handle.begin(execution, run, identity)
    return Trial(handle, nodeid, identity, attempt, execution)


def own_copy(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy that the application may change; objects that cannot be copied are shared."""
    if _UNCHANGING.issuperset(map(type, values.values())):
        return dict(values)
    try:
        return deepcopy(dict(values))
    except Exception:  # an object of the user may refuse in any way
        return dict(values)


def _parameters(item: pytest.Item) -> dict[str, Any]:
    """Return the parameters of a parametrized test without a dataset, as the inputs of its case."""
    callspec = getattr(item, "callspec", None)
    return {k: v for k, v in callspec.params.items() if k != CASE_FIXTURE} if callspec else {}
