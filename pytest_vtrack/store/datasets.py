"""Registered datasets: versions under a name, made of cases that are stored once each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model import payload
from pytest_vtrack.model.dataset import Case, digest_of
from pytest_vtrack.model.dataset_version import DatasetVersion
from pytest_vtrack.store.database import Database
from pytest_vtrack.store.dataset_tables import dataset_case, dataset_member, dataset_version
from pytest_vtrack.store.packing import packed, unpacked
from pytest_vtrack.store.statements import LookUp, insert_many
from pytest_vtrack.store.texts import hash_of, storable

_AT_ONCE = 500
_c, _m, _v = dataset_case.c, dataset_member.c, dataset_version.c
_NUMBERS = LookUp(sa.select(_c.hash, _c.id), by=_c.hash)
_BODIES = LookUp(sa.select(_c.id, _c.compressed, _c.body), by=_c.id)
_OF_DIGEST = LookUp(sa.select(_c.compressed, _c.body), by=_c.digest)


class _Members(NamedTuple):
    """The cases of a version to be: their numbers in order, and what its digest is made of."""

    numbers: list[int]
    identities: list[tuple[str, str]]


class SqlDatasets:
    """The :class:`~pytest_vtrack.store.dataset_protocol.Datasets` of one SQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, name: str, cases: Iterable[Case], *, source: str, why: str, who: str, at: float
    ) -> tuple[DatasetVersion, bool]:
        """Keep cases as the next version of a name; return the version, and whether it is new.

        The cases are stored a few at a time, before the version is: a file of any size may be given.
        """
        members, left = _Members([], []), iter(cases)
        while some := list(islice(left, _AT_ONCE)):
            members.numbers.extend(self._database.write(partial(_numbers_of, cases=some)))
            members.identities.extend((case.id, case.digest) for case in some)
        told = {"source": storable(source), "why": storable(why), "who": storable(who), "at": at}
        return self._database.write(partial(_add_version, name=name, members=members, told=told))

    def newest(self) -> list[DatasetVersion]:
        """Return the newest version of every name, sorted by name."""
        newest = sa.select(_v.name, sa.func.max(_v.number).label("number")).group_by(_v.name).subquery()
        same = sa.and_(newest.c.name == _v.name, newest.c.number == _v.number)
        with self._database.reading() as connection:
            return _versions(connection, dataset_version.select().join(newest, same).order_by(_v.name))

    def history(self, name: str) -> list[DatasetVersion]:
        """Return all versions of a name, newest first."""
        with self._database.reading() as connection:
            return _history(connection, name)

    def cases(self, name: str, number: int) -> Iterator[Case]:
        """Stream the cases of a version in the order in which they were given."""
        with self._database.reading() as connection:
            members = _members_of(connection, name, number)
            for start in range(0, len(members), _AT_ONCE):
                some = members[start : start + _AT_ONCE]
                bodies = {row[0]: unpacked(row[1], row[2]) for row in _BODIES.rows(connection, some)}
                yield from (_case(bodies[each]) for each in some)

    def cases_like(self, digests: Collection[str]) -> Mapping[tuple[str, str], Case]:
        """Return cases of any version by id and digest, for these digests."""
        with self._database.reading() as connection:
            rows = _OF_DIGEST.rows(connection, list(digests)) if digests else []
        cases = (_case(unpacked(*row)) for row in rows)
        return {(case.id, case.digest): case for case in cases}


def _numbers_of(connection: sa.Connection, cases: Sequence[Case]) -> list[int]:
    """Return the number of each case, storing those that are new."""
    hashes = [_hash(case) for case in cases]
    known: dict[bytes, int] = dict(_NUMBERS.rows(connection, hashes))
    fresh = {key: case for key, case in zip(hashes, cases, strict=True) if key not in known}
    if fresh:
        rows = [(key, case.digest, *packed(_text(case))) for key, case in fresh.items()]
        columns = ("hash", "digest", "compressed", "body")
        insert_many(connection, dataset_case, rows, columns=columns, shared=True)
        known |= dict(_NUMBERS.rows(connection, list(fresh)))
    return [known[key] for key in hashes]


def _add_version(
    connection: sa.Connection, name: str, members: _Members, told: Mapping[str, Any]
) -> tuple[DatasetVersion, bool]:
    before = _history(connection, name)[:1]
    if before and sorted(_members_of(connection, name, before[0].number)) == sorted(members.numbers):
        return before[0], False
    number = before[0].number + 1 if before else 1
    counted = {"digest": digest_of(members.identities), "cases": len(members.numbers)}
    values = {"name": name, "number": number, **counted, **told}
    version_id = connection.execute(dataset_version.insert().returning(_v.id), values).scalar_one()
    rows = [(version_id, place, case) for place, case in enumerate(members.numbers)]
    insert_many(connection, dataset_member, rows)
    return DatasetVersion(**values), True


def _history(connection: sa.Connection, name: str) -> list[DatasetVersion]:
    return _versions(connection, dataset_version.select().where(_v.name == name).order_by(_v.number.desc()))


def _versions(connection: sa.Connection, query: sa.Select[Any]) -> list[DatasetVersion]:
    rows = connection.execute(query).all()
    fields = ("name", "number", "digest", "cases", "source", "why", "who", "at")
    return [DatasetVersion(**{field: getattr(row, field) for field in fields}) for row in rows]


def _members_of(connection: sa.Connection, name: str, number: int) -> list[int]:
    where = (_v.name == name, _v.number == number)
    version_id = connection.scalar(sa.select(_v.id).where(*where))
    if version_id is None:
        raise StoreError(f"the dataset {name}@{number} is not in this store")
    query = sa.select(_m.case_id).where(_m.version_id == version_id).order_by(_m.place)
    return list(connection.scalars(query))


def _hash(case: Case) -> bytes:
    parts = (case.inputs, case.expectations, case.tags)
    return hash_of(case.id, *(payload.encode(part, "case", canonical=True).text for part in parts))


def _text(case: Case) -> str:
    return payload.encode([case.id, case.inputs, case.expectations, case.tags], "case").text


def _case(text: str) -> Case:
    case_id, inputs, expectations, tags = payload.decode(text)
    return Case(inputs, expectations, tags, case_id)
