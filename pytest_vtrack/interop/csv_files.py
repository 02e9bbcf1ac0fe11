"""Datasets as tables: columns ``id``, ``inputs.question``, ``expectations.answer``, ``tags.topic``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.columns import OTHER_SHAPE
from pytest_vtrack.interop.remote_file import DataFile
from pytest_vtrack.interop.text_file import read_rows

_GROUPS = ("inputs", "expectations", "tags")
_LONGEST_CELL = 2**31 - 1  # what fits into a C long everywhere; the default of 128 KiB refuses documents


def table(path: DataFile, delimiter: str) -> Iterator[tuple[str, object]]:
    """Yield the records of a table with their lines. Cells are texts, whatever they look like.

    An empty cell is an empty text in ``inputs``, so that every case has the same inputs; elsewhere it is
    an absent value. Empty lines are skipped.

    :raises DatasetError: the file cannot be read, a column is none of these, or a row has another length.
    """
    columns: Sequence[tuple[str, str]] = ()
    for line, names, row in _cells(path, delimiter):
        columns = columns or _header(names, f"{path}:{line}")
        if row:
            yield f"line {line}", _record(columns, row)


def plain_table(path: DataFile, delimiter: str) -> Iterator[tuple[str, object]]:
    """Yield the rows of any table with a header, by the names of its columns, with their lines.

    :raises DatasetError: the file cannot be read, or a row has another length than the header.
    """
    for line, names, row in _cells(path, delimiter):
        if row:
            yield f"line {line}", dict(zip(names, row, strict=True))


def _cells(path: DataFile, delimiter: str) -> Iterator[tuple[int, Sequence[str], Sequence[str]]]:
    """Yield line, header and cells of each row; first the header, without cells."""
    names: Sequence[str] = ()
    for line, row in _rows(csv.reader(read_rows(path), delimiter=delimiter, strict=True), path):
        if not names:
            names = [cell.strip() for cell in row]
            yield line, names, ()
        elif len(row) != len(names):
            raise DatasetError(f"{path}:{line}: {len(row)} cells, but the header has {len(names)} columns")
        else:
            yield line, names, row


def _rows(reader: Iterator[list[str]], path: DataFile) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with the line they begin on; cells may be of any length."""
    line, limit = 0, csv.field_size_limit(_LONGEST_CELL)
    try:
        for row in reader:
            if row:
                yield line + 1, row
            line = reader.line_num  # type: ignore[attr-defined]
    except csv.Error as error:
        raise DatasetError(
            f"{path}:{line + 1}: not a table of comma- or tab-separated cells: {error}"
        ) from error
    finally:
        csv.field_size_limit(limit)


def _header(names: Sequence[str], where: str) -> Sequence[tuple[str, str]]:
    columns = []
    for name in names:
        group, _, key = name.partition(".")
        if name != "id" and not (group in _GROUPS and key):
            raise DatasetError(
                f"{where}: the column {name!r} is neither 'id' nor one of inputs.…, expectations.…, tags.…; "
                f"is it {f'inputs.{name}' if name else 'a column without a name'!r}? {OTHER_SHAPE}"
            )
        columns.append((group, key))
    if twice := [name for name in names if names.count(name) > 1]:
        raise DatasetError(f"{where}: the column {twice[0]!r} stands twice")
    if not any(group == "inputs" for group, _ in columns):
        raise DatasetError(f"{where}: no column inputs.…; the columns are {', '.join(names)}")
    return columns


def _record(header: Sequence[tuple[str, str]], row: Sequence[str]) -> dict[str, object]:
    record: dict[str, dict[str, str]] = {group: {} for group in _GROUPS}
    case_id = None
    for (group, key), cell in zip(header, row, strict=True):
        if not key:
            case_id = cell or None
        elif cell or group == "inputs":
            record[group][key] = cell
    return {"id": case_id, **record}
