"""Datasets in Parquet: nested columns, or ``inputs.question`` and its like."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from importlib import import_module
from typing import Any

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.remote_file import DataFile
from pytest_vtrack.interop.tables import numbered, records_of_rows

_ROWS_AT_ONCE = 1024


def parquet(path: DataFile) -> Iterator[tuple[str, object]]:
    """Yield the records of a Parquet file with their rows, a batch at a time.

    :raises DatasetError: pyarrow is not installed, or the file cannot be read.
    """
    with closing(_rows(path)) as rows:
        yield from numbered(records_of_rows(rows, next(rows), where=str(path)))


def plain_parquet(path: DataFile) -> Iterator[tuple[str, object]]:
    """Yield the rows of any Parquet file as they are, a batch at a time.

    :raises DatasetError: pyarrow is not installed, or the file cannot be read.
    """
    with closing(_rows(path)) as rows:
        next(rows)
        yield from numbered(rows)


def _rows(path: DataFile) -> Generator[Any, None, None]:
    """Yield the names of the columns, then each row."""
    try:
        reader = import_module("pyarrow.parquet")
    except ImportError:
        raise DatasetError(
            f"{path}: reading it needs pyarrow, which is not installed: pip install 'pytest-vtrack[data]'"
        ) from None
    broken = import_module("pyarrow").ArrowException
    try:
        with path.open("rb") as file:
            table = reader.ParquetFile(file)
            yield table.schema_arrow.names
            for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE):
                yield from batch.to_pylist()
    except (OSError, broken) as error:
        raise DatasetError(f"{path}: cannot be read as Parquet: {error}") from error
