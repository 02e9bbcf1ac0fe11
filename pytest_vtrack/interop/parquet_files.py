"""Datasets in Parquet: nested columns, or ``inputs.question`` and its like."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.remote_file import DataFile
from pytest_vtrack.interop.tables import numbered, records_of_rows

_ROWS_AT_ONCE = 1024


def parquet(path: DataFile) -> Iterator[tuple[str, object]]:
    """Yield the records of a Parquet file with their rows, a batch at a time.

    :raises DatasetError: pyarrow is not installed, or the file cannot be read.
    """
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
            columns = table.schema_arrow.names
            batches = table.iter_batches(batch_size=_ROWS_AT_ONCE)
            rows = (row for batch in batches for row in batch.to_pylist())
            yield from numbered(records_of_rows(rows, columns, where=str(path)))
    except (OSError, broken) as error:
        raise DatasetError(f"{path}: cannot be read as Parquet: {error}") from error
