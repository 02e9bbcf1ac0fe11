"""File descriptors kept back for the end of a session: an application may have left none."""

from __future__ import annotations

import os
from contextlib import suppress

_KEPT = 16
"""A store that is opened again, temporary files, a report, and modules that are imported late."""


class Reserve:
    """Holds file descriptors until they are needed."""

    def __init__(self) -> None:
        self._held: list[int] = []
        with suppress(OSError):  # so few are left already
            self._held.append(os.open(os.devnull, os.O_RDONLY))
            self._held += (os.dup(self._held[0]) for _ in range(_KEPT - 1))

    def release(self) -> None:
        """Give all of them back; a second time does nothing."""
        while self._held:
            os.close(self._held.pop())
