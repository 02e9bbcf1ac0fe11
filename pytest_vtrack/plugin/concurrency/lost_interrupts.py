"""Ctrl-C that nobody heard: Python drops what is raised while an object is finalized."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs


class LostInterrupts:
    """Raises at the next item what was dropped.

    Every task that ends is finalized, so with thousands of them this does happen.
    """

    def __init__(self) -> None:
        self._lost = False

    @contextmanager
    def watched(self) -> Generator[None]:
        """Look at what Python drops, while entered."""
        usual = sys.unraisablehook

        def hook(dropped: UnraisableHookArgs) -> None:
            self._lost = self._lost or issubclass(dropped.exc_type, KeyboardInterrupt)
            usual(dropped)

        sys.unraisablehook = hook
        try:
            yield
        finally:
            if sys.unraisablehook is hook:
                sys.unraisablehook = usual

    def raised(self) -> None:
        """Raise what was dropped.

        :raises KeyboardInterrupt: one was.
        """
        if self._lost:
            self._lost = False
            raise KeyboardInterrupt
