"""Numbers for what repeats: cases, scorers, tag sets, labels and large outputs."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.store import schema
from pytest_vtrack.store.statements import Row, insert_many, mapping
from pytest_vtrack.store.texts import hash_of, storable

INLINE = 1024
"""Outputs with more characters than this are stored once per content."""

NO_CONTENT = hash_of("{}", "{}")
_Key = TypeVar("_Key", str, bytes)


@dataclass(frozen=True, slots=True)
class Interned:
    """The numbers of everything that a batch of results names."""

    cases: Mapping[CaseKey, int]
    contents: Mapping[int, bytes]
    """By the number of the case."""
    specs: Mapping[tuple[str, str], MetricSpec]
    """By metric name and fingerprint, as are the scorers; the latest declaration counts."""
    scorers: Mapping[tuple[str, str], int]
    tagsets: Mapping[Tags, int]
    labels: Mapping[str, int]
    payloads: Mapping[str, int]


def interned(connection: sa.Connection, results: Sequence[CaseResult]) -> Interned:
    """Look up everything that the results name, adding what is new."""
    assessments = [assessment for result in results for assessment in result.assessments]
    specs = {(a.metric.name, a.metric.fingerprint): a.metric for a in assessments}
    labels = {storable(a.value) for a in assessments if isinstance(a.value, str)}
    by_key = {result.key: result for result in results}
    cases = _cases(connection, by_key)
    return Interned(
        cases=cases,
        contents=_contents(connection, by_key, cases),
        specs=specs,
        scorers=scorer_ids(connection, specs.values()),
        tagsets=_tagsets(connection, {tags_key(result.tags) for result in results if result.tags}),
        labels=_labels(connection, labels),
        payloads=_payloads(connection, {r.outputs for r in results if r.outputs and len(r.outputs) > INLINE}),
    )


def case_hash(key: CaseKey) -> bytes:
    """Return the 16 bytes that stand for a case."""
    return hash_of(key.test, key.dataset, key.case_id, key.flags, key.digest)


Tags = tuple[tuple[str, str], ...]


def tags_key(tags: Mapping[str, str]) -> Tags:
    """Return tags as a key that is the same for equal tags."""
    return tuple(sorted((str(tag), str(value)) for tag, value in tags.items()))


def scorer_ids(connection: sa.Connection, specs: Iterable[MetricSpec]) -> dict[tuple[str, str], int]:
    """Return a number for each metric name and fingerprint, adding what is new."""
    wanted = dict.fromkeys((spec.name, spec.fingerprint) for spec in specs)
    if not wanted:
        return {}
    table = schema.scorer
    query = _lookup(table.c.metric, table.c.fingerprint, table.c.id, by=table.c.metric)

    def known() -> dict[tuple[str, str], int]:
        rows = connection.execute(query, {"keys": list({name for name, _ in wanted})})
        return {(name, fingerprint): number for name, fingerprint, number in rows.all()}

    found = known()
    missing = [key for key in wanted if key not in found]
    if missing:
        insert_many(connection, table, missing, columns=("metric", "fingerprint"))
        found = known()
    return found


def content_hash(result: CaseResult) -> bytes:
    """Return what stands for a result's inputs and expectations."""
    return hash_of(result.inputs, result.expectations)


def _cases(connection: sa.Connection, cases: Mapping[CaseKey, CaseResult]) -> dict[CaseKey, int]:
    hashes = {case_hash(key): key for key in cases}
    names = ("hash", "test", "dataset", "case_id", "flags", "digest", "content", "inputs", "expectations")

    def row(hashed: bytes) -> Row:
        key, result = hashes[hashed], cases[hashes[hashed]]
        identity = (key.test, key.dataset, key.case_id, key.flags, key.digest)
        contents = (content_hash(result), result.inputs, result.expectations)
        return (hashed, *map(storable, identity), *contents)

    numbers = _numbers(connection, schema.case_.c.hash, hashes, row, names)
    return {hashes[hashed]: number for hashed, number in numbers.items()}


def _contents(
    connection: sa.Connection, cases: Mapping[CaseKey, CaseResult], numbers: Mapping[CaseKey, int]
) -> dict[int, bytes]:
    """Return the content hash of each case; one first stored without contents, as scores only, gets them."""
    table = schema.case_
    query = _lookup(table.c.id, table.c.content, by=table.c.id)
    stored: dict[int, bytes] = mapping(connection, query, {"keys": list(numbers.values())})
    for key, result in cases.items():
        number, content = numbers[key], content_hash(result)
        if stored[number] == NO_CONTENT != content:
            values = {"content": content, "inputs": result.inputs, "expectations": result.expectations}
            connection.execute(table.update().where(table.c.id == number).values(values))
            stored[number] = content
    return stored


def _tagsets(connection: sa.Connection, tagsets: Collection[Tags]) -> dict[Tags, int]:
    hashes = {hash_of(*(text for tag in tags for text in tag)): tags for tags in tagsets}
    fresh: list[bytes] = []

    def row(hashed: bytes) -> Row:
        fresh.append(hashed)
        return (hashed,)

    numbers = _numbers(connection, schema.tagset.c.hash, hashes, row, ("hash",))
    values = [
        (numbers[hashed], storable(tag), storable(value)) for hashed in fresh for tag, value in hashes[hashed]
    ]
    insert_many(connection, schema.tagset_value, values)
    return {hashes[hashed]: number for hashed, number in numbers.items()}


def _labels(connection: sa.Connection, labels: Collection[str]) -> dict[str, int]:
    return _numbers(connection, schema.label.c.text, labels, lambda text: (text,), ("text",))


def _payloads(connection: sa.Connection, texts: Collection[str]) -> dict[str, int]:
    hashes = {hash_of(text): text for text in texts}

    def row(hashed: bytes) -> Row:
        return (hashed, *packed(hashes[hashed]))

    names = ("hash", "compressed", "body")
    numbers = _numbers(connection, schema.payload.c.hash, hashes, row, names)
    return {hashes[hashed]: number for hashed, number in numbers.items()}


def packed(text: str) -> tuple[int, bytes]:
    """Return whether compressing helps, and the bytes."""
    plain = text.encode()
    small = zlib.compress(plain, 1)
    return (1, small) if len(small) < 0.9 * len(plain) else (0, plain)


def unpacked(compressed: int, body: bytes) -> str:
    """Return the text that :func:`packed` was given."""
    return (zlib.decompress(body) if compressed else body).decode()


def _numbers(
    connection: sa.Connection,
    column: sa.Column[Any],
    keys: Collection[_Key],
    row: Callable[[_Key], Row],
    names: Sequence[str],
) -> dict[_Key, int]:
    """Return the id of each key in the column's table, inserting ``row(key)`` where there is none."""
    if not keys:
        return {}
    found = _found(connection, column, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        insert_many(connection, column.table, [row(key) for key in missing], columns=names)
        found |= _found(connection, column, missing)
    return found


def _found(connection: sa.Connection, column: sa.Column[Any], keys: Collection[_Key]) -> dict[_Key, int]:
    return mapping(connection, _lookup(column, column.table.c.id, by=column), {"keys": list(keys)})


@lru_cache(maxsize=64)
def _lookup(*columns: sa.Column[Any], by: sa.Column[Any]) -> sa.Select[Any]:
    """Return the query for some columns of the rows that ``keys`` name; built once, as building is slow."""
    return sa.select(*columns).where(by.in_(sa.bindparam("keys", expanding=True)))
