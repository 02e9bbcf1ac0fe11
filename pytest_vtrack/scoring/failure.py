"""What went wrong inside a scorer, in one line: the error, and the user's line that led to it."""

from __future__ import annotations

import linecache
import os
from pathlib import Path, PurePath
from types import TracebackType

_OURS = str(Path(__file__).parents[1]) + os.sep
_STANDARD = str(Path(os.__file__).parent) + os.sep
_INSTALLED = f"{os.sep}site-packages{os.sep}"


def failure_text(error: BaseException) -> str:
    """Return type and message of an exception, and the last line of its traceback in the user's code.

    Files are named without their folder: the text is stored and compared between machines.
    """
    name, message = type(error).__name__, message_of(error)
    place = _user_line(error.__traceback__)
    return storable(f"{name}: {message}{place}" if message else f"{name}{place}")


def message_of(error: BaseException) -> str:
    """Return the message of an exception; none where it fails to say one."""
    try:
        return str(error).strip()
    except Exception:  # the exception is the user's, its text may fail as well
        return ""


def storable(text: object) -> str:
    """Return a text that every store takes: what UTF-8 cannot hold is written as an escape."""
    return str(text).encode(errors="backslashreplace").decode()


def _user_line(traceback: TracebackType | None) -> str:
    place = ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if _is_users(code.co_filename):
            line = linecache.getline(
                code.co_filename, traceback.tb_lineno, traceback.tb_frame.f_globals
            ).strip()
            where = f"{PurePath(code.co_filename).name}:{traceback.tb_lineno}, in {code.co_name}"
            place = f" ({where}: {line})" if line else f" ({where})"
        traceback = traceback.tb_next
    return place


def _is_users(filename: str) -> bool:
    return not (filename.startswith((_OURS, _STANDARD, "<frozen")) or _INSTALLED in filename)
