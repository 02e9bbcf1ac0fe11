"""Whether the file of a store is still the one that was opened, and whole."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from pytest_vtrack.errors import StoreError, StoreGone

_LOOKED_THROUGH = 4_000_000
"""Up to so many bytes a file is looked through each time: 0.05 s; a larger one only where it got smaller."""


class FileWatch:
    """Remembers a file that is in use, and tells what others did to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._was: os.stat_result | None = None

    def begin(self) -> None:
        """Remember the file as it is."""
        self._was = self._path.stat()

    def check(self) -> None:
        """Refuse a file that is not what it was; it may be longer.

        :raises StoreGone: it was removed, or another one stands in its place.
        :raises StoreError: it was overwritten, or is damaged.
        """
        was = self._was
        if was is None:
            return
        try:
            now = self._path.stat()
        except OSError:
            raise StoreGone(f"{self._path}: the store was removed while it was in use") from None
        if (now.st_dev, now.st_ino) != (was.st_dev, was.st_ino):
            raise StoreGone(f"{self._path}: the store was replaced by another file while it was in use")
        if not now.st_size:
            raise self._damaged()
        self._look_through(whole=now.st_size < was.st_size or now.st_size <= _LOOKED_THROUGH)

    def _look_through(self, *, whole: bool) -> None:
        """Read the file past what connections remember of it.

        By SQLite only: closing a file that was opened otherwise ends the locks that connections hold on it.
        """
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                pragma = "quick_check(1)" if whole else "schema_version"
                (found,) = connection.execute(f"PRAGMA {pragma}").fetchone()
        except sqlite3.Error as error:
            found = str(error)
            if "locked" in found or "busy" in found:
                return
        if isinstance(found, str) and found != "ok":
            raise self._damaged()

    def _damaged(self) -> StoreError:
        return StoreError(
            f"{self._path}: the store was damaged while it was in use (truncated or overwritten); put a copy "
            "of it in its place, or move the file away to begin a new one"
        )
