"""Tables in memory: pandas, polars, pyarrow, Hugging Face's and MLflow's datasets.

Each is recognised by the module that its class comes from; nothing is imported that is not there already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.columns import OTHER_SHAPE
from pytest_vtrack.interop.exported import as_row
from pytest_vtrack.interop.records import KEYS

GROUPS = ("inputs", "expectations", "tags")

_Rows = tuple[Iterable[Mapping[str, Any]], Sequence[str]]


def is_table(source: object) -> bool:
    """Tell whether something is a table that is known."""
    return _reader(source) is not None


def table_rows(source: object, where: str) -> Iterator[object] | None:
    """Return the records of a table; ``None`` where it is no table that is known.

    :raises DatasetError: it has no column of inputs, or is a dictionary of splits.
    """
    read = _reader(source)
    if read is None:
        return None
    rows, columns = read(source, where)
    return records_of_rows(rows, columns, where=where)


def plain_rows(source: object, where: str) -> Iterator[object] | None:
    """Return the rows of a table as they are, whatever its columns; ``None`` where it is no table.

    :raises DatasetError: it is a dictionary of splits.
    """
    read = _reader(source)
    if read is None:
        return None
    return ({name: _plain(cell) for name, cell in row.items()} for row in read(source, where)[0])


def records_of_rows(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, where: str
) -> Iterator[object]:
    """Yield the records that rows hold; a cell without a value is absent.

    :raises DatasetError: there is no column of inputs, or a column stands twice.
    """
    if not any(name == "inputs" or name.startswith("inputs.") for name in columns):
        raise DatasetError(
            f"{where}: no column inputs or inputs.…; the columns are "
            f"{', '.join(map(str, columns)) or 'none'}. {OTHER_SHAPE}"
        )
    if twice := [name for name in columns if list(columns).count(name) > 1]:
        raise DatasetError(f"{where}: the column {twice[0]!r} stands twice")
    return (_record(as_row(row)) for row in rows)


def numbered(records: Iterable[object]) -> Iterator[tuple[str, object]]:
    """Yield records with their rows, from 1."""
    return ((f"row {number}", record) for number, record in enumerate(records, start=1))


def _reader(source: object) -> Callable[[Any, str], _Rows] | None:
    names = ((each.__module__.partition(".")[0], each.__name__) for each in type(source).__mro__)
    return next((_READERS[name] for name in names if name in _READERS), None)


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for column, cell in row.items():
        group, _, name = column.partition(".")
        value = _plain(cell)
        if column == "id" and isinstance(value, float) and value.is_integer():
            value = int(value)  # pandas makes numbers of a column fractions where one is missing
        if name and group in GROUPS:
            if value is not None:
                record.setdefault(group, {})[name] = value
        elif column in GROUPS and isinstance(value, dict):
            # Columns of objects have every name in every row: those that a row lacks are null.
            present = {name: each for name, each in value.items() if each is not None}
            record[column] = {**record.get(column, {}), **present}
        elif value is not None or column == "inputs":
            record[column] = value
    if "inputs" not in record and any(name.startswith("inputs.") for name in row):
        record["inputs"] = {}
    return {name: record[name] for name in (*KEYS, *record) if name in record}


def _plain(value: Any) -> Any:
    """Return a cell as Python's own types: no arrays and scalars of numpy, no NaN for what is missing."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value):
        return None
    return value


def _pandas(source: Any, _: str) -> _Rows:
    columns = [str(name) for name in source.columns]
    rows = source.itertuples(index=False, name=None)
    return (dict(zip(columns, row, strict=True)) for row in rows), columns


def _polars(source: Any, _: str) -> _Rows:
    return source.iter_rows(named=True), source.columns


def _lazy_polars(source: Any, where: str) -> _Rows:
    return _polars(source.collect(), where)


def _arrow(source: Any, _: str) -> _Rows:
    return (row for batch in source.to_batches() for row in batch.to_pylist()), source.column_names


def _arrow_batch(source: Any, _: str) -> _Rows:
    return source.to_pylist(), source.schema.names


def _arrow_reader(source: Any, _: str) -> _Rows:
    return (row for batch in source for row in batch.to_pylist()), source.schema.names


def _hugging_face(source: Any, _: str) -> _Rows:
    rows = iter(source)
    if source.column_names is not None:
        return rows, source.column_names
    first: Mapping[str, Any] = next(rows, {})  # a stream may not know its columns before its first row
    return (row for part in ([first] if first else [], rows) for row in part), list(first)


def _splits(source: Any, where: str) -> _Rows:
    known = ", ".join(map(repr, source))
    raise DatasetError(
        f"{where}: a dictionary of splits ({known}); choose one: dataset={next(iter(source))!r}"
    )


def _mlflow(source: Any, where: str) -> _Rows:
    return _pandas(source.to_df(), where)


_READERS: Mapping[tuple[str, str], Callable[[Any, str], _Rows]] = {
    ("pandas", "DataFrame"): _pandas,
    ("polars", "DataFrame"): _polars,
    ("polars", "LazyFrame"): _lazy_polars,
    ("pyarrow", "Table"): _arrow,
    ("pyarrow", "RecordBatch"): _arrow_batch,
    ("pyarrow", "RecordBatchReader"): _arrow_reader,
    ("datasets", "Dataset"): _hugging_face,
    ("datasets", "IterableDataset"): _hugging_face,
    ("datasets", "DatasetDict"): _splits,
    ("datasets", "IterableDatasetDict"): _splits,
    ("mlflow", "EvaluationDataset"): _mlflow,
}
