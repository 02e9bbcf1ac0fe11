"""Datasets that are elsewhere: ``s3://…``, ``gs://…``, ``https://…`` and whatever fsspec can open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from pytest_vtrack.errors import DatasetError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file behind a URL, with what of :class:`~pathlib.Path` reading a dataset takes."""

    url: str

    def __str__(self) -> str:
        """Return the URL without user, password and query, which may hold secrets."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def _path(self) -> PurePosixPath:
        parts = urlsplit(self.url)
        return PurePosixPath(parts.netloc.rpartition("@")[2] + parts.path)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self._path.name

    @property
    def suffix(self) -> str:
        """What says the format."""
        return self._path.suffix

    @property
    def stem(self) -> str:
        """The name without suffix."""
        return self._path.stem

    def open(self, mode: str = "rb") -> BinaryIO:
        """Open the file.

        :raises DatasetError: fsspec is not installed, cannot open such URLs, or has no such file.
        """
        fsspec = self._library()
        try:
            return cast("BinaryIO", fsspec.open(self.url, mode).open())
        except FileNotFoundError:
            raise DatasetError(f"no dataset {self.name!r}: looked for {self}") from None
        except Exception as error:  # each storage has errors of its own
            said = str(error).replace(self.url, str(self))
            raise DatasetError(f"{self}: cannot be read: {type(error).__name__}: {said}") from None

    def read_bytes(self) -> bytes:
        """Return what the file holds."""
        with self.open() as file:
            return file.read()

    def _library(self) -> Any:
        try:
            return import_module("fsspec")
        except ImportError:
            raise DatasetError(
                f"{self}: reading it needs fsspec, which is not installed: pip install 'pytest-vtrack[data]'"
            ) from None


DataFile = Path | RemoteFile


def is_url(text: str) -> bool:
    """Tell whether a text is a URL and no path."""
    return _URL.match(text) is not None
