"""Libraries and plugins that know one test at a time, so that the items of a test with them run alone."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import pytest

_PATCHING = frozenset(
    {"freezegun", "httpretty", "moto", "requests_mock", "responses", "respx", "time_machine"}
)
"""Their decorators replace something of the whole process while a function runs."""

_NOTING = frozenset({"pytest_assume", "pytest_check"})
"""They note what fails in one list for the whole process, which the next report of an item takes."""

_RESOLVING = frozenset({"pytest_lazy_fixtures", "pytest_lazyfixture"})
"""Their parameters stand for fixtures."""


def why_alone_with_others(item: pytest.Function, function: Any) -> str | None:
    """Say which of these a test uses, as far as its module shows it; ``None`` for none."""
    if item.get_closest_marker("time_machine"):
        return "time_machine patches it"
    if library := next((name for name in _wrapped_by(function) if name in _PATCHING), None):
        return f"{library} patches it"
    plain = inspect.unwrap(function)
    if library := next((name for name in _used_by(plain) if name in _NOTING), None):
        return f"{library} notes the failures of all cases in one list"
    if not _RESOLVING.isdisjoint(sys.modules) and _RESOLVING.intersection(map(_library, _parameters(item))):
        return "its parameters stand for fixtures"
    return None


def _wrapped_by(function: Any) -> Iterator[str]:
    """Yield the libraries whose decorators a function has."""
    while wrapped := getattr(function, "__wrapped__", None):
        if isinstance(function, FunctionType):
            yield _root(function.__globals__.get("__name__"))
        function = wrapped


def _used_by(function: Any) -> Iterator[str]:
    """Yield the libraries that the module of a function has names of."""
    if isinstance(function, FunctionType):
        yield from map(_library, list(function.__globals__.values()))
        if "assume" in function.__code__.co_names:  # which the plugin adds to pytest itself
            yield _library(getattr(pytest, "assume", None))


def _library(value: Any) -> str:
    """Return where a value comes from, without asking the value, which may stand for something not there."""
    if type(value) is ModuleType:
        return _root(value.__name__)
    return _root(value.__module__ if type(value) is FunctionType else type(value).__module__)


def _root(name: object) -> str:
    return str(name).partition(".")[0]


def _parameters(item: pytest.Item) -> Iterator[Any]:
    return _leaves([mark.args[1:2] for mark in item.iter_markers("parametrize")])


def _leaves(value: Any) -> Iterator[Any]:
    """Yield what lists, tuples and mappings hold, however deep."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each)
    else:
        yield value
