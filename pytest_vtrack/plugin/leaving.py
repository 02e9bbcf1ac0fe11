"""The end of a process that holds thousands of items: the system takes their memory back at once.

Python would free them one by one, in 0.05 ms each. That makes no difference as long as nothing alive has work
left for when it is freed, such as writing out what a file still buffers. So whatever has a finalizer
(``__del__``), or a ``close`` that is not written in Python, is looked at first, and where one may have work
left, Python ends the process as it always does. Two things cannot be seen, where only a cycle of references
holds them: objects of compiled libraries that have neither, and those unknown to the garbage collector.
"""

from __future__ import annotations

import gc
import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from types import FunctionType
from typing import Any

_HOLD_NOTHING = frozenset(
    {"_io.FileIO", "_io.BufferedReader", "_io.BytesIO", "_io.StringIO", "socket.socket", "_socket.socket"}
)
"""Kinds with a finalizer that hold nothing which only they could write; the system closes their files."""

_BINDERS = frozenset({"nanobind", "pybind11_builtins"})
"""What makes classes of C++ known to Python: their objects do at their end what nobody can tell beforehand,
and nanobind complains about each class that is still there when the process ends."""


def leave_all_to_the_system() -> None:
    """Keep Python from freeing what is alive at the exit of a process, unless something would notice."""
    if _open_files_are_told():
        return
    with suppress(Exception):  # kinds and files of others are asked: one that fails is freed as ever
        if _all_done(gc.get_objects()):
            gc.freeze()


def _open_files_are_told() -> bool:
    """Return whether Python warns of each file that is freed open, as with ``-X dev``."""
    actions = (
        action
        for action, message, category, module, _ in warnings.filters
        if issubclass(ResourceWarning, category) and message is None and module is None
    )
    return next(actions, "default") != "ignore"


def _all_done(alive: list[object]) -> bool:
    kinds = set(map(type, alive))
    if any(kind.__module__ in _BINDERS for kind in kinds):
        return False
    ending = {kind for kind in kinds if _finalizer(kind) is not None or _is_closed_in_c(kind)}
    standard = [id(stream) for stream in _standard_streams()]
    latent = [each for each in alive if type(each) in ending]
    return all(_is_done(each) or id(each) in standard for each in latent)


def _finalizer(kind: type) -> object | None:
    """Return what Python calls when it frees an object of a kind."""
    return next((vars(base)["__del__"] for base in kind.__mro__ if "__del__" in vars(base)), None)


def _is_closed_in_c(kind: type) -> bool:
    """Return whether a kind has a ``close`` that is not written in Python, which may also be its end."""
    found = (vars(base).get("close") for base in kind.__mro__)
    return any(callable(close) and not isinstance(close, FunctionType) for close in found)


def _is_done(each: object) -> bool:
    """Return whether nothing is left to do for this object, which has a finalizer or can be closed."""
    kind = type(each)
    if f"{kind.__module__}.{kind.__qualname__}" in _HOLD_NOTHING:
        return True
    if issubclass(kind, io.IOBase):
        return _closes_itself(kind) and _buffers_nothing(each)
    return _is_closed_loop(each) or _is_closed_database(each)


def _is_closed_loop(each: object) -> bool:
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(each, asyncio.BaseEventLoop) and each.is_closed()


def _is_closed_database(each: Any) -> bool:
    """Return whether this is a closed connection: closing moves what was written ahead to its file."""
    sqlite3 = sys.modules.get("sqlite3")
    if sqlite3 is None or type(each) is not sqlite3.Connection:
        return False
    try:
        each.total_changes  # noqa: B018  raises where it is closed
    except sqlite3.ProgrammingError:
        return True
    return False


def _closes_itself(kind: type) -> bool:
    """Return whether a kind of file has Python's own finalizer, which closes it and does nothing else."""
    return getattr(getattr(_finalizer(kind), "__objclass__", None), "__module__", None) == "_io"


def _buffers_nothing(file: Any) -> bool:
    try:
        return bool(file.closed or not file.writable())
    except ValueError:
        return True  # detached: another object holds what it held


def _standard_streams() -> Iterator[object]:
    """Yield what Python itself flushes at its end, and what that consists of."""
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        yield stream
        yield getattr(stream, "buffer", None)
