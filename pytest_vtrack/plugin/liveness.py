"""Telling whether the process that records a run is still there."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from pytest_vtrack.model.tags import AUTOMATIC

PROCESS = f"{AUTOMATIC}process"
"""The tag of a run that says which process recorded it last."""


def process_mark() -> str:
    """Return what stands for this process: host, number, and when it began where that can be known."""
    return " ".join(filter(None, (platform.node(), str(os.getpid()), _began(os.getpid()))))


def is_alive(mark: str) -> bool:
    """Tell whether another process of this host is there; ``False`` where that cannot be known."""
    host, number, *began = mark.split(" ") if mark.count(" ") else ("", "")
    if host != platform.node() or not number.isdecimal() or sys.platform == "win32":
        return False
    pid = int(number)
    if pid == os.getpid() or (began and began[0] != _began(pid)):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's, so it is there
        return True
    return True


def _began(pid: int) -> str:
    """Return when a process began, as Linux counts it; numbers of processes come round again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
