"""What pytest-repeat repeats: trials of one case, which would otherwise count as so many cases."""

from __future__ import annotations

import re
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
    found = _parts(item)
    return (int(found["step"]) - 1, int(found["count"])) if found else None


def without_repetition(item: pytest.Item) -> str:
    """Return the id of a parametrized item's parameters without what tells its repetitions apart."""
    if (found := _parts(item)) is None:
        return str(item.callspec.id)  # type: ignore[attr-defined]
    return "-".join(part for part in found.group("before", "after") if part is not None)


def _parts(item: pytest.Item) -> re.Match[str] | None:
    """Cut the id of an item's parameters where it names the repetition; hooks may add to its end."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or STEP not in callspec.params:
        return None
    step = callspec.params[STEP] + 1
    pattern = rf"(?:(?P<before>.*)-)?(?P<step>{step})-(?P<count>\d+)(?:-(?P<after>.*))?"
    return re.fullmatch(pattern, callspec.id, re.DOTALL)
