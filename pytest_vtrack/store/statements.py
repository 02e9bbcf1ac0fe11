"""Statements for the hot path: compiled once, executed on the driver's cursor.

SQLAlchemy's own way of executing costs twice the time a row, and a millisecond a batch for ``IN``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

Row = tuple[Any, ...]

_SIZES = (1, 10, 100, 500)
"""How many keys one look-up takes; the last key is repeated to fill it up."""


class Prepared:
    """A statement whose parameters are given in the order of its text."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._texts: dict[str, str] = {}

    def rows(self, connection: sa.Connection, *parameters: Any) -> list[Row]:
        """Execute the statement and return what it gives."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text(connection.dialect), parameters)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            cursor.close()

    def _text(self, dialect: sa.Dialect) -> str:
        if dialect.name not in self._texts:
            self._texts[dialect.name] = str(self._statement.compile(dialect=dialect))
        return self._texts[dialect.name]


class LookUp:
    """A query for the rows with one of many keys in a column.

    :param query: may have parameters of its own.
    """

    def __init__(self, query: sa.Select[Any], by: sa.Column[Any]) -> None:
        self._query = query
        self._by = by
        self._of_size: dict[int, Prepared] = {}  # made when first needed: each key costs 10 µs

    def rows(self, connection: sa.Connection, keys: Sequence[Any], *parameters: Any) -> list[Row]:
        """Return the rows.

        :param parameters: the query's own, which stand before the keys.
        """
        found: list[Row] = []
        for filled in _filled(keys):
            found += self._taking(len(filled)).rows(connection, *parameters, *filled)
        return found

    def _taking(self, keys: int) -> Prepared:
        if keys not in self._of_size:
            self._of_size[keys] = Prepared(self._query.where(_is_one_of(self._by, keys)))
        return self._of_size[keys]


def insert_many(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Row],
    *,
    columns: Sequence[str] = (),
    shared: bool = False,
) -> None:
    """Insert rows in one go.

    :param columns: what the rows hold, where that is not every column of the table in order.
    :param shared: other writers may insert the same at the same time, and then theirs stay. Rows begin with
        what makes them the same.
    """
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        if not shared:
            _copy(connection, table, rows, columns)
            return
        rows = sorted(rows)  # two writers in one order never wait for each other
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(_insert(table, tuple(columns), connection.dialect, shared=shared), rows)
    finally:
        cursor.close()


def _copy(connection: sa.Connection, table: sa.Table, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Insert rows as PostgreSQL takes many: in a third of the time of statements."""
    names = ", ".join(f'"{name}"' for name in columns or table.c.keys())
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def mapping(
    connection: sa.Connection, query: sa.Select[Any], parameters: Mapping[str, Any] | None = None
) -> dict[Any, Any]:
    """Return the first column of a query's rows with the second."""
    return {row[0]: row[1] for row in connection.execute(query, parameters or {}).all()}


def _is_one_of(column: sa.Column[Any], size: int) -> sa.ColumnElement[bool]:
    return column.in_([sa.bindparam(f"key_{place}", type_=column.type) for place in range(size)])


def _filled(keys: Sequence[Any]) -> Iterator[list[Any]]:
    """Cut keys into pieces, each as long as one of the sizes."""
    for start in range(0, len(keys), _SIZES[-1]):
        piece = list(keys[start : start + _SIZES[-1]])
        size = next(size for size in _SIZES if size >= len(piece))
        yield piece + piece[-1:] * (size - len(piece))


@lru_cache(maxsize=64)
def _insert(table: sa.Table, columns: tuple[str, ...], dialect: sa.Dialect, *, shared: bool) -> str:
    names = columns or tuple(table.c.keys())
    # Inline: nobody asks for the numbers that the database gives.
    statement = str(table.insert().inline().compile(dialect=dialect, column_keys=list(names)))
    return f"{statement} ON CONFLICT DO NOTHING" if shared else statement
