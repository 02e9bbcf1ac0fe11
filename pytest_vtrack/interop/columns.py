"""Files and tables of others: which of their columns is which input, expectation or tag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_vtrack.errors import DatasetError, nearest

GROUPS = ("inputs", "expectations", "tags")
OTHER_SHAPE = 'Dataset.read(…, columns={"inputs.question": "COLUMN"}) or --column reads another shape'
_ABSENT = object()

Columns = Mapping[str, str]
"""Their columns by our names: ``{"inputs.question": "Question", "expectations.answer": "Best Answer"}``."""


def check_columns(columns: Columns, where: str) -> None:
    """Refuse names that are none of ours.

    :raises DatasetError: a name is none of ``id``, ``inputs.…``, ``expectations.…``, ``tags.…``, or none is
        an input.
    """
    for ours, theirs in columns.items():
        group, _, name = str(ours).partition(".")
        if ours != "id" and not (group in GROUPS and name):
            raise DatasetError(
                f"{where}: columns={{{ours!r}: {theirs!r}}}: the name must be 'id', inputs.…, expectations.… "
                "or tags.…, and the value a column of the data"
            )
        if not isinstance(theirs, str) or not theirs:
            raise DatasetError(f"{where}: columns={{{ours!r}: {theirs!r}}}: the column must be a text")
    if not any(ours.startswith("inputs.") for ours in columns):
        raise DatasetError(f"{where}: columns={dict(columns)!r} has no input; add 'inputs.question': COLUMN")


def renamed(
    rows: Iterable[tuple[str, object]], columns: Columns, where: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield records made of the named columns, each with its place; other columns are left out.

    A column may be a path into objects and lists: ``answers.text``, ``choices.0``. A row may lack an
    expectation, a tag or an id, but not an input.

    :raises DatasetError: a row is no object or lacks an input, or no row has a column.
    """
    check_columns(columns, where)
    never, known = set(columns.values()), dict[str, None]()
    for place, row in rows:
        if not isinstance(row, Mapping):
            raise DatasetError(f"{where}: {place}: expected an object of names and values, found {row!r:.60}")
        known.update(dict.fromkeys(map(str, row)))
        yield place, _record(row, columns, never, f"{where}: {place}")
    if never and known:
        column = sorted(never)[0]
        raise DatasetError(f"{where}: {_no_column(column, known)}")


def _record(row: Mapping[str, Any], columns: Columns, never: set[str], where: str) -> dict[str, Any]:
    record: dict[str, Any] = {"inputs": {}}
    for ours, theirs in columns.items():
        group, _, name = ours.partition(".")
        value = _found(row, theirs)
        if value is not _ABSENT:
            never.discard(theirs)
        elif group == "inputs":
            raise DatasetError(f"{where}: {_no_column(theirs, row)}")
        if value is _ABSENT or (group != "inputs" and value in (None, "")):
            continue
        if name:
            record.setdefault(group, {})[name] = value
        else:
            record["id"] = value
    return record


def _found(row: Any, path: str) -> Any:
    """Return what stands under a column, or under a path into it."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    head, dot, rest = path.partition(".")
    if isinstance(row, Mapping) and dot and head in row:
        return _found(row[head], rest)
    if isinstance(row, (list, tuple)) and head.isdecimal() and int(head) < len(row):
        return _found(row[int(head)], rest) if dot else row[int(head)]
    return _ABSENT


def _no_column(column: str, known: Iterable[Any]) -> str:
    names = [str(name) for name in known]
    near = ", ".join(map(repr, nearest(column, names, most=5))) or "none"
    return f"there is no column {column!r}; nearest: {near}"
