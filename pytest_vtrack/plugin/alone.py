"""What a test needs for each of its items alone, so that they cannot share one set of fixtures."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from pytest_vtrack.plugin.alone_with_others import why_alone_with_others
from pytest_vtrack.plugin.slots import CASE_FIXTURE

_DIRECT = "get_direct_param_fixture_func"  # what pytest makes of a parameter that is no fixture


def own_fixture(names: Iterable[str], definitions: Mapping[str, Sequence[Any]]) -> str | None:
    """Return the first fixture among some that every item has for itself, besides vtrack's own."""
    for name in names:
        found = definitions.get(name)
        if name == CASE_FIXTURE:
            if is_overridden(definitions):
                return name
        elif found and found[-1].scope == "function" and not is_direct(found[-1]):
            return name
    return None


def is_overridden(definitions: Mapping[str, Sequence[Any]]) -> bool:
    """Tell whether a fixture of the user stands in the place of vtrack's own, which it may ask for."""
    return len(definitions.get(CASE_FIXTURE, ())) > 1


def is_direct(fixture: Any) -> bool:
    """Tell whether a fixture is only what pytest makes of a parameter."""
    return getattr(fixture.func, "__name__", None) == _DIRECT


def why_alone(item: pytest.Function, function: Any) -> str | None:
    """Say who else runs a function, or why it needs each item to run alone."""
    if "anyio_backend" in item.fixturenames:
        return "anyio runs it"
    if getattr(function, "is_hypothesis_test", False):
        return "Hypothesis runs it"
    if getattr(function, "patchings", None):
        return "unittest.mock patches it"
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        return "it yields"
    if item.get_closest_marker("filterwarnings"):
        return "it has warning filters of its own"
    return why_alone_with_others(item, function)
