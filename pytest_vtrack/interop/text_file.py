"""The text of a dataset file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from io import TextIOWrapper

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.remote_file import DataFile


def read_text(path: DataFile) -> str:
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
        raise _not_utf8(f"{path}:{line}", error) from error


def read_lines(path: DataFile) -> Iterator[tuple[int, str]]:
    """Yield a file's lines with their numbers, one at a time; only a line feed ends one.

    :raises DatasetError: the file cannot be read, or a line is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise _not_utf8(f"{path}:{number}", error) from error
                yield number, text.removesuffix("\n")
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error


def read_rows(path: DataFile) -> Iterator[str]:
    """Yield a file's lines with whatever ends them, a carriage return as well, one at a time.

    :raises DatasetError: the file cannot be read, or a line is not UTF-8.
    """
    try:
        with path.open("rb") as file, TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
            yield from text
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError:
        deque(read_lines(path), maxlen=0)  # which says on which line
        raise


def _not_utf8(place: str, error: UnicodeDecodeError) -> DatasetError:
    return DatasetError(
        f"{place}: not UTF-8 (byte 0x{error.object[error.start]:02x}); save the file as UTF-8"
    )
