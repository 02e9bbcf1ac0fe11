"""The end of a process that holds thousands of items: the system takes their memory back at once.

Python would free them one by one, in 0.05 ms each. That makes no difference as long as nothing alive has work
left for when it is freed, such as writing out what a file still buffers. So whatever has a finalizer
(``__del__``) is looked at first, and where one may have work left, Python ends the process as it always does.
"""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Iterator
from typing import Any

_HOLD_NOTHING = frozenset(
    {"_io.FileIO", "_io.BufferedReader", "_io.BytesIO", "_io.StringIO", "socket.socket", "_socket.socket"}
)
"""Kinds with a finalizer that hold nothing which only they could write; the system closes their files."""


def leave_all_to_the_system() -> None:
    """Keep Python from freeing what is alive at the exit of a process, unless something would notice."""
    alive = gc.get_objects()
    finalized = {kind for kind in set(map(type, alive)) if _finalizer(kind) is not None}
    standard = [id(stream) for stream in _standard_streams()]
    latent = [each for each in alive if type(each) in finalized]
    if all(_is_done(each) or id(each) in standard for each in latent):
        gc.freeze()


def _finalizer(kind: type) -> object | None:
    """Return what Python calls when it frees an object of a kind."""
    return next((vars(base)["__del__"] for base in kind.__mro__ if "__del__" in vars(base)), None)


def _is_done(each: object) -> bool:
    """Return whether nothing is left to do for this object, which has a finalizer."""
    kind = type(each)
    if f"{kind.__module__}.{kind.__qualname__}" in _HOLD_NOTHING:
        return True
    if issubclass(kind, io.IOBase):
        return _closes_itself(kind) and _buffers_nothing(each)
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(each, asyncio.BaseEventLoop) and each.is_closed()


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
