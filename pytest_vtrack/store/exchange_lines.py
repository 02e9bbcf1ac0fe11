"""The lines of an export: one JSON object each, and errors that name the line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model import payload

Records = Iterator[tuple[int, Mapping[str, Any]]]
"""The number of a line, counted from 1, and what stands in it."""


def write_record(file: TextIO, record: Mapping[str, Any]) -> None:
    """Write a record as one line."""
    file.write(payload.encode(record, "record").text + "\n")


def records_of(file: Iterable[str]) -> Records:
    """Read records, line by line.

    :raises StoreError: a line is no JSON object.
    """
    for number, line in enumerate(file, start=1):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise StoreError(f"import, line {number}: {line[:60].strip()!r} is no JSON object")
        yield number, record


def read_part(number: int, build: Any, *parts: Any) -> Any:
    """Build something from what stands in a line.

    :raises StoreError: it is not as export writes it.
    """
    try:
        return build(*parts)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise StoreError(f"import, line {number}: this is not as export writes it ({error!r})") from None
