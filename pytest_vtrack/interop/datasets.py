"""Datasets from files and from lists of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from pytest_vtrack.errors import DatasetError, nearest
from pytest_vtrack.interop.columns import Columns, renamed
from pytest_vtrack.interop.csv_files import plain_table, table
from pytest_vtrack.interop.json_files import json_lines, json_list
from pytest_vtrack.interop.parquet_files import parquet, plain_parquet
from pytest_vtrack.interop.records import dataset_of
from pytest_vtrack.interop.remote_file import DataFile, RemoteFile, is_url
from pytest_vtrack.interop.tables import numbered, plain_rows, table_rows
from pytest_vtrack.interop.yaml_files import yaml_list
from pytest_vtrack.model.case_types import CaseTypes
from pytest_vtrack.model.dataset import Case, Dataset

_READERS: Mapping[str, Callable[[DataFile], Iterator[tuple[str, object]]]] = {
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".json": json_list,
    ".csv": lambda path: table(path, ","),
    ".tsv": lambda path: table(path, "\t"),
    ".yaml": yaml_list,
    ".yml": yaml_list,
    ".parquet": parquet,
}
_PLAIN_READERS: Mapping[str, Callable[[DataFile], Iterator[tuple[str, object]]]] = {
    **_READERS,
    ".csv": lambda path: plain_table(path, ","),
    ".tsv": lambda path: plain_table(path, "\t"),
    ".parquet": plain_parquet,
}
SUFFIXES = tuple(_READERS)
"""What the name of a dataset file may end in."""


def read_dataset(
    path: DataFile, *, name: str | None = None, types: CaseTypes | None = None, columns: Columns | None = None
) -> Dataset:
    """Read the cases of a file; its suffix says how: jsonl, ndjson, json, csv, tsv, yaml or parquet.

    :param name: default: the file's name without suffix.
    :param types: what inputs and expectations must be.
    :param columns: of a file in another shape, which of its columns are which inputs, expectations and tags.
    :raises DatasetError: the file is missing or not readable, or a record in it is not a case; the
        message has file and line (file and record in a .json file, file and row in Parquet).
    """
    return dataset_of(read_records(path, columns), name or path.stem, where=str(path), types=types)


def read_records(path: DataFile, columns: Columns | None = None) -> Iterator[tuple[str, object]]:
    """Return the records of a file with their places, read while they are asked for.

    Of JSON lines, tables and Parquet no more than a piece is in memory at a time; YAML and .json files are
    read whole.

    :raises DatasetError: the file is missing or not readable.
    """
    reader = (_PLAIN_READERS if columns else _READERS).get(path.suffix.lower())
    if isinstance(path, Path) and path.is_dir():
        raise DatasetError(f"{path}: is a folder; a dataset is a file ({', '.join(_READERS)})")
    if reader is None:
        raise DatasetError(
            f"{path}: the suffix {path.suffix!r} is no format of a dataset; known: {', '.join(_READERS)}"
        )
    if isinstance(path, Path) and not path.exists():
        raise DatasetError(f"no dataset {path.name!r}: looked for {path.absolute()}{_others(path)}")
    return renamed(reader(path), columns, str(path)) if columns else reader(path)


def dataset_from_records(
    records: Iterable[Mapping[str, Any] | Case] | Any,
    name: str,
    *,
    where: str,
    types: CaseTypes | None = None,
    columns: Columns | None = None,
) -> Dataset:
    """Return a dataset of records ``{"id", "inputs", "expectations", "tags"}`` or cases, or of both.

    A table of pandas, polars or pyarrow, a dataset of Hugging Face or MLflow will do as well, and records
    as MLflow and LangSmith export them.

    :param where: where the records were given, for messages.
    :raises DatasetError: a record is not a case, two have one id, or there is none.
    """
    if columns:
        given = plain_rows(records, where) or records
        placed = ((f"row {number}", row) for number, row in enumerate(given, start=1))
        return dataset_of(renamed(placed, columns, where), name, where=where, types=types)
    if (rows := table_rows(records, where)) is not None:
        return dataset_of(numbered(rows), name, where=where, types=types)
    if isinstance(records, (str, bytes, Mapping)) or not isinstance(records, Iterable):
        raise DatasetError(f"{where}: expected a list of records, found {type(records).__name__}")
    given = _not_read_before(records, where) if isinstance(records, Iterator) else records
    placed = ((f"record {number}", record) for number, record in enumerate(given, start=1))
    return dataset_of(placed, name, where=where, types=types)


def find_dataset(text: str, *folders: Path) -> DataFile:
    """Return the file that a path stands for: absolute, or relative to the first folder that has it.

    A URL stands for itself.

    :raises DatasetError: none has it.
    """
    if is_url(text):
        return RemoteFile(text)
    places = list(dict.fromkeys((folder / text).absolute() for folder in folders or (Path(),)))
    for place in places:
        if place.exists():
            return place
    looked = "; ".join(map(str, places))
    raise DatasetError(f"no dataset {text!r}: looked for {looked}{_others(*places)}")


def _not_read_before(records: Iterator[Any], where: str) -> Iterator[Any]:
    for first in records:
        return chain([first], records)
    raise DatasetError(
        f"{where}: no cases: the {type(records).__name__} is empty, or was read before; records that several "
        "tests share are a list, or a function that returns them anew"
    )


def _others(*paths: Path) -> str:
    """Say which datasets stand where one was looked for, nearest names first."""
    folders = dict.fromkeys(path.parent for path in paths)
    known = sorted(
        file.name
        for folder in folders
        if folder.is_dir()
        for file in folder.iterdir()
        if file.suffix.lower() in _READERS
    )
    return f"; there: {', '.join(nearest(paths[0].name, known))}" if known else ""
