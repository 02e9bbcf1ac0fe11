"""Cases by number: a case is the same in every run where what it was asked is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.store import schema
from pytest_vtrack.store.statements import LookUp, Row, insert_many
from pytest_vtrack.store.texts import hash_of, storable

NO_CONTENT = hash_of("{}", "{}")
_COLUMNS = tuple(schema.case_.c.keys()[1:])
_c = schema.case_.c
_STORED = LookUp(sa.select(_c.hash, _c.id, _c.content), by=_c.hash)


class StoredCase(NamedTuple):
    """The number of a result's case, and whether the result's contents have to be stored with it.

    They are where they differ from the case's, as when a test adds expectations.
    """

    number: int
    own_contents: bool


def case_hash(key: CaseKey) -> bytes:
    """Return the 16 bytes that stand for a case."""
    return hash_of(key.test, key.dataset, key.case_id, key.flags, key.digest)


def stored_cases(
    connection: sa.Connection, results: Sequence[CaseResult], payloads: Mapping[str, int]
) -> list[StoredCase]:
    """Return the case of each result, adding what is new.

    :param payloads: the number of each large text.
    """
    hashes = [case_hash(result.key) for result in results]
    contents = [hash_of(result.inputs, result.expectations) for result in results]
    known = _known(connection, hashes)
    fresh = {
        hashed: _row(hashed, content, result, payloads)
        for hashed, content, result in zip(hashes, contents, results, strict=True)
        if hashed not in known
    }
    if fresh:
        insert_many(connection, schema.case_, list(fresh.values()), columns=_COLUMNS, shared=True)
        known |= _known(connection, list(fresh))
    found = []
    for hashed, content, result in zip(hashes, contents, results, strict=True):
        number, first = known[hashed]
        if first == NO_CONTENT != content:
            _fill_in(connection, number, content, _contents(result, payloads))
            known[hashed] = number, content
        found.append(StoredCase(number, content not in (known[hashed][1], NO_CONTENT)))
    return found


def _known(connection: sa.Connection, hashes: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """Return number and content of the cases that are stored, by hash."""
    return {hashed: (number, content) for hashed, number, content in _STORED.rows(connection, hashes)}


def _row(hashed: bytes, content: bytes, result: CaseResult, payloads: Mapping[str, int]) -> Row:
    key = result.key
    identity = (key.test, key.dataset, key.case_id, key.flags, key.digest)
    return (hashed, *map(storable, identity), content, *_contents(result, payloads))


def _contents(result: CaseResult, payloads: Mapping[str, int]) -> Row:
    """Return inputs, expectations, and the number of large inputs."""
    number = payloads.get(result.inputs)
    return ("" if number else result.inputs), result.expectations, number


def _fill_in(connection: sa.Connection, number: int, content: bytes, contents: Row) -> None:
    """Give a case its contents that was first stored without, as scores only."""
    inputs, expectations, payload_id = contents
    values = {"content": content, "inputs": inputs, "expectations": expectations, "payload_id": payload_id}
    connection.execute(schema.case_.update().where(_c.id == number).values(values))
