"""Tests that another plugin runs, as those written for the event loop of another framework."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_vtrack.plugin.trial import Trial

_KNOWN = frozenset({"python", "anyio", "vtrack-runner"})  # those of anyio are told by their fixture


class OtherRunners:
    """The plugins of a session that may run tests themselves; they come before vtrack."""

    def __init__(self, config: pytest.Config, note: Callable[[Trial, str], None] | None) -> None:
        """Look which plugins and conftests there are.

        :param note: notes why a test runs in order.
        """
        self._note = note
        self._any = any(map(_is_other, config.hook.pytest_pyfunc_call.get_hookimpls()))

    def run(self, item: pytest.Function, trial: Trial) -> bool:
        """Let another plugin run a test that is no plain function, and tell whether one did.

        One that takes a test and leaves its body alone, as where it does not know coroutines, did not.
        """
        if not self._any or not _suspends(item.function):
            return False
        begun: list[bool] = []
        original = item.obj
        item.obj = _telling(original, lambda: begun.append(True))
        try:
            name = _taken_by(item)
        finally:
            item.obj = original
        if name and begun and self._note:
            self._note(trial, f"{name} runs it")
        return bool(name and begun)


def _taken_by(item: pytest.Function) -> str | None:
    for impl in reversed(item.ihook.pytest_pyfunc_call.get_hookimpls()):
        if _is_other(impl) and impl.function(*(item for _ in impl.argnames)) is not None:
            name = PurePath(str(impl.plugin_name))
            return name.name if name.is_absolute() else str(name)  # a conftest's is its path
    return None


def _is_other(impl: Any) -> bool:
    return not (impl.wrapper or impl.hookwrapper or impl.plugin_name in _KNOWN)


@lru_cache(maxsize=64)
def _suspends(function: Any) -> bool:
    plain = inspect.unwrap(function)  # decorators of twisted's make a plain function of it
    return inspect.iscoroutinefunction(plain) or inspect.isgeneratorfunction(plain)


async def _begun_by(coroutine: Any, begins: Callable[[], None]) -> Any:
    begins()
    return await coroutine


def _telling(function: Any, begins: Callable[[], None]) -> Any:
    """Return a function of the same kind that tells when its body begins."""

    @functools.wraps(function)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        return await _begun_by(function(*args, **kwargs), begins)

    @functools.wraps(function)
    def stepped(*args: Any, **kwargs: Any) -> Any:
        begins()
        return (yield from function(*args, **kwargs))

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        if not inspect.iscoroutine(found):
            begins()
            return found
        return _begun_by(found, begins)

    if inspect.iscoroutinefunction(function):
        return awaited
    return stepped if inspect.isgeneratorfunction(function) else called
