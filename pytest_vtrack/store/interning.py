"""Numbers for what repeats: tag sets, sets of steps, labels and large contents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.store import schema
from pytest_vtrack.store.packing import as_it_is, packed
from pytest_vtrack.store.statements import LookUp, Row, insert_many
from pytest_vtrack.store.texts import hash_of, storable

INLINE = 1024
"""Inputs, outputs and contents of spans with more characters than this are stored once per content."""

Tags = tuple[tuple[str, str], ...]
Steps = tuple[tuple[str, str], ...]
"""Kinds and names of spans, sorted."""
_Key = TypeVar("_Key", str, bytes)


class _Interned:
    """A table with a number for each key."""

    def __init__(self, key: sa.Column[Any], *more: sa.Column[Any]) -> None:
        self._table = key.table
        self._columns = (key.key, *(column.key for column in more))
        self._look_up = LookUp(sa.select(key, key.table.c.id), by=key)

    def numbers(
        self, connection: sa.Connection, keys: Collection[_Key], row: Callable[[_Key], Row]
    ) -> dict[_Key, int]:
        """Return the number of each key, inserting ``row(key)`` where there is none."""
        if not keys:
            return {}
        found = self._found(connection, keys)
        missing = [key for key in keys if key not in found]
        if missing:
            rows = [row(key) for key in missing]
            insert_many(connection, self._table, rows, columns=self._columns, shared=True)
            found |= self._found(connection, missing)
        return found

    def _found(self, connection: sa.Connection, keys: Collection[_Key]) -> dict[_Key, int]:
        return dict(self._look_up.rows(connection, list(keys)))


_TAGSETS = _Interned(schema.tagset.c.hash)
_STEPSETS = _Interned(schema.stepset.c.hash)
_LABELS = _Interned(schema.label.c.text)
_PAYLOADS = _Interned(schema.payload.c.hash, schema.payload.c.compressed, schema.payload.c.body)


def tags_key(tags: Mapping[str, str]) -> Tags:
    """Return tags as a key that is the same for equal tags."""
    return tuple(sorted(tags.items()))


def tagset_ids(connection: sa.Connection, results: Sequence[CaseResult]) -> list[int | None]:
    """Return the number of each result's tags."""
    keys = [tags_key(result.tags) for result in results]
    hashes = {hash_of(*(str(text) for tag in tags for text in tag)): tags for tags in set(keys) if tags}
    fresh: list[bytes] = []

    def row(hashed: bytes) -> Row:
        fresh.append(hashed)
        return (hashed,)

    numbers = _TAGSETS.numbers(connection, hashes, row)
    values = [
        (numbers[hashed], storable(str(tag)), storable(str(value)))
        for hashed in fresh
        for tag, value in hashes[hashed]
    ]
    insert_many(connection, schema.tagset_value, values, shared=True)
    by_tags = {tags: numbers[hashed] for hashed, tags in hashes.items()}
    return [by_tags.get(tags) for tags in keys]


def label_ids(connection: sa.Connection, results: Sequence[CaseResult]) -> dict[str, int]:
    """Return the number of each category that the results have, by its storable text."""
    labels = {storable(a.value) for result in results for a in result.assessments if isinstance(a.value, str)}
    return _LABELS.numbers(connection, labels, lambda text: (text,))


def stepset_ids(connection: sa.Connection, sets: Collection[Steps]) -> dict[Steps, int]:
    """Return the number of each set of steps, given by kind and name."""
    hashes = {hash_of(*(text for step in steps for text in step)): steps for steps in sets}
    fresh: list[bytes] = []

    def row(hashed: bytes) -> Row:
        fresh.append(hashed)
        return (hashed,)

    numbers = _STEPSETS.numbers(connection, hashes, row)
    values = [(numbers[hashed], *step) for hashed in fresh for step in hashes[hashed]]
    insert_many(connection, schema.stepset_step, values, shared=True)
    return {steps: numbers[hashed] for hashed, steps in hashes.items()}


def payload_ids(connection: sa.Connection, texts: Collection[str]) -> dict[str, int]:
    """Return the number of each large text."""
    hashes = {hash_of(text): text for text in texts}
    pack = packed if connection.dialect.name == "sqlite" else as_it_is
    numbers = _PAYLOADS.numbers(connection, hashes, lambda hashed: (hashed, *pack(hashes[hashed])))
    return {hashes[hashed]: number for hashed, number in numbers.items()}
