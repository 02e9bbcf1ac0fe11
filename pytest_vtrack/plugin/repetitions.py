"""What pytest-repeat repeats: trials of one case, which would otherwise count as so many cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from pytest_vtrack.plugin.handles import CaseHandle
from pytest_vtrack.plugin.slots import CASE_FIXTURE

STEP = "__pytest_repeat_step_number"
"""The parameter that pytest-repeat gives to each repetition."""


def number_trials(items: Iterable[pytest.Item]) -> None:
    """Give each repetition of a case a trial number of its own."""
    for item in items:
        found = repetition(item)
        params = getattr(item, "callspec").params if found else {}  # noqa: B009  what is repeated has one
        handle = params.get(CASE_FIXTURE)
        if found and isinstance(handle, CaseHandle):
            step, count = found
            params[CASE_FIXTURE] = CaseHandle(replace(handle.slot, trial=handle.slot.trial * count + step))


def repetition(item: pytest.Item) -> tuple[int, int] | None:
    """Return which repetition an item is, from 0, and of how many; ``None`` where it is not repeated."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or STEP not in callspec.params:
        return None
    return callspec.params[STEP], int(callspec.id.rpartition("-")[2])


def without_repetition(item: pytest.Item, item_id: str) -> str:
    """Return the id of an item's parameters without the end that tells its repetitions apart."""
    found = repetition(item)
    return item_id.removesuffix(f"{found[0] + 1}-{found[1]}").removesuffix("-") if found else item_id
