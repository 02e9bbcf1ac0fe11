"""Writing datasets: JSON lines, JSON, tables, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.datasets import read_records
from pytest_vtrack.interop.records import cases_of
from pytest_vtrack.model import payload
from pytest_vtrack.model.dataset import Case

_GROUPS = ("inputs", "expectations", "tags")


def write_dataset(cases: Sequence[Case], path: Path) -> int:
    """Write cases to a file, as its suffix says, and return how many of them it cannot hold as they are.

    These read back as other cases: a table holds texts only, and a column of Parquet one type.

    :raises DatasetError: the suffix is none of these, or the format cannot hold the cases at all.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise DatasetError(
            f"{path}: the suffix {path.suffix!r} is no format to write; known: {', '.join(_WRITERS)}"
        )
    write(cases, path)
    try:
        read = {case.id: case for _, case in cases_of(read_records(path), where=str(path))}
    except DatasetError:  # of a table, when no case has any input
        return len(cases)
    return sum(case.id not in read or not _same(case, read[case.id]) for case in cases)


def record_of(case: Case) -> dict[str, Any]:
    """Return a case as a record; what is empty is left out."""
    record: dict[str, Any] = {"id": case.id, "inputs": case.inputs}
    record |= {name: value for name in _GROUPS[1:] if (value := getattr(case, name))}
    return record


def line_of(case: Case) -> str:
    """Return a case as a line of JSON, without the end of the line."""
    decoded = payload.decode(payload.encode(record_of(case), "case").text)
    text = json.dumps(decoded, ensure_ascii=False)
    return text if _is_unicode(text) else json.dumps(decoded)


def _is_unicode(text: str) -> bool:
    """Tell whether a file takes the text: half of a character is none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _same(one: Case, other: Case) -> bool:
    return one.digest == other.digest and dict(one.tags) == dict(other.tags)


def _lines(cases: Iterable[Case], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line_of(case)}\n" for case in cases)


def _list(cases: Iterable[Case], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[\n" + ",\n".join(f"  {line_of(case)}" for case in cases) + "\n]\n")


def _table(delimiter: str) -> Callable[[Sequence[Case], Path], None]:
    def write(cases: Sequence[Case], path: Path) -> None:
        columns = _columns(cases)
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
            writer.writerow(["id", *(f"{group}.{name}" for group, name in columns)])
            for case in cases:
                cells = (getattr(case, group).get(name) for group, name in columns)
                writer.writerow([case.id, *map(_cell, cells)])

    return write


def _columns(cases: Iterable[Case]) -> list[tuple[str, str]]:
    """Return every name that a case has, in the order of their coming, group by group."""
    found: dict[str, dict[str, None]] = {group: {} for group in _GROUPS}
    for case in cases:
        for group, names in found.items():
            names.update(dict.fromkeys(getattr(case, group)))
    return [(group, name) for group, names in found.items() for name in names]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else payload.encode(value, "cell").text


def _parquet(cases: Sequence[Case], path: Path) -> None:
    try:
        arrow, writer = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise DatasetError(
            f"{path}: writing it needs pyarrow, which is not installed: pip install 'pytest-vtrack[data]'"
        ) from None
    rows = [_row(case) for case in cases]
    names = [name for name in ("id", *_GROUPS) if any(name in row for row in rows)]
    try:
        writer.write_table(
            arrow.Table.from_pydict({name: [row.get(name) for row in rows] for name in names}), path
        )
    except arrow.ArrowException as error:
        raise DatasetError(
            f"{path}: a column of Parquet holds values of one type, and these cases have several under one "
            f"name; write .jsonl instead ({str(error).splitlines()[0]})"
        ) from None


def _row(case: Case) -> Mapping[str, Any]:
    plain: dict[str, Any] = payload.decode(payload.encode(record_of(case), "case").text)
    return plain


_WRITERS: Mapping[str, Callable[[Sequence[Case], Path], None]] = {
    ".jsonl": _lines,
    ".ndjson": _lines,
    ".json": _list,
    ".csv": _table(","),
    ".tsv": _table("\t"),
    ".parquet": _parquet,
}
