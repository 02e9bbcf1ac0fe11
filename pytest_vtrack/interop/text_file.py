"""The text of a dataset file."""

from __future__ import annotations

from pathlib import Path

from pytest_vtrack.errors import DatasetError


def read_text(path: Path) -> str:
    """Return a file's text without a byte order mark.

    :raises DatasetError: the file cannot be read, or is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DatasetError(
            f"{path}:{line}: not UTF-8 (byte 0x{error.object[error.start]:02x}); save the file as UTF-8"
        ) from error
