"""Datasets in JSON: one record a line, or one list of records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.remote_file import DataFile
from pytest_vtrack.interop.text_file import read_lines, read_text

LISTS = ("cases", "records")
"""What the list may be called in an object."""


def json_lines(path: DataFile) -> Iterator[tuple[str, object]]:
    """Yield the records of a JSON Lines file with their lines; empty lines are skipped.

    :raises DatasetError: the file cannot be read, or a line is not JSON.
    """
    decode = json.JSONDecoder(object_pairs_hook=_unique).decode
    for number, line in read_lines(path):
        if line and not line.isspace():
            yield (
                f"line {number}",
                _decoded(decode, line, path, number, "; a .jsonl file holds one record a line"),
            )


def json_list(path: DataFile) -> Iterator[tuple[str, object]]:
    """Yield the records of a JSON file: a list, or an object with the list as ``cases`` or ``records``.

    :raises DatasetError: the file cannot be read, is not JSON, or holds something else.
    """
    text = read_text(path)
    if not text.strip():
        return
    content = _decoded(json.JSONDecoder(object_pairs_hook=_unique).decode, text, path, 0, "")
    if isinstance(content, dict):
        if len(content) != 1 or not content.keys() <= set(LISTS):
            raise DatasetError(
                f"{path}: expected a list of records, or an object with nothing but 'cases' or 'records'; "
                f"found an object with {', '.join(map(repr, content)) or 'no keys'}"
            )
        (content,) = content.values()
    if not isinstance(content, list):
        raise DatasetError(f"{path}: expected a list of records, found {type(content).__name__}")
    yield from ((f"record {number}", record) for number, record in enumerate(content, start=1))


def _decoded(decode: Any, text: str, path: DataFile, line: int, hint: str) -> object:
    """:param line: the line that the text is; 0: the text is the whole file."""
    try:
        return decode(text)
    except json.JSONDecodeError as error:
        place = f"{path}:{line or error.lineno}:{error.colno}"
        raise DatasetError(f"{place}: not JSON: {error.msg}{hint}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path}{f':{line}' if line else ''}: {error}") from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return result
